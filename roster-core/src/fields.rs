//! Which fields of a kind a pull, or one record, could see.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::EntityKind;

/// Fields of one kind, as bits; the field enums of this module ([`PersonField`] and its like) give the numbering.
///
/// A field that is not in the set is *unknown*, not empty: who stores records keeps what they had.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldSet(u64);

impl FieldSet {
    /// No field.
    pub const EMPTY: Self = Self(0);

    /// Every field of `kind`.
    pub const fn all(kind: EntityKind) -> Self {
        let count = names(kind).len();
        Self(u64::MAX >> (64 - count))
    }

    /// The given fields.
    pub fn of<F: Field>(fields: impl IntoIterator<Item = F>) -> Self {
        fields.into_iter().fold(Self::EMPTY, Self::with)
    }

    /// These fields and one more.
    #[must_use]
    pub fn with<F: Field>(self, field: F) -> Self {
        Self(self.0 | 1 << field.index())
    }

    /// These fields without one.
    #[must_use]
    pub fn without<F: Field>(self, field: F) -> Self {
        Self(self.0 & !(1 << field.index()))
    }

    /// The fields of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The fields that are in both sets.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The fields that are in this set and not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the field is in the set.
    pub fn contains<F: Field>(self, field: F) -> bool {
        self.0 & 1 << field.index() != 0
    }

    /// Whether no field is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many fields are in the set.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The fields' names in `snake_case`, given the kind they belong to.
    pub fn names(self, kind: EntityKind) -> impl Iterator<Item = &'static str> {
        names(kind)
            .iter()
            .enumerate()
            .filter(move |(index, _)| self.0 & 1 << index != 0)
            .map(|(_, name)| *name)
    }

    /// The bits, for those who store them. The numbering of a kind only ever grows at its end.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set of these bits, as they were stored.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldSet({:#b})", self.0)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A field of one kind of record.
pub trait Field: sealed::Sealed + Copy {
    /// The kind that it belongs to.
    const KIND: EntityKind;
    /// Its bit in a [`FieldSet`].
    fn index(self) -> u32;
    /// Its name in `snake_case`, as in a stored body.
    fn name(self) -> &'static str;
}

macro_rules! fields {
    ($($(#[$doc:meta])* $type:ident of $kind:ident { $($variant:ident = $name:literal,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[non_exhaustive]
            #[repr(u8)]
            #[expect(missing_docs, reason = "each variant is the field of that name of the record")]
            pub enum $type { $($variant,)+ }

            impl $type {
                /// All fields of the kind, in the order of their bits.
                pub const ALL: &[Self] = &[$(Self::$variant,)+];
                const NAMES: &[&str] = &[$($name,)+];
            }

            impl sealed::Sealed for $type {}

            impl Field for $type {
                const KIND: EntityKind = EntityKind::$kind;

                fn index(self) -> u32 {
                    u32::from(self as u8)
                }

                fn name(self) -> &'static str {
                    match self { $(Self::$variant => $name,)+ }
                }
            }
        )+

        const fn names(kind: EntityKind) -> &'static [&'static str] {
            match kind { $(EntityKind::$kind => $type::NAMES,)+ }
        }
    };
}

fields! {
    /// Fields of an [`Org`](crate::Org).
    OrgField of Org {
        Name = "name", OrgType = "org_type", Parent = "parent", Identifiers = "identifiers", Grades = "grades",
        TimeZone = "time_zone", Extra = "extra",
    }
    /// Fields of an [`AcademicSession`](crate::AcademicSession).
    AcademicSessionField of AcademicSession {
        Title = "title", SessionType = "session_type", Begin = "begin", End = "end", SchoolYear = "school_year",
        Parent = "parent", Org = "org", Identifiers = "identifiers", Extra = "extra",
    }
    /// Fields of a [`Course`](crate::Course).
    CourseField of Course {
        Title = "title", Code = "code", Org = "org", Session = "session", Grades = "grades", Subjects = "subjects",
        Identifiers = "identifiers", Extra = "extra",
    }
    /// Fields of a [`Class`](crate::Class).
    ClassField of Class {
        Title = "title", Code = "code", ClassType = "class_type", State = "state", Org = "org", Course = "course",
        Sessions = "sessions", Begin = "begin", End = "end", Grades = "grades", Subjects = "subjects",
        Periods = "periods", Location = "location", Identifiers = "identifiers", Extra = "extra",
    }
    /// Fields of a [`Person`](crate::Person): the parts of the name and the sensitive ones each have a bit of their own.
    PersonField of Person {
        Given = "given", Middle = "middle", Family = "family", Full = "full", PreferredGiven = "preferred_given",
        PreferredMiddle = "preferred_middle", PreferredFamily = "preferred_family", Prefix = "prefix",
        Suffix = "suffix", Pronouns = "pronouns", Email = "email", Username = "username", Account = "account",
        Affiliations = "affiliations", Groups = "groups", Grades = "grades", GraduationYear = "graduation_year",
        Identifiers = "identifiers", BirthDate = "birth_date", Gender = "gender", LegalName = "legal_name",
        Phones = "phones", Emails = "emails", Addresses = "addresses", Demographics = "demographics",
        Extra = "extra",
    }
    /// Fields of an [`Enrollment`](crate::Enrollment).
    EnrollmentField of Enrollment {
        Class = "class", Person = "person", Role = "role", Primary = "primary", Org = "org", Begin = "begin",
        End = "end", Extra = "extra",
    }
    /// Fields of a [`Relationship`](crate::Relationship).
    RelationshipField of Relationship {
        Student = "student", Contact = "contact", Relation = "relation", Kinds = "kinds", Priority = "priority",
        ParentalResponsibility = "parental_responsibility", LivesWith = "lives_with", Extra = "extra",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_holds_each_field_of_the_kind_and_no_more() {
        assert_eq!(FieldSet::all(EntityKind::Person), FieldSet::of(PersonField::ALL.iter().copied()));
        assert_eq!(FieldSet::all(EntityKind::Org).len(), 7);
    }

    #[test]
    fn names_come_back_in_order() {
        let set = FieldSet::of([PersonField::Email, PersonField::Given]);
        assert_eq!(set.names(EntityKind::Person).collect::<Vec<_>>(), ["given", "email"]);
        assert!(set.without(PersonField::Email).minus(FieldSet::of([PersonField::Given])).is_empty());
    }
}
