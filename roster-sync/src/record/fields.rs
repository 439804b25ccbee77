//! Records field by field: digests, merging, and what differs.

use std::sync::LazyLock;

use roster_core::{
    AcademicSession, AcademicSessionField, Class, ClassField, Course, CourseField, Enrollment,
    EnrollmentField, Field, FieldSet, Org, OrgField, Person, PersonField, Record, Relationship,
    RelationshipField, Sensitive,
};

use super::canon::{Canon, FORM};
use crate::Digest;

/// Which fields of the records at hand count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mask {
    /// Those that could be seen.
    pub(crate) seen: FieldSet,
    /// Those that were not asked for, and so are to be erased. The rest was withheld, and is kept.
    pub(crate) erased: FieldSet,
}

impl Mask {
    /// What the received record decides; the stored one keeps the rest.
    pub(crate) const fn taken(self) -> FieldSet {
        self.seen.union(self.erased)
    }

    /// The mask of a record that does not tell `unseen`.
    pub(crate) const fn without(self, unseen: FieldSet) -> Self {
        Self { seen: self.seen.minus(unseen), ..self }
    }
}

/// A kind of record, field by field.
trait Fields {
    fn absorb(&self, fields: FieldSet, out: &mut Vec<u8>);
    fn swap(&mut self, other: &mut Self, fields: FieldSet);
    fn differ(&self, other: &Self) -> FieldSet;
}

#[inline]
fn absorb_one(tag: u32, value: &impl Canon, out: &mut Vec<u8>) {
    if !value.is_nothing() {
        // Kinds have far fewer fields than a byte has values; the last one is kept for what has no number.
        out.push(u8::try_from(tag).unwrap_or(u8::MAX));
        value.put(out);
    }
}

/// The field whose bit stands for the parts that have none of their own; `derived` is always seen.
const UNNUMBERED: u32 = u32::MAX;

macro_rules! fields {
    ($record:ident, $field:ident { $($variant:ident: $($path:ident).+,)+ } $(derived as $as:ident)?) => {
        impl Fields for $record {
            #[inline]
            fn absorb(&self, fields: FieldSet, out: &mut Vec<u8>) {
                $(if fields.contains($field::$variant) {
                    absorb_one($field::$variant.index(), &self.$($path).+, out);
                })+
                $(let _ = $field::$as; absorb_one(UNNUMBERED, &self.derived, out);)?
            }

            fn swap(&mut self, other: &mut Self, fields: FieldSet) {
                $(if fields.contains($field::$variant) {
                    std::mem::swap(&mut self.$($path).+, &mut other.$($path).+);
                })+
            }

            fn differ(&self, other: &Self) -> FieldSet {
                let mut fields = FieldSet::EMPTY;
                $(if self.$($path).+ != other.$($path).+ {
                    fields = fields.with($field::$variant);
                })+
                $(if self.derived != other.derived {
                    fields = fields.with($field::$as);
                })?
                fields
            }
        }
    };
}

fields! {
    Org, OrgField {
        Name: name, OrgType: org_type, Parent: parent, Identifiers: identifiers, Grades: grades, TimeZone: time_zone,
        Extra: extra,
    } derived as OrgType
}

fields! {
    AcademicSession, AcademicSessionField {
        Title: title, SessionType: session_type, Begin: begin, End: end, SchoolYear: school_year, Parent: parent,
        Org: org, Identifiers: identifiers, Extra: extra,
    } derived as SessionType
}

fields! {
    Course, CourseField {
        Title: title, Code: code, Org: org, Session: session, Grades: grades, Subjects: subjects,
        Identifiers: identifiers, Extra: extra,
    }
}

fields! {
    Class, ClassField {
        Title: title, Code: code, ClassType: class_type, State: state, Org: org, Course: course, Sessions: sessions,
        Begin: begin, End: end, Grades: grades, Subjects: subjects, Periods: periods, Location: location,
        Identifiers: identifiers, Extra: extra,
    }
}

fields! {
    Enrollment, EnrollmentField {
        Class: class, Person: person, Role: role, Primary: primary, Org: org, Begin: begin, End: end, Extra: extra,
    }
}

fields! {
    Relationship, RelationshipField {
        Student: student, Contact: contact, Relation: relation, Kinds: kinds, Priority: priority,
        ParentalResponsibility: parental_responsibility, LivesWith: lives_with, Extra: extra,
    }
}

/// A person without the sensitive part, which has a place of its own.
struct Open<'a>(&'a Person);

