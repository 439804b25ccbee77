//! The rows of a set, and how they become bytes.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    AcademicSession, Affiliation, Class, Course, Enrollment, GradeLevel, IdentifierScheme, Org, Person,
    SourcedId, Subject, jiff::civil::Date,
};

use super::{
    OneRosterCsv,
    OneRosterVersion::{self, V1_1, V1_2},
    words::{self, Link},
};
use crate::district::District;

const FILES_1_1: &[&str] = &[
    "academicSessions",
    "categories",
    "classes",
    "classResources",
    "courses",
    "courseResources",
    "demographics",
    "enrollments",
    "lineItems",
    "orgs",
    "resources",
    "results",
    "users",
];

const FILES_1_2: &[&str] = &[
    "academicSessions",
    "categories",
    "classes",
    "classResources",
    "courses",
    "courseResources",
    "demographics",
    "enrollments",
    "lineItemLearningObjectiveIds",
    "lineItems",
    "lineItemScoreScales",
    "orgs",
    "resources",
    "resultLearningObjectiveIds",
    "results",
    "resultScoreScales",
    "roles",
    "scoreScales",
    "userProfiles",
    "userResources",
    "users",
];

const SESSIONS: &str = "title,type,startDate,endDate,parentSourcedId,schoolYear";
const ORGS: &str = "name,type,identifier,parentSourcedId";
const COURSES: &str = "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes";
const CLASSES: &str = "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,\
    subjects,subjectCodes,periods";
const USERS_1_1: &str = "enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,\
    email,sms,phone,agentSourcedIds,grades,password";
const USERS_1_2: &str = "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,\
    agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,\
    primaryOrgSourcedId,pronouns";
const ROLES: &str = "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId";
const USER_PROFILES: &str =
    "userSourcedId,profileType,vendorId,applicationId,description,credentialType,username,password";
const ENROLLMENTS: &str = "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate";

