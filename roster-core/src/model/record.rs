use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AcademicSession, Class, Course, Enrollment, Org, Person, Relationship, tidy};
use crate::{EntityKind, SourcedId};

macro_rules! records {
    ($($kind:ident,)+) => {
        /// A record of any kind.
        ///
        /// Variants are boxed: a record moves through queues as two words. In JSON the tag is `record_type`, since no
        /// variant has a field of that name.
        #[derive(Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "record_type", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Record {
            $(
                #[doc = concat!("Holds a [`", stringify!($kind), "`](crate::", stringify!($kind), ").")]
                $kind(Box<$kind>),
            )+
        }

        impl Record {
            /// Which kind it is.
            pub const fn kind(&self) -> EntityKind {
                match self { $(Self::$kind(_) => EntityKind::$kind,)+ }
            }

            /// The vendor's id, unique within the kind.
            pub fn id(&self) -> &SourcedId {
                match self { $(Self::$kind(record) => &record.id,)+ }
            }
        }

        impl fmt::Debug for Record {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$kind(record) => record.fmt(f),)+ }
            }
        }

        mod sealed {
            pub trait Sealed {}
            $(impl Sealed for super::$kind {})+
        }

        $(
            impl Entity for $kind {
                const KIND: EntityKind = EntityKind::$kind;

                fn from_record(record: Record) -> Option<Self> {
                    if let Record::$kind(record) = record { Some(*record) } else { None }
                }

                fn into_record(self) -> Record {
                    Record::$kind(Box::new(self))
                }
            }

            impl From<$kind> for Record {
                fn from(record: $kind) -> Self {
                    record.into_record()
                }
            }
        )+
    };
}

records! { Org, AcademicSession, Course, Class, Person, Enrollment, Relationship, }

/// A type of record that a pull can be narrowed to.
pub trait Entity: sealed::Sealed + Sized + Send + 'static {
    /// The kind.
    const KIND: EntityKind;
    /// The record as this type, if it is one.
    fn from_record(record: Record) -> Option<Self>;
    /// The record among the others.
    fn into_record(self) -> Record;
}

impl Record {
    /// Sorts lists and drops duplicates, so that a vendor's reshuffling is no change. A source does this to each record.
    pub fn normalize(&mut self) {
        match self {
            Self::Org(org) => {
                tidy(&mut org.identifiers);
                tidy(&mut org.grades);
            }
            Self::AcademicSession(session) => tidy(&mut session.identifiers),
            Self::Course(course) => {
                tidy(&mut course.grades);
                tidy(&mut course.subjects);
                tidy(&mut course.identifiers);
            }
            Self::Class(class) => {
                tidy(&mut class.sessions);
                tidy(&mut class.grades);
                tidy(&mut class.subjects);
                tidy(&mut class.periods);
                tidy(&mut class.identifiers);
            }
            Self::Person(person) => normalize_person(person),
            Self::Enrollment(_) | Self::Relationship(_) => {}
        }
    }
}

fn normalize_person(person: &mut Person) {
    tidy(&mut person.affiliations);
    tidy(&mut person.groups);
    tidy(&mut person.grades);
    tidy(&mut person.identifiers);
    if let Some(sensitive) = &mut person.sensitive {
        tidy(&mut sensitive.phones);
        tidy(&mut sensitive.emails);
        tidy(&mut sensitive.addresses);
    }
    if person.sensitive.as_ref().is_some_and(|sensitive| sensitive.is_empty()) {
        person.sensitive = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affiliation, Role};

    #[test]
    fn order_and_repetition_in_lists_do_not_matter() {
        let person = |roles: &[Role]| {
            let mut person = Person::new("p");
            person.affiliations = roles.iter().map(|role| Affiliation::new(role.clone(), None)).collect();
            let mut record = person.into_record();
            record.normalize();
            record
        };
        assert!(person(&[Role::Teacher, Role::Aide, Role::Teacher]) == person(&[Role::Aide, Role::Teacher]));
    }

    #[test]
    fn json_reads_back_and_leaves_out_what_is_empty() {
        let record = Person::new("p1").into_record();
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(json, r#"{"record_type":"person","id":"p1","account":"unknown"}"#);
        assert!(serde_json::from_str::<Record>(&json).unwrap() == record);
    }

    #[test]
    fn debug_shows_kind_and_id_alone() {
        let mut person = Person::new("p1");
        person.name.given = Some("Canary".into());
        person.email = Some("canary@x.example".into());
        assert_eq!(format!("{:?}", person.into_record()), r#"Person("p1")"#);
    }
}
