//! A roster in one file.

use std::collections::BTreeMap;

use roster_core::{Person, Role, SourcedId};

use super::{Files, Sheet, clever_id, grade, seats, text};
use crate::district::District;

pub(super) fn files(district: &District, with_ids: bool) -> Files {
    let mut header: Vec<&str> = "school_id,school_name,teacher_email,teacher_first_name,teacher_last_name,teacher_clever_id,class_id,\
        class_name,student_first_name,student_last_name,student_clever_id,student_email,student_grade_level"
        .split(',')
        .collect();
    if !with_ids {
        header.retain(|name| !name.ends_with("clever_id"));
    }
    let mut sheet = Sheet::new(&header.join(","));
    let people: BTreeMap<&SourcedId, &Person> = district.people.iter().map(|it| (&it.id, it)).collect();
    let of_class = |class: &SourcedId, role: &Role| {
        let of_class = seats(district, role).filter(|seat| seat.class == *class);
        let found: Vec<_> = of_class.filter_map(|seat| people.get(&seat.person).copied()).collect();
        // A class may be without teachers, or without pupils.
        if found.is_empty() { vec![None] } else { found.into_iter().map(Some).collect() }
    };
    for class in &district.classes {
        let org = district.orgs.iter().find(|org| Some(&org.id) == class.org.as_ref());
        for student in of_class(&class.id, &Role::Student) {
            for teacher in of_class(&class.id, &Role::Teacher) {
                let part = |person: Option<&Person>, part: fn(&Person) -> &str| {
                    person.map_or_else(String::new, |person| part(person).to_owned())
                };
                let of = |person: Option<&Person>| {
                    let id = person.map_or_else(String::new, |person| clever_id(&person.id));
                    let given = part(person, |it| text(it.name.given.as_ref()));
                    (
                        given,
                        part(person, |it| text(it.name.family.as_ref())),
                        id,
                        part(person, |it| text(it.email.as_ref())),
                    )
                };
                let (t_given, t_family, t_id, t_email) = of(teacher);
                let (s_given, s_family, s_id, s_email) = of(student);
                let grade = part(student, grade);
                let org = (org.map_or("", |org| org.id.as_str()), org.map_or("", |org| org.name.as_str()));
                let mut row = vec![org.0, org.1, t_email.as_str(), &t_given, &t_family];
                row.extend(with_ids.then_some(t_id.as_str()));
                row.extend([class.id.as_str(), &class.title, &s_given, &s_family]);
                row.extend(with_ids.then_some(s_id.as_str()));
                row.extend([s_email.as_str(), &grade]);
                sheet.row(row);
            }
        }
    }
    vec![("roster.csv", sheet)]
}
