//! The cells of each row, from `sourcedId` on; `status` and `dateLastModified`, which come second, are added later.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    AcademicSession, Affiliation, Class, Course, Enrollment, GradeLevel, IdentifierScheme, Org, Person,
    SourcedId, Subject, jiff::civil::Date,
};

use super::{
    OneRosterVersion::{self, V1_1, V1_2},
    words::{self, Link},
};
use crate::district::District;

/// For each person the people whom its row names as agents.
pub(super) fn links(district: &District, version: OneRosterVersion) -> BTreeMap<SourcedId, Vec<SourcedId>> {
    let wanted: BTreeSet<_> = district.relationships.iter().map(|it| &it.contact).collect();
    let contacts: BTreeSet<_> = (district.people.iter())
        .filter(|person| wanted.contains(&person.id) && words::contact_role(person, version).is_some())
        .map(|person| &person.id)
        .collect();
    let mut links = BTreeMap::<_, BTreeSet<_>>::new();
    for it in district.relationships.iter().filter(|it| contacts.contains(&it.contact)) {
        let link = Link::of(&it.student, &it.contact);
        if link != Link::Contact {
            links.entry(it.student.clone()).or_default().insert(it.contact.clone());
        }
        if link != Link::Student {
            links.entry(it.contact.clone()).or_default().insert(it.student.clone());
        }
    }
    links.into_iter().map(|(person, agents)| (person, agents.into_iter().collect())).collect()
}

pub(super) fn org(org: &Org) -> Vec<String> {
    vec![
        text(&org.id),
        org.name.clone(),
        words::org_type(&org.org_type).to_owned(),
        text_or_blank(words::org_identifier(org)),
        id(org.parent.as_ref()),
    ]
}

pub(super) fn session(session: &AcademicSession) -> Vec<String> {
    vec![
        text(&session.id),
        session.title.clone(),
        words::session_type(&session.session_type).to_owned(),
        date(session.begin),
        date(session.end),
        id(session.parent.as_ref()),
        session.school_year.map(|year| format!("{year:04}")).unwrap_or_default(),
    ]
}

pub(super) fn course(course: &Course) -> Vec<String> {
    let [subjects, codes] = subjects(&course.subjects);
    vec![
        text(&course.id),
        id(course.session.as_ref()),
        course.title.clone(),
        text_or_blank(course.code.as_deref()),
        grades(&course.grades),
        id(course.org.as_ref()),
        subjects,
        codes,
    ]
}

pub(super) fn class(class: &Class) -> Vec<String> {
    let [subjects, codes] = subjects(&class.subjects);
    vec![
        text(&class.id),
        class.title.clone(),
        grades(&class.grades),
        id(class.course.as_ref()),
        text_or_blank(class.code.as_deref()),
        words::class_type(&class.class_type).to_owned(),
        text_or_blank(class.location.as_deref()),
        id(class.org.as_ref()),
        list(class.sessions.iter().map(SourcedId::as_str)),
        subjects,
        codes,
        list(class.periods.iter().map(String::as_str)),
    ]
}

pub(super) fn enrollment(enrollment: &Enrollment, version: OneRosterVersion) -> Vec<String> {
    vec![
        text(&enrollment.id),
        text(&enrollment.class),
        id(enrollment.org.as_ref()),
        text(&enrollment.person),
        words::role(&enrollment.role, version),
        enrollment.primary.map(|primary| primary.to_string()).unwrap_or_default(),
        date(enrollment.begin),
        date(enrollment.end),
    ]
}

pub(super) fn demographics(person: &Person) -> Option<Vec<String>> {
    let sensitive = person.sensitive.as_ref()?;
    let mut row =
        vec![text(&person.id), date(sensitive.birth_date), text_or_blank(sensitive.gender.as_deref())];
    for (_, field) in words::DEMOGRAPHICS {
        row.push(text_or_blank(sensitive.demographics.get(&field).map(String::as_str)));
    }
    row.iter().skip(1).any(|cell| !cell.is_empty()).then_some(row)
}

