//! Which values records have, by name.

use std::collections::BTreeSet;

use roster_core::{
    Class, ClassField, ClassType, EntityKind, Field, FieldSet, IdentifierScheme, Person, PersonField, Record,
    Relationship, RelationshipField, Role,
};

use crate::{permissions::Permissions, resource::Resource};

/// Records that are compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Students,
    Employees,
    Contacts,
    Classes,
    Groups,
    Relationships,
}

impl List {
    const ALL: [Self; 6] =
        [Self::Students, Self::Employees, Self::Contacts, Self::Classes, Self::Groups, Self::Relationships];

    /// The list of a record, if its values are remembered.
    pub(super) fn of(record: &Record) -> Option<Self> {
        Some(match record {
            Record::Person(person) if person.has_role(&Role::Student) => Self::Students,
            Record::Person(person) if person.is_contact() => Self::Contacts,
            Record::Person(_) => Self::Employees,
            Record::Class(class) if class.class_type == ClassType::Registration => Self::Groups,
            Record::Class(_) => Self::Classes,
            Record::Relationship(_) => Self::Relationships,
            _ => return None,
        })
    }

    /// The lists that the records of a resource's rows are of.
    pub(super) const fn in_rows(resource: Resource) -> &'static [Self] {
        match resource {
            Resource::Students => &[Self::Students, Self::Contacts],
            Resource::Employees => &[Self::Employees],
            Resource::Contacts => &[Self::Contacts],
            Resource::Classes | Resource::Registrations => &[Self::Classes, Self::Groups],
            Resource::Campuses | Resource::Subjects | Resource::Deletions => &[],
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Students => "students",
            Self::Employees => "employees",
            Self::Contacts => "contacts",
            Self::Classes => "classes",
            Self::Groups => "groups",
            Self::Relationships => "relationships",
        }
    }

    const fn kind(self) -> EntityKind {
        match self {
            Self::Students | Self::Employees | Self::Contacts => EntityKind::Person,
            Self::Classes | Self::Groups => EntityKind::Class,
            Self::Relationships => EntityKind::Relationship,
        }
    }

    const fn resource(self) -> Option<Resource> {
        match self {
            Self::Students => Some(Resource::Students),
            Self::Employees => Some(Resource::Employees),
            Self::Contacts => Some(Resource::Contacts),
            Self::Classes => Some(Resource::Classes),
            Self::Groups | Self::Relationships => None,
        }
    }

    /// One of the fields of its records.
    fn field(self, name: &str) -> Option<(&'static str, FieldSet)> {
        let names = FieldSet::all(self.kind()).names(self.kind());
        let (bit, name) = names.enumerate().find(|(_, known)| *known == name)?;
        Some((name, FieldSet::from_bits(1 << bit)))
    }
}

/// The name of a value, such as `students.email` or `students.identifiers.upn`.
pub(super) fn named(list: List, field: &str, rest: &str) -> String {
    let list = list.word();
    if rest.is_empty() { format!("{list}.{field}") } else { format!("{list}.{field}.{rest}") }
}

/// What a name is made of.
pub(super) fn parted(name: &str) -> Option<(List, &'static str, FieldSet, &str)> {
    let (list, value) = name.split_once('.')?;
    let (field, rest) = value.split_once('.').unwrap_or((value, ""));
    let list = List::ALL.into_iter().find(|known| known.word() == list)?;
    let (field, bit) = list.field(field)?;
    Some((list, field, bit, rest))
}

