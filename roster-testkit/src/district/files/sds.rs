//! Microsoft School Data Sync.

use roster_core::{OrgType, Role};

use super::{Files, Sheet, grade, schools, seats, text, with_role};
use crate::district::District;

pub(super) fn v1(district: &District) -> Files {
    let mut orgs = Sheet::new("SIS ID,Name");
    for org in district.orgs.iter().filter(|org| org.org_type == OrgType::School) {
        orgs.row([org.id.as_str(), &org.name]);
    }
    let mut sections =
        Sheet::new("SIS ID,School SIS ID,Section Name,Course SIS ID,Course Name,Course Number");
    for class in &district.classes {
        let course = district.courses.iter().find(|course| Some(&course.id) == class.course.as_ref());
        sections.row([
            class.id.as_str(),
            class.org.as_deref().unwrap_or(""),
            &class.title,
            course.map_or("", |course| course.id.as_str()),
            course.map_or("", |course| course.title.as_str()),
            course.map_or("", |course| text(course.code.as_ref())),
        ]);
    }
    let people = |role: &Role| {
        let mut sheet =
            Sheet::new("SIS ID,School SIS ID,First Name,Last Name,Username,Password,Secondary Email,Grade");
        for person in with_role(district, |other| other == role) {
            for school in schools(person, role) {
                sheet.row([
                    person.id.as_str(),
                    school,
                    text(person.name.given.as_ref()),
                    text(person.name.family.as_ref()),
                    text(person.username.as_ref()),
                    "secret-1",
                    text(person.email.as_ref()),
                    grade(person),
                ]);
            }
        }
        sheet
    };
    let roster = |role: &Role| {
        let mut sheet = Sheet::new("Section SIS ID,SIS ID");
        seats(district, role).for_each(|seat| sheet.row([seat.class.as_str(), seat.person.as_str()]));
        sheet
    };
    vec![
        ("School.csv", orgs),
        ("Section.csv", sections),
        ("Student.csv", people(&Role::Student)),
        ("Teacher.csv", people(&Role::Teacher)),
        ("StudentEnrollment.csv", roster(&Role::Student)),
        ("TeacherRoster.csv", roster(&Role::Teacher)),
    ]
}

/// Each person has one role here: that of the first affiliation that is no contact's.
pub(super) fn v2(district: &District) -> Files {
    let mut users = Sheet::new("sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade");
    for person in with_role(district, |role| !role.is_contact()) {
        let mut roles = person.affiliations.iter().map(|it| &it.role).filter(|role| !role.is_contact());
        // Who teaches and has another role beside it has seats as a teacher.
        let is_teacher = person.has_role(&Role::Teacher);
        let Some(role) = (if is_teacher { Some(&Role::Teacher) } else { roles.next() }) else { continue };
        let mut orgs: Vec<_> = schools(person, role).filter(|org| !org.is_empty()).collect();
        orgs.dedup();
        let role_word = match role {
            Role::Student => "Student",
            Role::Teacher => "Teacher",
            other => other.as_str(),
        };
        users.row([
            person.id.as_str(),
            &orgs.join(","),
            text(person.name.given.as_ref()),
            text(person.name.family.as_ref()),
            text(person.username.as_ref()),
            "secret-1",
            role_word,
            if *role == Role::Student { grade(person) } else { "" },
        ]);
    }
    let mut classes = Sheet::new("sourcedId,orgSourcedId,title");
    for class in &district.classes {
        classes.row([class.id.as_str(), class.org.as_deref().unwrap_or(""), &class.title]);
    }
    vec![
        ("orgs.csv", v2_orgs(district)),
        ("users.csv", users),
        ("classes.csv", classes),
        ("enrollments.csv", v2_enrollments(district)),
    ]
}

fn v2_orgs(district: &District) -> Sheet {
    let mut orgs = Sheet::new("sourcedId,name,type,parentSourcedId");
    for org in &district.orgs {
        orgs.row([org.id.as_str(), &org.name, org.org_type.as_str(), org.parent.as_deref().unwrap_or("")]);
    }
    orgs
}

fn v2_enrollments(district: &District) -> Sheet {
    let mut enrollments = Sheet::new("classSourcedId,userSourcedId,role");
    for seat in &district.enrollments {
        enrollments.row([seat.class.as_str(), seat.person.as_str(), seat.role.as_str()]);
    }
    enrollments
}

/// `schoolYear` is the year in which it begins here; the day of an end is the last one.
fn v2_sessions(district: &District) -> Sheet {
    let mut sessions = Sheet::new("sourcedId,title,type,schoolYear,startDate,endDate");
    let day =
        |date: Option<roster_core::jiff::civil::Date>| date.map_or_else(String::new, |date| date.to_string());
    for session in &district.sessions {
        let year = session.begin.map_or_else(String::new, |begin| begin.year().to_string());
        sessions.row([
            session.id.as_str(),
            &session.title,
            session.session_type.as_str(),
            &year,
            &day(session.begin),
            &day(session.end),
        ]);
    }
    sessions
}

fn v2_courses(district: &District) -> Sheet {
    let mut courses = Sheet::new("sourcedId,orgSourcedId,title,code,schoolYearSourcedId,subject,grade");
    for course in &district.courses {
        courses.row([
            course.id.as_str(),
            course.org.as_deref().unwrap_or(""),
            &course.title,
            text(course.code.as_ref()),
            course.session.as_deref().unwrap_or(""),
            course.subjects.first().and_then(|subject| subject.name.as_deref()).unwrap_or(""),
            course.grades.first().map_or("", |grade| &grade.raw),
        ]);
    }
    courses
}

pub(super) fn v2_1(district: &District) -> Files {
    let mut users =
        Sheet::new("sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms");
    let mut roles = Sheet::new(
        "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate",
    );
    for person in with_role(district, |role| !role.is_contact()) {
        users.row([
            person.id.as_str(),
            text(person.username.as_ref()),
            text(person.name.given.as_ref()),
            text(person.name.family.as_ref()),
            "secret-1",
            "",
            text(person.email.as_ref()),
            "",
            "",
        ]);
        for affiliation in person.affiliations.iter().filter(|affiliation| !affiliation.role.is_contact()) {
            let org = affiliation.org.as_deref().unwrap_or("");
            let grade = if affiliation.role == Role::Student { grade(person) } else { "" };
            roles.row([person.id.as_str(), org, affiliation.role.as_str(), "", grade, "", "", ""]);
        }
    }
    let mut classes = Sheet::new("sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId");
    for class in &district.classes {
        let sessions: Vec<_> = class.sessions.iter().map(roster_core::SourcedId::as_str).collect();
        classes.row([
            class.id.as_str(),
            class.org.as_deref().unwrap_or(""),
            &class.title,
            &sessions.join(","),
            class.course.as_deref().unwrap_or(""),
        ]);
    }
    vec![
        ("orgs.csv", v2_orgs(district)),
        ("academicSessions.csv", v2_sessions(district)),
        ("courses.csv", v2_courses(district)),
        ("users.csv", users),
        ("roles.csv", roles),
        ("classes.csv", classes),
        ("enrollments.csv", v2_enrollments(district)),
    ]
}
