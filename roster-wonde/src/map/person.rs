//! Students, members of staff and contacts.

use std::collections::BTreeSet;

use roster_core::{
    Affiliation, ContactKind, EntityKind, FieldSet, GroupTag, Identifier, IdentifierScheme, Person,
    PersonField as Field, Place, Relationship, RelationshipField, Role, SensitiveField, SourcedId,
    upn::{self, Upn},
};
use roster_http::json::Text;
use serde_json::value::RawValue;

use super::{
    Mapped, Read, Reading, Wants,
    details::{Names, born, contact_details, demographics, names},
    extra_of, normalized, row,
    school::School,
};
use crate::{
    codes,
    wire::{self, Part, flag, ids_of, items, many, one, text_or},
};

/// A contact as it stands inside of a student, or a student inside of a contact.
pub(crate) struct Nested<'a> {
    pub(crate) id: SourcedId,
    pub(crate) raw: &'a RawValue,
    pub(crate) tie: Tie,
}

/// What a contact is to a student, as far as one side tells.
#[derive(Clone, Default)]
pub(crate) struct Tie {
    relation: Option<String>,
    responsible: Option<bool>,
    lives_with: Option<bool>,
    priority: Option<u32>,
    emergency: Option<bool>,
}

/// A student, with the hash of a permanent number that no other may have, and its contacts.
pub(crate) struct Student<'a> {
    pub(crate) mapped: Mapped<Person>,
    pub(crate) upn: Option<u64>,
    /// Those that can be told, and how many have no id. `None` if contacts were not included.
    pub(crate) contacts: Option<(Vec<Nested<'a>>, usize)>,
}

/// A member of staff.
pub(crate) struct Employee {
    pub(crate) mapped: Mapped<Person>,
    /// `false`: the employment is over.
    pub(crate) current: Option<bool>,
    /// Whether the row itself says that classes or groups are taught.
    pub(crate) teaches: Option<bool>,
}

/// Three resources spell a person's names alike.
macro_rules! names_of {
    ($wire:ident) => {
        Names {
            title: &$wire.title,
            forename: &$wire.forename,
            middle: &$wire.middle_names,
            surname: &$wire.surname,
            legal_forename: &$wire.legal_forename,
            legal_surname: &$wire.legal_surname,
        }
    };
}

pub(crate) fn student<'a>(
    raw: &'a RawValue,
    school: &School,
    wants: &Wants,
    place: &Place,
) -> Read<Student<'a>> {
    let (wire, id) = row::<wire::Student<'a>>(EntityKind::Person, raw, place, |wire| &wire.id)?;
    let mut reading = Reading::new(EntityKind::Person, &id, wants, place);
    let mut person = Person::new(id);
    names(&mut person, &names_of!(wire), &mut reading);
    born(&mut person, &wire.gender, wire.date_of_birth, &mut reading);
    contact_details(&mut person, wire.details, &wants.emails.students, &mut reading);
    demographics(&mut person, wire.extended, &reading);
    let education = one::<wire::Education<'_>>(wire.education).unwrap_or_default();
    let mut held = Affiliation::new(Role::Student, Some(school.id.clone()));
    held.begin = reading.date("admission_date", education.admission_date, Field::Affiliations);
    held.end = reading.date("leaving_date", education.leaving_date, Field::Affiliations);
    person.affiliations.push(held);
    campuses(&mut person, wire.campus, &Role::Student);
    person
        .grades
        .extend(year(&education, wire.year).map(|(key, raw)| reading.grade(key, &raw, school.country)));
    for (group_type, part) in [("REGISTRATION", wire.registration), ("HOUSE", wire.house)] {
        person.groups.extend(groups(group_type, part));
    }
    identifiers(&mut person, &wire.mis_id, &wire.upi, &Role::Student);
    let upn = numbers(&mut person, &education, &mut reading);
    if wants.extra {
        person.extra = extra_of(raw, wire::Student::KEYS);
        // As sensitive as the gender itself, which the model has a place for.
        if let Some(identity) = wire.gender_identity.filter(|_| wants.sees(SensitiveField::Gender))
            && let Ok(value) = serde_json::from_str(identity.get())
        {
            person.extra.insert("gender_identity".to_owned(), value);
        }
    }
    let contacts = wire.contacts.map(|part| nested(Some(part)));
    Ok(Student { mapped: Mapped::new(normalized(person), reading), upn, contacts })
}

