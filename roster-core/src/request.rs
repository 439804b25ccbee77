//! What to pull.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Cursor, EntityKind, SensitiveField, SourcedId};

/// What to pull: plain data, so that a host can store and log it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PullRequest {
    /// Everything, or what changed.
    pub mode: PullMode,
    /// Where the last pull ended. A full pull gets it too, as memory of what was decided then.
    pub cursor: Option<Cursor>,
    /// The kinds that the host wants. [`wanted`](Self::wanted) says which of them are due.
    pub entities: BTreeSet<EntityKind>,
    /// Which schools and classes.
    pub scope: Scope,
    /// Sensitive fields that the host has a reason to see; none by default.
    pub sensitive: BTreeSet<SensitiveField>,
    /// Keep fields that the model has no place for, in each record's `extra`.
    pub extra: bool,
    /// A wish for the number of records a request, clamped to the vendor's limits. `Some(0)`: send no wish; `None`: the
    /// source chooses.
    pub page_size: Option<u32>,
}

/// Everything, or what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullMode {
    /// Everything in scope.
    Full,
    /// What changed since the cursor. A source may answer with a whole set, and says so in its `End`.
    Changes,
}

impl PullRequest {
    /// Everything, in all kinds, without sensitive fields.
    #[must_use]
    pub fn full() -> Self {
        Self {
            mode: PullMode::Full,
            cursor: None,
            entities: EntityKind::ALL.into(),
            scope: Scope::default(),
            sensitive: BTreeSet::new(),
            extra: false,
            page_size: None,
        }
    }

    /// What changed since `cursor`, in all kinds, without sensitive fields.
    #[must_use]
    pub fn changes(cursor: Cursor) -> Self {
        Self { mode: PullMode::Changes, cursor: Some(cursor), ..Self::full() }
    }

    /// These kinds alone.
    #[must_use]
    pub fn only(mut self, kinds: impl IntoIterator<Item = EntityKind>) -> Self {
        self.entities = kinds.into_iter().collect();
        self
    }

    /// These schools and classes alone.
    #[must_use]
    pub fn scoped(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// With these sensitive fields too.
    #[must_use]
    pub fn with_sensitive(mut self, fields: impl IntoIterator<Item = SensitiveField>) -> Self {
        self.sensitive.extend(fields);
        self
    }

    /// With the vendor's fields that the model has no place for.
    #[must_use]
    pub fn with_extra(mut self) -> Self {
        self.extra = true;
        self
    }

    /// Whether the kind is due: it was asked for and, for relationships, contacts were asked for too.
    pub fn wants(&self, kind: EntityKind) -> bool {
        self.entities.contains(&kind)
            && (kind != EntityKind::Relationship || self.sees(SensitiveField::Contacts))
    }

    /// The kinds that are due.
    pub fn wanted(&self) -> impl Iterator<Item = EntityKind> {
        self.entities.iter().copied().filter(|kind| self.wants(*kind))
    }

    /// Whether the host asked for the sensitive field.
    pub fn sees(&self, field: SensitiveField) -> bool {
        self.sensitive.contains(&field)
    }

    /// Tells requests apart that must not share a cursor: other kinds, scope, sensitive or extra fields.
    ///
    /// FNV-1a, since it must be stable across processes and releases, which the hasher of `std` is not.
    pub(crate) fn fingerprint(&self) -> u64 {
        let text = serde_json::to_string(&(&self.entities, &self.scope, &self.sensitive, self.extra))
            .unwrap_or_default();
        text.bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// Limits a pull to some schools or classes. `None` means no limit; an empty set names none, so nothing is in scope by it.
///
/// * With `orgs`, the orgs delivered are those named and the ones above them, the courses those of an org delivered, the
///   classes those of an org named. Academic sessions are delivered as without it.
/// * With `classes`, a class must be named too. Orgs, sessions and courses are delivered as without it.
/// * A seat is in scope if its class is.
/// * A person is in scope by any affiliation with an org named or by any seat in scope; with `classes` by a seat alone. To be
///   a contact is no affiliation in this sense.
/// * A contact is in scope by any pupil in scope, a relationship by its pupil.
///
/// A record that leaves the scope is a `Delete` of a feed that can tell, or its slice ends `Partial`. A delete that a vendor
/// announces may concern a record outside the scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scope {
    /// Schools, by id.
    #[serde(default)]
    pub orgs: Option<BTreeSet<SourcedId>>,
    /// Classes, by id.
    #[serde(default)]
    pub classes: Option<BTreeSet<SourcedId>>,
}

impl Scope {
    /// These schools alone.
    #[must_use]
    pub fn of_orgs(ids: impl IntoIterator<Item = SourcedId>) -> Self {
        Self { orgs: Some(ids.into_iter().collect()), classes: None }
    }

    /// These classes alone.
    #[must_use]
    pub fn of_classes(ids: impl IntoIterator<Item = SourcedId>) -> Self {
        Self { orgs: None, classes: Some(ids.into_iter().collect()) }
    }

    /// Limits to these classes too.
    #[must_use]
    pub fn and_classes(mut self, ids: impl IntoIterator<Item = SourcedId>) -> Self {
        self.classes = Some(ids.into_iter().collect());
        self
    }

    /// Whether nothing is limited.
    pub fn is_everything(&self) -> bool {
        self.orgs.is_none() && self.classes.is_none()
    }

    /// Whether the org is one that the scope names, or no org needs to be.
    pub fn names_org(&self, id: &str) -> bool {
        self.orgs.as_ref().is_none_or(|orgs| orgs.contains(id))
    }

    /// Whether the class is one that the scope names, or no class needs to be.
    pub fn names_class(&self, id: &str) -> bool {
        self.classes.as_ref().is_none_or(|classes| classes.contains(id))
    }
}
