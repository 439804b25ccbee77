//! What is to be said of references to what is not there.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

use roster_core::{EntityKind, Problem, Record, Result, SourcedId, codes};

use super::{Draft, Plan};
use crate::{Key, record::mentions, stage::Verdict};

/// How many causes are told.
const CAUSES: usize = 10;

impl Draft<'_> {
    /// Warns of each new or changed record that names what is not in the roster, and stands there all the same.
    ///
    /// A source that compares its own files has said so already, and is not repeated.
    pub(super) async fn note_dangling(&mut self) -> Result<()> {
        let targets = self.plan.stage.targets.iter();
        let missing: HashSet<_> =
            targets.filter(|(kind, half)| self.is_known_missing(*kind, *half)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let entries = self.plan.stage.entries.iter();
        let standing: Vec<_> = entries
            .filter(|(_, entry)| matches!(entry.verdict, Verdict::Live | Verdict::Rekeyed))
            .filter(|(_, entry)| missing.iter().any(|(kind, _)| may_name(entry.kind, *kind)))
            .filter(|(_, entry)| !self.plan.stage.noted.contains(&entry.key))
            .map(|(place, entry)| (place, entry.kind))
            .collect();
        for (place, kind) in standing {
            let (record, ..) = self.received(kind, place).await?;
            let mut dangling = Vec::new();
            mentions(&record, |of, id, field| {
                if missing.contains(&(of, Key::of(of, id).half())) {
                    dangling.push(problem(&record, of, field));
                }
            });
            for problem in dangling {
                self.plan.stage.report(problem);
            }
        }
        Ok(())
    }

    /// Whether it is certain that such a record will not be there: its kind was asked for without limits, and seen whole.
    fn is_known_missing(&self, kind: EntityKind, half: u64) -> bool {
        let mut slices = self.plan.stage.slices.iter().filter(|(of, ..)| *of == kind);
        let in_doubt = !self.ground.asked.scope.is_everything()
            || !self.ground.whole
            || slices.any(|(.., how)| how.is_partial());
        !in_doubt && !self.is_there(kind, half)
    }
}

/// Whether records of the one kind name some of the other, beside what they hang on.
pub(super) const fn may_name(kind: EntityKind, named: EntityKind) -> bool {
    match named {
        EntityKind::Org => !matches!(kind, EntityKind::Relationship),
        EntityKind::AcademicSession => {
            matches!(kind, EntityKind::AcademicSession | EntityKind::Course | EntityKind::Class)
        }
        EntityKind::Course => matches!(kind, EntityKind::Class),
        _ => false,
    }
}

fn problem(record: &Record, named: EntityKind, field: &'static str) -> Problem {
    let what = match named {
        EntityKind::Org => "an org",
        EntityKind::AcademicSession => "an academic session",
        _ => "a course",
    };
    let message = format!("it names {what} that is not in the roster");
    Problem::warning(codes::DANGLING_REFERENCE, message)
        .of(record.kind())
        .with_id(record.id().clone())
        .in_field(field)
}

impl Plan {
    /// Says what waits in quarantine, by what is not there at the root of it: of a class that lacks its school, and of the
    /// class's enrollments, the school.
    pub(crate) fn waiting(&self) -> Vec<String> {
        let mut lacks: HashMap<Key, (EntityKind, (EntityKind, SourcedId))> = HashMap::new();
        let before = self.stage.quarantine.sorted();
        lacks.extend(before.into_iter().map(|(key, held)| (key, (held.kind, held.missing.clone()))));
        for key in &self.out_of_quarantine {
            lacks.remove(key);
        }
        lacks.extend(self.into_quarantine.iter().map(|row| (row.key, (row.kind, row.missing.clone()))));
        let mut causes: BTreeMap<&(EntityKind, SourcedId), BTreeMap<EntityKind, u64>> = BTreeMap::new();
        for (kind, missing) in lacks.values() {
            let waits =
                |of: &&(EntityKind, SourcedId)| lacks.get(&Key::of(of.0, &of.1)).map(|(_, next)| next);
            // A class, and its school: there are no longer chains.
            let root = std::iter::successors(Some(missing), waits).take(EntityKind::ALL.len()).last();
            *causes.entry(root.unwrap_or(missing)).or_default().entry(*kind).or_default() += 1;
        }
        in_words(causes)
    }
}

fn in_words(causes: BTreeMap<&(EntityKind, SourcedId), BTreeMap<EntityKind, u64>>) -> Vec<String> {
    let mut causes: Vec<_> = causes.into_iter().collect();
    causes.sort_by_key(|(_, kinds)| Reverse(kinds.values().sum::<u64>()));
    let more: u64 = causes.iter().skip(CAUSES).flat_map(|(_, kinds)| kinds.values()).sum();
    let told = causes.iter().take(CAUSES).map(|((missing, id), kinds)| {
        let counts: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} ({kind})")).collect();
        format!("The {missing} {id} is not there; in quarantine for it: {}.", counts.join(", "))
    });
    let rest = (more > 0).then(|| format!("In quarantine for other causes: {more}."));
    told.chain(rest).collect()
}