/// A person with what its row is made of.
pub(super) struct Row<'a> {
    pub(super) person: &'a Person,
    pub(super) affiliations: Vec<Affiliation>,
    pub(super) agents: &'a [SourcedId],
}

impl Row<'_> {
    pub(super) fn user_1_1(&self) -> Vec<String> {
        let role = self.affiliations.first().map(|first| words::role(&first.role, V1_1));
        let orgs: BTreeSet<_> = self.affiliations.iter().filter_map(|it| it.org.as_ref()).collect();
        let mut row = vec![
            text(&self.person.id),
            words::enabled(self.person.account).to_string(),
            list(orgs.into_iter().map(SourcedId::as_str)),
            role.unwrap_or_default(),
        ];
        row.extend(self.common());
        row
    }

    pub(super) fn user_1_2(&self) -> Vec<String> {
        let name = &self.person.name;
        let primary = self.affiliations.iter().find(|it| it.primary == Some(true));
        let mut row = vec![text(&self.person.id), words::enabled(self.person.account).to_string()];
        row.extend(self.common());
        row.extend([
            String::new(),
            text_or_blank(name.preferred_given.as_deref()),
            text_or_blank(name.preferred_middle.as_deref()),
            text_or_blank(name.preferred_family.as_deref()),
            id(primary.and_then(|it| it.org.as_ref())),
            text_or_blank(name.pronouns.as_deref()),
        ]);
        row
    }

    /// From `username` to `password`, which both versions have in the same order.
    fn common(&self) -> [String; 12] {
        let person = self.person;
        let sis =
            words::of_scheme(&person.identifiers, &IdentifierScheme::SisId).map(|id| format!("{{SIS:{id}}}"));
        let sis: Vec<_> = sis.collect();
        let scheme = words::number_scheme(&self.affiliations);
        let [phone, sms] = words::phones(person);
        [
            text_or_blank(person.username.as_deref()),
            list(sis.iter().map(String::as_str)),
            text_or_blank(person.name.given.as_deref()),
            text_or_blank(person.name.family.as_deref()),
            text_or_blank(person.name.middle.as_deref()),
            text_or_blank(words::of_scheme(&person.identifiers, &scheme).next()),
            text_or_blank(person.email.as_deref()),
            text_or_blank(sms),
            text_or_blank(phone),
            list(self.agents.iter().map(SourcedId::as_str)),
            grades(&person.grades),
            String::new(),
        ]
    }

    pub(super) fn roles(&self) -> Vec<Vec<String>> {
        let row = |(number, it): (usize, &Affiliation)| {
            let role_type = if it.primary == Some(true) { "primary" } else { "secondary" };
            vec![
                format!("{}-r{number}", self.person.id),
                text(&self.person.id),
                role_type.to_owned(),
                words::role(&it.role, V1_2),
                date(it.begin),
                date(it.end),
                id(it.org.as_ref()),
                String::new(),
            ]
        };
        (1..).zip(&self.affiliations).map(row).collect()
    }

    pub(super) fn profiles(&self) -> Vec<Vec<String>> {
        let row = |(number, (system, login)): (usize, (&str, &str))| {
            vec![
                format!("{}-p{number}", self.person.id),
                text(&self.person.id),
                "login".to_owned(),
                system.to_owned(),
                String::new(),
                String::new(),
                "password".to_owned(),
                login.to_owned(),
                String::new(),
            ]
        };
        (1..).zip(words::accounts(self.person)).map(row).collect()
    }
}

fn text(id: &SourcedId) -> String {
    id.as_str().to_owned()
}

fn text_or_blank(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

fn id(id: Option<&SourcedId>) -> String {
    id.map(text).unwrap_or_default()
}

fn date(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join(",")
}

fn grades(grades: &[GradeLevel]) -> String {
    list(grades.iter().map(|grade| grade.raw.as_str()))
}

/// Names and codes, two lists that a reader pairs by position.
fn subjects(subjects: &[Subject]) -> [String; 2] {
    [
        list(subjects.iter().filter_map(|subject| subject.name.as_deref())),
        list(subjects.iter().filter_map(|subject| subject.code.as_deref())),
    ]
}
