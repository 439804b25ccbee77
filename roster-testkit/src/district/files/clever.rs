//! What a school's system uploads to Clever.

use roster_core::{Class, IdentifierScheme, OrgType, Person, Role};

use super::{Files, Sheet, grade, identifier, schools, seats, text, with_role};
use crate::district::District;

pub(super) fn files(district: &District) -> Files {
    vec![
        ("schools.csv", orgs(district)),
        ("students.csv", students(district)),
        ("teachers.csv", teachers(district)),
        ("staff.csv", staff(district)),
        ("sections.csv", sections(district)),
        ("enrollments.csv", enrollments(district)),
    ]
}

fn orgs(district: &District) -> Sheet {
    let mut sheet = Sheet::new("School_id,School_name,School_number");
    for org in district.orgs.iter().filter(|org| org.org_type == OrgType::School) {
        sheet.row([org.id.as_str(), &org.name, &org.id]);
    }
    sheet
}

/// A row for each school of a pupil, and for each contact.
fn students(district: &District) -> Sheet {
    let mut sheet = Sheet::new(
        "School_id,Student_id,Last_name,First_name,Student_number,Middle_name,Grade,Student_email,Username,Password,\
         Contact_relationship,Contact_type,Contact_name,Contact_phone,Contact_email,Contact_sis_id",
    );
    for person in with_role(district, |role| *role == Role::Student) {
        let of_pupil = district.relationships.iter().filter(|it| it.student == person.id);
        let contacts: Vec<_> = of_pupil
            .filter_map(|it| Some((it, district.people.iter().find(|other| other.id == it.contact)?)))
            .collect();
        for school in schools(person, &Role::Student) {
            let number = identifier(person, &IdentifierScheme::StudentNumber);
            let own = [
                school,
                person.id.as_str(),
                text(person.name.family.as_ref()),
                text(person.name.given.as_ref()),
                number,
                text(person.name.middle.as_ref()),
                grade(person),
                text(person.email.as_ref()),
                text(person.username.as_ref()),
                "secret-1",
            ];
            for (relation, contact) in &contacts {
                let name = full(contact);
                let relation = [
                    text(relation.relation.as_ref()),
                    "",
                    &name,
                    "",
                    text(contact.email.as_ref()),
                    contact.id.as_str(),
                ];
                sheet.row(own.into_iter().chain(relation));
            }
            if contacts.is_empty() {
                sheet.row(own.into_iter().chain([""; 6]));
            }
        }
    }
    sheet
}

fn full(person: &Person) -> String {
    let parts = [&person.name.given, &person.name.family];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn teachers(district: &District) -> Sheet {
    let mut sheet = Sheet::new("School_id,Teacher_id,First_name,Last_name,Teacher_email,Username,Password");
    for person in with_role(district, |role| *role == Role::Teacher) {
        for school in schools(person, &Role::Teacher) {
            sheet.row([
                school,
                person.id.as_str(),
                text(person.name.given.as_ref()),
                text(person.name.family.as_ref()),
                text(person.email.as_ref()),
                text(person.username.as_ref()),
                "secret-1",
            ]);
        }
    }
    sheet
}

/// Who works for a school and does not teach.
fn staff(district: &District) -> Sheet {
    let mut sheet = Sheet::new("School_id,Staff_id,Staff_email,First_name,Last_name,Title,Username");
    for person in with_role(district, Role::is_staff).filter(|person| !person.has_role(&Role::Teacher)) {
        for affiliation in person.affiliations.iter().filter(|affiliation| affiliation.role.is_staff()) {
            sheet.row([
                affiliation.org.as_deref().unwrap_or(""),
                person.id.as_str(),
                text(person.email.as_ref()),
                text(person.name.given.as_ref()),
                text(person.name.family.as_ref()),
                text(affiliation.title.as_ref()),
                text(person.username.as_ref()),
            ]);
        }
    }
    sheet
}

fn sections(district: &District) -> Sheet {
    let further: Vec<_> = (2..=10).map(|number| format!("Teacher_{number}_id")).collect();
    let mut sheet = Sheet::new(&format!(
        "School_id,Section_id,Teacher_id,{},Name,Section_number,Grade,Course_name,Course_number,Period,Term_name,Term_start,Term_end",
        further.join(",")
    ));
    for class in &district.classes {
        let mut teachers: Vec<_> =
            seats(district, &Role::Teacher).filter(|seat| seat.class == class.id).collect();
        teachers.sort_by_key(|seat| (seat.primary != Some(true), &seat.person));
        let mut ids: Vec<&str> = teachers.iter().map(|seat| seat.person.as_str()).collect();
        ids.resize(10, "");
        let (course, term) = (course(district, class), term(district, class));
        let own = [class.org.as_deref().unwrap_or(""), class.id.as_str()];
        let rest = [
            class.title.as_str(),
            text(class.code.as_ref()),
            class.grades.first().map_or("", |grade| &grade.raw),
            &course[0],
            &course[1],
            class.periods.first().map_or("", String::as_str),
            &term[0],
            &term[1],
            &term[2],
        ];
        sheet.row(own.into_iter().chain(ids).chain(rest));
    }
    sheet
}

fn course(district: &District, class: &Class) -> [String; 2] {
    let course = district.courses.iter().find(|course| Some(&course.id) == class.course.as_ref());
    course.map_or_else(Default::default, |it| [it.title.clone(), it.code.clone().unwrap_or_default()])
}

/// Name and dates of a class's first term, the dates as they are written in the United States.
fn term(district: &District, class: &Class) -> [String; 3] {
    let term = district.sessions.iter().find(|session| class.sessions.first() == Some(&session.id));
    term.map_or_else(Default::default, |term| {
        let day = |date: Option<roster_core::jiff::civil::Date>| {
            date.map_or_else(String::new, |date| format!("{}/{}/{}", date.month(), date.day(), date.year()))
        };
        [term.title.clone(), day(term.begin), day(term.end)]
    })
}

fn enrollments(district: &District) -> Sheet {
    let mut sheet = Sheet::new("School_id,Section_id,Student_id");
    for seat in seats(district, &Role::Student) {
        let class = district.classes.iter().find(|class| class.id == seat.class);
        let school = class.and_then(|class| class.org.as_deref()).unwrap_or("");
        sheet.row([school, seat.class.as_str(), seat.person.as_str()]);
    }
    sheet
}