pub(crate) fn employee(raw: &RawValue, school: &School, wants: &Wants, place: &Place) -> Read<Employee> {
    let (wire, id) = row::<wire::Employee<'_>>(EntityKind::Person, raw, place, |wire| &wire.id)?;
    let mut reading = Reading::new(EntityKind::Person, &id, wants, place);
    let mut person = Person::new(id);
    names(&mut person, &names_of!(wire), &mut reading);
    born(&mut person, &wire.gender, wire.date_of_birth, &mut reading);
    contact_details(&mut person, wire.details, &wants.emails.staff, &mut reading);
    let employment = one::<wire::Employment<'_>>(wire.employment).unwrap_or_default();
    let teaching = flag(&employment.teaching) == Some(true);
    let teaches = teaches(&wire);
    let role = if teaching || teaches == Some(true) { Role::Teacher } else { Role::Staff };
    let mut held = Affiliation::new(role.clone(), Some(school.id.clone()));
    held.begin = reading.date("employment_start_date", employment.begin, Field::Affiliations);
    held.end = reading.date("employment_end_date", employment.end, Field::Affiliations);
    held.title = reading.text("role_text", &employment.role_text, Field::Affiliations);
    person.affiliations.push(held);
    campuses(&mut person, wire.campus, &role);
    identifiers(&mut person, &wire.mis_id, &wire.upi, &Role::Staff);
    if wants.extra {
        person.extra = extra_of(raw, wire::Employee::KEYS);
    }
    let teaches = if teaching { Some(true) } else { teaches };
    Ok(Employee {
        mapped: Mapped::new(normalized(person), reading),
        current: flag(&employment.current),
        teaches,
    })
}

/// Whether a row says that classes or form groups are taught; `None` if it says neither way.
fn teaches(wire: &wire::Employee<'_>) -> Option<bool> {
    let forms = many::<wire::Group<'_>>(wire.groups).0;
    let has_form = forms
        .iter()
        .any(|group| group.kind.get().is_some_and(|kind| kind.eq_ignore_ascii_case("REGISTRATION")));
    if has_form || !ids_of(wire.classes).0.is_empty() {
        return Some(true);
    }
    (wire.classes.is_some() || wire.groups.is_some()).then_some(false)
}

/// Makes a teacher of somebody whom a class names as such.
pub(crate) fn make_teacher(person: &mut Person) {
    for held in person.affiliations.iter_mut().filter(|held| held.role == Role::Staff) {
        held.role = Role::Teacher;
    }
}

pub(crate) fn contact(raw: &RawValue, school: &School, wants: &Wants, place: &Place) -> Read<Mapped<Person>> {
    let (wire, id) = row::<wire::Contact<'_>>(EntityKind::Person, raw, place, |wire| &wire.id)?;
    let mut reading = Reading::new(EntityKind::Person, &id, wants, place);
    let mut person = Person::new(id);
    names(&mut person, &names_of!(wire), &mut reading);
    born(&mut person, &wire.gender, wire.date_of_birth, &mut reading);
    contact_details(&mut person, wire.details, &wants.emails.contacts, &mut reading);
    // What a contact is to each child, the relationship tells.
    person.affiliations.push(Affiliation::new(Role::Contact, Some(school.id.clone())));
    identifiers(&mut person, &wire.mis_id, &wire.upi, &Role::Contact);
    if wants.extra {
        person.extra = extra_of(raw, wire::Contact::KEYS);
    }
    Ok(Mapped::new(normalized(person), reading))
}

/// The students that a contact's row names, and how many of them have no id.
pub(crate) fn students_of(raw: &RawValue) -> (Vec<Nested<'_>>, usize) {
    let Ok(wire) = serde_json::from_str::<wire::Contact<'_>>(raw.get()) else { return (Vec::new(), 0) };
    let own = tie(wire.relationship);
    let (mut students, odd) = nested(wire.students);
    for student in &mut students {
        // Where the contact has the one relationship, it is that to each student that has none.
        if !student.tie.is_told() {
            student.tie = own.clone();
        }
    }
    (students, odd)
}