/// Each value that is there of a record: its field, and which of several it is there.
pub(super) fn each_value(record: &Record, found: impl FnMut(&'static str, &str)) {
    match record {
        Record::Person(person) => of_person(person, found),
        Record::Class(class) => of_class(class, found),
        Record::Relationship(relationship) => of_relationship(relationship, found),
        _ => {}
    }
}

fn of_person(person: &Person, mut found: impl FnMut(&'static str, &str)) {
    let mut add = |is_there: bool, field: PersonField| {
        if is_there {
            found(field.name(), "");
        }
    };
    add(person.name.given.is_some(), PersonField::Given);
    add(person.name.middle.is_some(), PersonField::Middle);
    add(person.name.family.is_some(), PersonField::Family);
    add(person.name.prefix.is_some(), PersonField::Prefix);
    add(person.email.is_some(), PersonField::Email);
    add(!person.grades.is_empty(), PersonField::Grades);
    add(person.affiliations.iter().any(|held| held.begin.is_some()), PersonField::Affiliations);
    if let Some(sensitive) = person.sensitive.as_deref() {
        add(sensitive.birth_date.is_some(), PersonField::BirthDate);
        add(sensitive.gender.is_some(), PersonField::Gender);
        add(sensitive.legal_name.is_some(), PersonField::LegalName);
        add(!sensitive.phones.is_empty(), PersonField::Phones);
        add(!sensitive.emails.is_empty(), PersonField::Emails);
        add(!sensitive.addresses.is_empty(), PersonField::Addresses);
        sensitive.demographics.keys().for_each(|fact| found(PersonField::Demographics.name(), fact.as_str()));
    }
    let schemes: BTreeSet<_> = person.identifiers.iter().map(|number| number.scheme.as_str()).collect();
    for scheme in schemes {
        found(PersonField::Identifiers.name(), scheme);
    }
    let types: BTreeSet<_> = person.groups.iter().map(|group| group.group_type.as_str()).collect();
    for of in types {
        found(PersonField::Groups.name(), of);
    }
}

fn of_class(class: &Class, mut found: impl FnMut(&'static str, &str)) {
    for (is_there, field) in [
        (class.code.is_some(), ClassField::Code),
        (class.course.is_some(), ClassField::Course),
        (!class.grades.is_empty(), ClassField::Grades),
    ] {
        if is_there {
            found(field.name(), "");
        }
    }
}

fn of_relationship(tie: &Relationship, mut found: impl FnMut(&'static str, &str)) {
    for (is_there, field) in [
        (tie.relation.is_some(), RelationshipField::Relation),
        (!tie.kinds.is_empty(), RelationshipField::Kinds),
        (tie.priority.is_some(), RelationshipField::Priority),
        (tie.parental_responsibility.is_some(), RelationshipField::ParentalResponsibility),
        (tie.lives_with.is_some(), RelationshipField::LivesWith),
    ] {
        if is_there {
            found(field.name(), "");
        }
    }
}

/// Whether the school says that it shares what a value depends on.
pub(super) fn is_granted(said: &Permissions, list: List, field: &str, rest: &str) -> bool {
    let Some(resource) = list.resource() else { return false };
    let include = match (list, field) {
        (_, "email" | "phones" | "emails" | "addresses") => "contact_details",
        (_, "demographics") => "extended_details",
        (List::Employees, "affiliations") => "employment_details",
        (_, "groups") if rest == "HOUSE" => "house",
        (_, "groups") => "registration",
        (_, "identifiers") if rest == IdentifierScheme::Upn.as_str() => return said.upn() == Some(true),
        (_, "identifiers") if rest == IdentifierScheme::MisId.as_str() || rest == "upi" => return false,
        (_, "identifiers") | (List::Students, "affiliations" | "grades") => "education_details",
        (List::Classes, "course") => "subject",
        _ => return false,
    };
    said.include(resource, include) == Some(true)
}

#[cfg(test)]
mod tests {
    use roster_core::DemographicField;

    use super::*;

    #[test]
    fn each_value_is_found_by_its_name() {
        let mut person = Person::new("A1");
        person.affiliations.push(roster_core::Affiliation::new(Role::Student, None));
        person.email = Some("a@x.example".to_owned());
        person.identifiers.push(roster_core::Identifier::new(IdentifierScheme::Upn, "x"));
        person.groups.push(roster_core::GroupTag::new("HOUSE", "A2", None));
        person.sensitive_mut().demographics.insert(DemographicField::Ethnicity, "x".to_owned());
        let mut class = Class::new("A3", "X");
        class.course = Some("A4".into());
        let mut tie = Relationship::from_parts("A1".into(), "A5".into());
        tie.parental_responsibility = Some(true);
        for (record, count) in [(Record::from(person), 4), (class.into(), 1), (tie.into(), 1)] {
            let list = List::of(&record).unwrap();
            let mut names = Vec::new();
            each_value(&record, |field, rest| names.push((field, rest.to_owned())));
            assert_eq!(names.len(), count, "{list:?}");
            for (field, rest) in names {
                let name = named(list, field, &rest);
                let (of, known, bit, kept) = parted(&name).unwrap();
                assert_eq!((of, known, kept, bit.len()), (list, field, rest.as_str(), 1));
                assert_eq!(bit.names(list.kind()).collect::<Vec<_>>(), [field]);
            }
        }
        assert!(parted("students.wombat").is_none() && parted("wombats.email").is_none());
    }
}
