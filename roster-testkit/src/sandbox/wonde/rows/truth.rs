//! What a host must be told of a school.

use roster_core::{
    AcademicSession, Affiliation, Class, Course, Enrollment, Org, OrgType, Person, Record, Relationship,
    Role, SessionType, SourcedId,
};

use super::{super::british::number_of, Writer};

impl Writer<'_> {
    /// What a host must be told: ids, and what decides about a scope.
    pub(super) fn records(&self) -> Vec<Record> {
        let school = SourcedId::from(self.facts.id.as_str());
        let mut records: Vec<Record> =
            vec![Org::new(school.clone(), OrgType::School, self.facts.name.clone()).into()];
        if self.facts.has_campus {
            let mut campus = Org::new(self.campus_id(), OrgType::Campus, "Lower Site");
            campus.parent = Some(school.clone());
            records.push(campus.into());
        }
        records.push(AcademicSession::new(self.session(), SessionType::SchoolYear, "year").into());
        records.extend(self.roll.courses.iter().map(|course| {
            let mut told = Course::new(self.making.id('j', &course.id), course.title.clone());
            told.org = Some(school.clone());
            Record::from(told)
        }));
        let taught = if self.making.registration_only { &self.roll.forms } else { &self.roll.classes };
        for class in taught {
            let id = SourcedId::from(self.class_id(class));
            let mut told = Class::new(id.clone(), class.title.clone());
            told.org = Some(school.clone());
            records.push(told.into());
            let teachers = self.teachers(class);
            let staff = self.roll.employees.iter().filter(|person| teachers.contains(&person.id));
            let seat =
                |person: String, role| Record::from(Enrollment::from_parts(id.clone(), person.into(), role));
            records.extend(staff.map(|person| seat(self.employee_id(person), Role::Teacher)));
            records.extend(
                self.learners(class).into_iter().map(|person| seat(self.student_id(person), Role::Student)),
            );
        }
        let person = |id: String, role: Role, campus: Option<String>| {
            let mut told = Person::new(id);
            told.affiliations = vec![Affiliation::new(role.clone(), Some(school.clone()))];
            told.affiliations.extend(campus.map(|campus| Affiliation::new(role, Some(campus.into()))));
            Record::from(told)
        };
        for student in &self.roll.students {
            records.push(person(self.student_id(student), Role::Student, self.campus_of(number_of(student))));
            let ties = self.district.relationships.iter().filter(|tie| tie.student == student.id);
            for tie in ties {
                let contact = self.making.id('c', &tie.contact);
                records
                    .push(Relationship::from_parts(self.student_id(student).into(), contact.into()).into());
            }
        }
        records
            .extend(self.roll.employees.iter().map(|one| person(self.employee_id(one), Role::Staff, None)));
        records
            .extend(self.roll.contacts.iter().map(|one| person(self.contact_id(one), Role::Contact, None)));
        records
    }

    fn session(&self) -> SourcedId {
        let today = self.now.to_string();
        let number = |from: usize, to: usize| {
            today.get(from..to).and_then(|text| text.parse::<i16>().ok()).unwrap_or_default()
        };
        let (this_year, month) = (number(0, 4), number(5, 7));
        let title = if self.facts.country == "AUS" {
            this_year.to_string()
        } else {
            let first = if month >= 9 { this_year } else { this_year - 1 };
            format!("{first}-{}", first + 1)
        };
        SourcedId::from_parts([self.facts.id.as_str(), title.as_str()])
    }
}
