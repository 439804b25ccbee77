//! A small roster with something of everything. All people are invented.

use roster_core::{
    AcademicSession, Address, Affiliation, Class, Course, DemographicField, Enrollment, Identifier,
    IdentifierScheme, LabeledText, LegalName, Org, OrgType, Person, Record, Relationship, Role, SessionType,
    jiff::civil::date,
};
use serde_json::json;

/// Family names of the invented people, so that no two are alike.
const FAMILIES: [&str; 12] = [
    "Abernackle",
    "Brindlewick",
    "Cottersham",
    "Dunwhistle",
    "Eaglethorpe",
    "Fennimarsh",
    "Gorsebury",
    "Hollowfield",
    "Inglemoss",
    "Juniperly",
    "Kettleworth",
    "Larkenshaw",
];

pub(super) fn roster() -> Vec<Record> {
    let mut records = orgs();
    records.extend(catalogue());
    records.extend(staff());
    for (index, family) in FAMILIES.iter().enumerate() {
        records.extend(pupil(index, family));
    }
    records.extend(contacts());
    for record in &mut records {
        record.normalize();
    }
    records
}

fn orgs() -> Vec<Record> {
    let mut district = Org::new("d1", OrgType::District, "Thistledown District");
    district.extra.insert("county".into(), json!("Thistle"));
    let mut records = vec![district.into()];
    for (id, name) in [("s1", "Alder School"), ("s2", "Birch School")] {
        let mut school = Org::new(id, OrgType::School, name);
        school.parent = Some("d1".into());
        school.identifiers.push(Identifier::new(IdentifierScheme::Nces, format!("99-{id}")));
        records.push(school.into());
    }
    records
}

fn catalogue() -> Vec<Record> {
    let mut year = AcademicSession::new("y1", SessionType::SchoolYear, "2026/27");
    year.begin = Some(date(2026, 8, 1));
    year.end = Some(date(2027, 6, 30));
    let mut records = vec![year.into()];
    for (id, org) in [("k1", "s1"), ("k2", "s2")] {
        let mut course = Course::new(id, format!("Botany at {org}"));
        course.org = Some(org.into());
        records.push(course.into());
    }
    for (id, org, course) in [("c1", "s1", "k1"), ("c2", "s1", "k1"), ("c3", "s2", "k2"), ("c4", "s2", "k2")]
    {
        let mut class = Class::new(id, format!("Botany, group {id}"));
        class.org = Some(org.into());
        class.course = Some(course.into());
        class.sessions.push("y1".into());
        class.periods = vec!["2".into(), "5".into()];
        records.push(class.into());
    }
    records
}

fn staff() -> Vec<Record> {
    let mut records = Vec::new();
    for (id, org, classes) in [("t1", "s1", ["c1", "c2"]), ("t2", "s2", ["c3", "c4"])] {
        let mut teacher = Person::new(id);
        teacher.name.given = Some("Marigold".into());
        teacher.name.family = Some(format!("Quillfeather-{id}"));
        teacher.email = Some(format!("marigold.{id}@thistledown.example"));
        teacher.affiliations.push(Affiliation::new(Role::Teacher, Some(org.into())));
        // Teaches, and is the mother of a pupil at the same time.
        teacher.affiliations.push(Affiliation::new(Role::Parent, Some(org.into())));
        records.push(teacher.into());
        for class in classes {
            records.push(Enrollment::from_parts(class.into(), id.into(), Role::Teacher).into());
        }
    }
    records
}

/// A pupil with seats in one class. The first six go to one school, the others to the other.
pub(super) fn pupil(index: usize, family: &str) -> Vec<Record> {
    let id = format!("p{:02}", index + 1);
    let (org, classes) = if index < 6 { ("s1", ["c1", "c2"]) } else { ("s2", ["c3", "c4"]) };
    let class = if index.is_multiple_of(2) { classes[0] } else { classes[1] };
    let mut pupil = Person::new(id.clone());
    pupil.name.given = Some("Perpetua".into());
    pupil.name.family = Some(family.into());
    pupil.email = Some(format!("perpetua.{}@thistledown.example", family.to_lowercase()));
    pupil.affiliations.push(Affiliation::new(Role::Student, Some(org.into())));
    pupil.identifiers.push(Identifier::new(IdentifierScheme::StudentNumber, format!("77{index:03}")));
    pupil.identifiers.push(Identifier::new(IdentifierScheme::SisId, format!("sis-{index}")));
    pupil.extra.insert("locker".into(), json!(index));
    sensitive(&mut pupil);
    vec![pupil.into(), Enrollment::from_parts(class.into(), id.as_str().into(), Role::Student).into()]
}

fn sensitive(pupil: &mut Person) {
    let sensitive = pupil.sensitive_mut();
    sensitive.birth_date = Some(date(2014, 2, 3));
    sensitive.gender = Some("female".into());
    sensitive.legal_name = Some(LegalName { given: Some("Perpetua Maria".into()), ..LegalName::default() });
    sensitive.phones.push(LabeledText { label: None, value: "+1 555 0100 77".into() });
    sensitive
        .emails
        .push(LabeledText { label: Some("home".into()), value: "owl@thistledown.example".into() });
    sensitive.addresses.push(Address { city: Some("Thistledown".into()), ..Address::default() });
    sensitive.demographics.insert(DemographicField::White, "false".into());
}

fn contacts() -> Vec<Record> {
    let mut records = Vec::new();
    for (id, pupil, org) in [("g1", "p01", "s1"), ("g2", "p08", "s2")] {
        let mut contact = Person::new(id);
        contact.name.full = Some(format!("Barnaby Oxtongue the {id}"));
        contact.affiliations.push(Affiliation::new(Role::Guardian, Some(org.into())));
        records.push(contact.into());
        records.push(Relationship::from_parts(pupil.into(), id.into()).into());
    }
    records
}
