//! Ids that differ in case or leading zeros alone: two records, and most likely one that is written in two ways.

use roster_core::{EntityKind, Problem, codes};

use super::{engine::Engine, look::is_lower};
use crate::keys::{Ids, hash};

/// Ids that are not in the plain form, by that form: in lower case, without leading zeros.
#[derive(Default)]
pub(super) struct Plain {
    ids: Vec<Ids>,
    form: String,
}

impl Plain {
    /// The hash of an id in the plain form, and whether it was not in it; `key` is its own hash.
    fn form(&mut self, id: &str, key: u64) -> (u64, bool) {
        if !id.starts_with('0') && is_lower(id) {
            return (key, false);
        }
        self.form.clear();
        let digits = id.trim_start_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        if digits.is_ascii() {
            self.form.push_str(digits);
            self.form.make_ascii_lowercase();
        } else {
            self.form.extend(digits.chars().flat_map(char::to_lowercase));
        }
        (hash(&self.form), self.form != id)
    }

    fn of(&mut self, kind: EntityKind) -> Option<&mut Ids> {
        if self.ids.is_empty() {
            self.ids = EntityKind::ALL.map(|_| Ids::default()).into();
        }
        self.ids.get_mut(kind as usize)
    }
}

impl Engine {
    /// Looks at a new id, before it is entered, and says if another one is like it; `key` is its hash.
    pub(super) fn compare_id(&mut self, kind: EntityKind, (id, key): (&str, u64)) -> Option<Problem> {
        let (form, is_odd) = self.plain.form(id, key);
        let is_known = is_odd && self.ids.get(kind as usize).is_some_and(|ids| ids.contains(form));
        let odd = self.plain.of(kind)?;
        let is_like = if is_odd { !odd.insert(form) } else { odd.contains(form) };
        let message =
            "another id differs from this one in case or leading zeros alone; they were taken for two";
        (is_known || is_like).then(|| Problem::warning(codes::SIMILAR_ID, message))
    }
}