/// The items that have an id, be it alone or in their object, and how many have none.
fn nested(part: Part<'_>) -> (Vec<Nested<'_>>, usize) {
    let items = items(part);
    let all = items.len();
    let read = |raw| {
        let id = wire::id_of(Some(raw))?.into();
        let relationship =
            serde_json::from_str::<wire::Contact<'_>>(raw.get()).ok().and_then(|wire| wire.relationship);
        Some(Nested { id, raw, tie: tie(relationship) })
    };
    let named: Vec<_> = items.into_iter().filter_map(read).collect();
    let odd = all - named.len();
    (named, odd)
}

/// What stands under `relationship`: an object, or its word alone.
fn tie(part: Part<'_>) -> Tie {
    let Some(raw) = items(part).into_iter().next() else { return Tie::default() };
    if !raw.get().starts_with('{') {
        let word = serde_json::from_str::<Text<'_>>(raw.get()).ok().and_then(|text| text.owned());
        return Tie { relation: word, ..Tie::default() };
    }
    let Ok(wire) = serde_json::from_str::<wire::Relation<'_>>(raw.get()) else { return Tie::default() };
    Tie {
        relation: wire.word.owned().or_else(|| wire.kind.owned()),
        responsible: flag(&wire.responsible),
        lives_with: flag(&wire.lives_with),
        priority: wire.priority.get().and_then(|text| text.parse().ok()),
        emergency: flag(&wire.emergency),
    }
}

impl Tie {
    /// Whether anything is told.
    pub(super) fn is_told(&self) -> bool {
        self.relation.is_some()
            || self.responsible.is_some()
            || self.lives_with.is_some()
            || self.priority.is_some()
            || self.emergency.is_some()
    }

    /// What both tell, field by field, and the vendor's keys of those in which they differ: there this one counts.
    pub(crate) fn with(self, other: Self) -> (Self, Vec<&'static str>) {
        let mut differing = Vec::new();
        let mut differ = |key, is_so: bool| differing.extend(is_so.then_some(key));
        let word = |tie: &Self| tie.relation.as_deref().map(|word| word.trim().to_lowercase());
        differ("relationship", both_say(word(&self), word(&other)));
        differ("parental_responsibility", both_say(self.responsible, other.responsible));
        differ("lives_with_pupil", both_say(self.lives_with, other.lives_with));
        differ("priority", both_say(self.priority, other.priority));
        differ("emergency_contact", both_say(self.emergency, other.emergency));
        let both = Self {
            relation: self.relation.or(other.relation),
            responsible: self.responsible.or(other.responsible),
            lives_with: self.lives_with.or(other.lives_with),
            priority: self.priority.or(other.priority),
            emergency: self.emergency.or(other.emergency),
        };
        (both, differing)
    }

    /// The fields of the relationship that nothing is told of.
    pub(crate) fn untold(&self) -> FieldSet {
        let kinds = self.responsible.is_none() || self.emergency.is_none() || self.priority.is_none();
        let fields = [
            (RelationshipField::Relation, self.relation.is_none()),
            (RelationshipField::ParentalResponsibility, self.responsible.is_none()),
            (RelationshipField::LivesWith, self.lives_with.is_none()),
            (RelationshipField::Priority, self.priority.is_none()),
            (RelationshipField::Kinds, kinds),
        ];
        FieldSet::of(fields.into_iter().filter(|(_, is_untold)| *is_untold).map(|(field, _)| field))
    }

    pub(crate) fn relationship(self, student: &SourcedId, contact: &SourcedId) -> Relationship {
        let mut relationship = Relationship::from_parts(student.clone(), contact.clone());
        let mut kinds = BTreeSet::new();
        if self.responsible == Some(true) {
            kinds.insert(ContactKind::Guardian);
        }
        if self.emergency == Some(true) {
            kinds.insert(ContactKind::Emergency);
        }
        match self.priority {
            Some(1) => kinds.insert(ContactKind::Primary),
            Some(2) => kinds.insert(ContactKind::Secondary),
            _ => false,
        };
        relationship.kinds = kinds;
        relationship.relation = self.relation;
        relationship.priority = self.priority;
        relationship.parental_responsibility = self.responsible;
        relationship.lives_with = self.lives_with;
        relationship
    }
}