/// The text of each file that has rows, with lines that end with LF.
pub(super) struct Set(BTreeMap<&'static str, String>);

impl Set {
    pub(super) fn of(district: &District, options: &OneRosterCsv) -> Self {
        let mut set = Self(BTreeMap::new());
        set.add("orgs", ORGS, district.orgs.iter().map(org));
        set.add(
            "academicSessions",
            SESSIONS,
            district.sessions.iter().map(session),
        );
        set.add("courses", COURSES, district.courses.iter().map(course));
        set.add("classes", CLASSES, district.classes.iter().map(class));
        set.add(
            "enrollments",
            ENROLLMENTS,
            (district.enrollments.iter()).map(|it| enrollment(it, options.version)),
        );

        let links = links(district, options.version);
        let people = || {
            (district.people.iter()).map(|person| Row {
                person,
                affiliations: words::affiliations(person, options.version),
                agents: links.get(&person.id).map(Vec::as_slice).unwrap_or_default(),
            })
        };
        match options.version {
            V1_1 => set.add("users", USERS_1_1, people().map(|row| row.user_1_1())),
            V1_2 => {
                set.add("users", USERS_1_2, people().map(|row| row.user_1_2()));
                set.add("roles", ROLES, people().flat_map(|row| row.roles()));
                set.add(
                    "userProfiles",
                    USER_PROFILES,
                    people().flat_map(|row| row.profiles()),
                );
            }
        }
        if options.with_demographics {
            let columns = words::DEMOGRAPHICS.map(|(column, _)| column).join(",");
            let header = format!("birthDate,sex,{columns}");
            set.add(
                "demographics",
                &header,
                district.people.iter().filter_map(demographics),
            );
        }
        set
    }

    fn add(&mut self, file: &'static str, columns: &str, rows: impl Iterator<Item = Vec<String>>) {
        let mut text = String::new();
        for row in rows {
            let mut row = row.into_iter();
            // `status` and `dateLastModified` come after the id, and are blank in a bulk file.
            push_cell(&mut text, &row.next().unwrap_or_default());
            text.push_str(",,");
            for cell in row {
                text.push(',');
                push_cell(&mut text, &cell);
            }
            text.push('\n');
        }
        if !text.is_empty() {
            text.insert_str(0, &format!("sourcedId,status,dateLastModified,{columns}\n"));
            self.0.insert(file, text);
        }
    }

    fn manifest(&self, version: OneRosterVersion) -> String {
        let mut text = format!(
            "propertyName,value\nmanifest.version,1.0\noneroster.version,{}\n",
            version.as_str()
        );
        let files = match version {
            V1_1 => FILES_1_1,
            V1_2 => FILES_1_2,
        };
        for file in files {
            let mode = if self.0.contains_key(file) {
                "bulk"
            } else {
                "absent"
            };
            text.push_str(&format!("file.{file},{mode}\n"));
        }
        text.push_str("source.systemName,Invented SIS\nsource.systemCode,INVENTED\n");
        text
    }

    pub(super) fn into_files(self, options: &OneRosterCsv) -> BTreeMap<String, Vec<u8>> {
        let manifest = self.manifest(options.version);
        let texts = self.0.into_iter().chain([("manifest", manifest)]);
        texts
            .map(|(file, mut text)| {
                if options.crlf {
                    text = text.replace('\n', "\r\n");
                }
                if options.bom {
                    text.insert(0, '\u{feff}');
                }
                (format!("{file}.csv"), text.into_bytes())
            })
            .collect()
    }
}

/// Quotes as RFC 4180 says, and also what blanks at an end would be lost of.
fn push_cell(text: &mut String, cell: &str) {
    if cell.contains([',', '"', '\r', '\n']) || cell.trim() != cell {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

/// For each person the people whom its row names as agents.
fn links(district: &District, version: OneRosterVersion) -> BTreeMap<SourcedId, Vec<SourcedId>> {
    let wanted: BTreeSet<_> = district.relationships.iter().map(|it| &it.contact).collect();
    let contacts: BTreeSet<_> = (district.people.iter())
        .filter(|person| wanted.contains(&person.id) && words::contact_role(person, version).is_some())
        .map(|person| &person.id)
        .collect();
    let mut links = BTreeMap::<_, BTreeSet<_>>::new();
    for it in district
        .relationships
        .iter()
        .filter(|it| contacts.contains(&it.contact))
    {
        let link = Link::of(&it.student, &it.contact);
        if link != Link::Contact {
            links
                .entry(it.student.clone())
                .or_default()
                .insert(it.contact.clone());
        }
        if link != Link::Student {
            links
                .entry(it.contact.clone())
                .or_default()
                .insert(it.student.clone());
        }
    }
    links
        .into_iter()
        .map(|(person, agents)| (person, agents.into_iter().collect()))
        .collect()
}

fn org(org: &Org) -> Vec<String> {
    vec![
        text(&org.id),
        org.name.clone(),
        words::org_type(&org.org_type).to_owned(),
        text_or_blank(words::org_identifier(org)),
        id(org.parent.as_ref()),
    ]
}

fn session(session: &AcademicSession) -> Vec<String> {
    vec![
        text(&session.id),
        session.title.clone(),
        words::session_type(&session.session_type).to_owned(),
        date(session.begin),
        date(session.end),
        id(session.parent.as_ref()),
        session
            .school_year
            .map(|year| format!("{year:04}"))
            .unwrap_or_default(),
    ]
}

fn course(course: &Course) -> Vec<String> {
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

fn class(class: &Class) -> Vec<String> {
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

fn enrollment(enrollment: &Enrollment, version: OneRosterVersion) -> Vec<String> {
    vec![
        text(&enrollment.id),
        text(&enrollment.class),
        id(enrollment.org.as_ref()),
        text(&enrollment.person),
        words::role(&enrollment.role, version),
        enrollment
            .primary
            .map(|primary| primary.to_string())
            .unwrap_or_default(),
        date(enrollment.begin),
        date(enrollment.end),
    ]
}

fn demographics(person: &Person) -> Option<Vec<String>> {
    let sensitive = person.sensitive.as_ref()?;
    let mut row = vec![
        text(&person.id),
        date(sensitive.birth_date),
        text_or_blank(sensitive.gender.as_deref()),
    ];
    for (_, field) in words::DEMOGRAPHICS {
        row.push(text_or_blank(
            sensitive.demographics.get(&field).map(String::as_str),
        ));
    }
    row.iter().skip(1).any(|cell| !cell.is_empty()).then_some(row)
}

/// A person with what its row is made of.
struct Row<'a> {
    person: &'a Person,
    affiliations: Vec<Affiliation>,
    agents: &'a [SourcedId],
}

impl Row<'_> {
    fn user_1_1(&self) -> Vec<String> {
        let role = self
            .affiliations
            .first()
            .map(|first| words::role(&first.role, V1_1));
        let orgs: BTreeSet<_> = self
            .affiliations
            .iter()
            .filter_map(|it| it.org.as_ref())
            .collect();
        let mut row = vec![
            text(&self.person.id),
            words::enabled(self.person.account).to_string(),
            list(orgs.into_iter().map(SourcedId::as_str)),
            role.unwrap_or_default(),
        ];
        row.extend(self.common());
        row
    }

    fn user_1_2(&self) -> Vec<String> {
        let name = &self.person.name;
        let primary = self.affiliations.iter().find(|it| it.primary == Some(true));
        let mut row = vec![
            text(&self.person.id),
            words::enabled(self.person.account).to_string(),
        ];
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

    fn roles(&self) -> Vec<Vec<String>> {
        let row = |(number, it): (usize, &Affiliation)| {
            let role_type = if it.primary == Some(true) {
                "primary"
            } else {
                "secondary"
            };
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

    fn profiles(&self) -> Vec<Vec<String>> {
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