macro_rules! person_fields {
    (open { $($variant:ident: $($path:ident).+,)+ } sensitive { $($secret:ident: $part:ident,)+ }) => {
        impl Open<'_> {
            #[inline]
            fn absorb(&self, fields: FieldSet, out: &mut Vec<u8>) {
                $(if fields.contains(PersonField::$variant) {
                    absorb_one(PersonField::$variant.index(), &self.0.$($path).+, out);
                })+
            }
        }

        impl Fields for Person {
            #[inline]
            fn absorb(&self, fields: FieldSet, out: &mut Vec<u8>) {
                Open(self).absorb(fields, out);
                if let Some(sensitive) = &self.sensitive {
                    $(if fields.contains(PersonField::$secret) {
                        absorb_one(PersonField::$secret.index(), &sensitive.$part, out);
                    })+
                }
            }

            fn swap(&mut self, other: &mut Self, fields: FieldSet) {
                $(if fields.contains(PersonField::$variant) {
                    std::mem::swap(&mut self.$($path).+, &mut other.$($path).+);
                })+
                let (mine, theirs) = (self.sensitive_mut(), other.sensitive_mut());
                $(if fields.contains(PersonField::$secret) {
                    std::mem::swap(&mut mine.$part, &mut theirs.$part);
                })+
                for person in [self, other] {
                    if person.sensitive.as_ref().is_some_and(|sensitive| sensitive.is_empty()) {
                        person.sensitive = None;
                    }
                }
            }

            fn differ(&self, other: &Self) -> FieldSet {
                let mut fields = FieldSet::EMPTY;
                $(if self.$($path).+ != other.$($path).+ {
                    fields = fields.with(PersonField::$variant);
                })+
                let (mine, theirs) = (sensitive_of(self), sensitive_of(other));
                $(if mine.$part != theirs.$part {
                    fields = fields.with(PersonField::$secret);
                })+
                fields
            }
        }
    };
}

person_fields! {
    open {
        Given: name.given, Middle: name.middle, Family: name.family, Full: name.full,
        PreferredGiven: name.preferred_given, PreferredMiddle: name.preferred_middle,
        PreferredFamily: name.preferred_family, Prefix: name.prefix, Suffix: name.suffix, Pronouns: name.pronouns,
        Email: email, Username: username, Account: account, Affiliations: affiliations, Groups: groups, Grades: grades,
        GraduationYear: graduation_year, Identifiers: identifiers, Extra: extra,
    }
    sensitive {
        BirthDate: birth_date, Gender: gender, LegalName: legal_name, Phones: phones, Emails: emails,
        Addresses: addresses, Demographics: demographics,
    }
}

fn sensitive_of(person: &Person) -> &Sensitive {
    static NOTHING: LazyLock<Sensitive> = LazyLock::new(Sensitive::default);
    person.sensitive.as_deref().unwrap_or(&NOTHING)
}

/// What the record says, of the fields seen. `buffer` is used over and over.
#[inline]
pub(crate) fn digest(record: &Record, mask: Mask, buffer: &mut Vec<u8>) -> Digest {
    buffer.clear();
    buffer.extend_from_slice(&FORM.to_le_bytes());
    buffer.push(record.kind() as u8);
    buffer.extend_from_slice(&mask.seen.bits().to_le_bytes());
    buffer.extend_from_slice(&mask.erased.bits().to_le_bytes());
    match record {
        Record::Enrollment(record) => record.absorb(mask.seen, buffer),
        Record::Person(record) => record.absorb(mask.seen, buffer),
        Record::Class(record) => record.absorb(mask.seen, buffer),
        Record::Org(record) => record.absorb(mask.seen, buffer),
        Record::AcademicSession(record) => record.absorb(mask.seen, buffer),
        Record::Course(record) => record.absorb(mask.seen, buffer),
        Record::Relationship(record) => record.absorb(mask.seen, buffer),
        _ => {}
    }
    Digest::of(buffer)
}

macro_rules! on_both {
    ($one:expr, $other:expr, |$a:ident, $b:ident| $body:expr, else $otherwise:expr) => {
        match ($one, $other) {
            (Record::Org($a), Record::Org($b)) => $body,
            (Record::AcademicSession($a), Record::AcademicSession($b)) => $body,
            (Record::Course($a), Record::Course($b)) => $body,
            (Record::Class($a), Record::Class($b)) => $body,
            (Record::Person($a), Record::Person($b)) => $body,
            (Record::Enrollment($a), Record::Enrollment($b)) => $body,
            (Record::Relationship($a), Record::Relationship($b)) => $body,
            _ => $otherwise,
        }
    };
}

/// The received record with what it does not tell taken from the stored one, or from an earlier one of the same pull.
pub(crate) fn merge(mut received: Record, mut stored: Record, taken: FieldSet) -> Record {
    let kept = FieldSet::all(received.kind()).minus(taken);
    if !kept.is_empty() {
        on_both!(&mut received, &mut stored, |received, stored| received.swap(stored, kept), else {});
    }
    received
}

/// The fields in which two records of one kind differ.
pub(crate) fn differ(one: &Record, other: &Record) -> FieldSet {
    on_both!(one, other, |one, other| one.differ(other), else FieldSet::EMPTY)
}