/// Whether both are said, and are not the same.
fn both_say<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

fn campuses(person: &mut Person, part: Part<'_>, role: &Role) {
    let campuses = ids_of(part).0.into_iter();
    person.affiliations.extend(campuses.map(|id| Affiliation::new(role.clone(), Some(id.into()))));
}

fn groups(group_type: &'static str, part: Part<'_>) -> Vec<GroupTag> {
    let items = items(part).into_iter();
    items
        .filter_map(|raw| {
            let group: wire::Group<'_> = serde_json::from_str(raw.get()).ok()?;
            let name =
                group.name.owned().or_else(|| group.code.owned()).or_else(|| group.description.owned());
            Some(GroupTag::new(group_type, group.id.get()?, name))
        })
        .collect()
}

/// The best word for the year that a student is in: the national curriculum's, else the year group's code, else its name.
fn year(education: &wire::Education<'_>, part: Part<'_>) -> Option<(&'static str, String)> {
    if let Some(year) = education.year.owned() {
        return Some(("current_nc_year", year));
    }
    let said = text_or(part, |raw| {
        let group: wire::Group<'_> = serde_json::from_str(raw.get()).ok()?;
        group.code.owned().or_else(|| group.name.owned())
    });
    said.map(|year| ("year", year))
}

fn identifiers(person: &mut Person, mis_id: &Text<'_>, upi: &Text<'_>, role: &Role) {
    if let Some(mis_id) = mis_id.owned() {
        // A student and a member of staff may have one number.
        let mut identifier = Identifier::new(IdentifierScheme::MisId, mis_id);
        identifier.role = Some(role.clone());
        person.identifiers.push(identifier);
    }
    if let Some(upi) = upi.owned() {
        person.identifiers.push(other("upi", upi));
    }
}

fn other(scheme: &str, value: String) -> Identifier {
    Identifier::new(IdentifierScheme::Other(scheme.to_owned()), value)
}

/// The numbers of `education_details`. Returns the hash of a permanent Unique Pupil Number.
fn numbers(person: &mut Person, education: &wire::Education<'_>, reading: &mut Reading<'_>) -> Option<u64> {
    if let Some(number) = reading.text("admission_number", &education.admission_number, Field::Identifiers) {
        person.identifiers.push(Identifier::new(IdentifierScheme::StudentNumber, number));
    }
    for (scheme, text) in [
        ("local_upn", &education.local_upn),
        ("former_upn", &education.former_upn),
        ("learner_number", &education.learner_number),
    ] {
        person.identifiers.extend(text.owned().map(|value| other(scheme, value)));
    }
    let upn = reading.text("upn", &education.upn, Field::Identifiers)?;
    let tidy: String = upn.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    match upn::check(&tidy) {
        Some(kind) => {
            let hash = (kind == Upn::Permanent).then(|| roster_core::hashed::hash(&tidy));
            person.identifiers.push(Identifier::new(IdentifierScheme::Upn, tidy));
            hash
        }
        None => {
            let message =
                "the form or the check letter is wrong: the number was kept, and tells nobody apart";
            reading.warn("upn", codes::BAD_UPN, message);
            person.identifiers.push(Identifier::new(IdentifierScheme::Upn, upn));
            None
        }
    }
}

/// The sensitive fields that a pull may ask for, with the fields of people that they fill.
pub(crate) const SENSITIVE: [(SensitiveField, Field); 7] = [
    (SensitiveField::BirthDate, Field::BirthDate),
    (SensitiveField::Gender, Field::Gender),
    (SensitiveField::LegalName, Field::LegalName),
    (SensitiveField::Phones, Field::Phones),
    (SensitiveField::Emails, Field::Emails),
    (SensitiveField::Addresses, Field::Addresses),
    (SensitiveField::Demographics, Field::Demographics),
];
