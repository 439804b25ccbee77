//! Teachers and those who lead and counsel; some at two schools, some in two roles.

use roster_core::{
    AccountState, Affiliation, Identifier, IdentifierScheme, LabeledText, Person, Role, SourcedId,
    jiff::civil::Date,
};

use super::{District, School, school_of};
use crate::district::{
    names::{FAMILY, Sex, plain},
    rng::Rng,
};

/// Schools of this size have a counselor.
const COUNSELED: usize = 200;

pub(super) fn staff(district: &mut District, schools: &mut [School]) {
    let mut desk = Desk {
        prefix: district.spec.prefix(),
        domain: district.spec.domain(),
        seed: district.spec.seed,
        people: Vec::new(),
    };
    let mut students = vec![0_usize; schools.len()];
    for student in 0..district.spec.students {
        if let Some(count) = students.get_mut(school_of(student, schools.len())) {
            *count += 1;
        }
    }

    if let Some(org) = district.orgs.first() {
        desk.hire(&[(Role::DistrictAdministrator, &org.id, "Superintendent")]);
    }
    let ids: Vec<SourcedId> = schools.iter().map(|school| school.id.clone()).collect();
    // The next school, for those who work at two; there is none if there is but one school.
    let other = |school: usize| ids.get((school + 1) % ids.len()).filter(|_| ids.len() > 1);
    let mut visiting = Vec::new();
    let mut number = 0;
    for (school, students) in schools.iter_mut().zip(students) {
        let here = &school.id;
        desk.hire(&[(Role::Principal, here, "Principal")]);
        if students >= COUNSELED {
            desk.hire(&[(Role::Counselor, here, "Counselor")]);
        }
        let teachers = students.div_ceil(district.spec.students_per_teacher).max(2);
        for _ in 0..teachers {
            let second = match (number % 12, other(school.number)) {
                (1, Some(there)) => Some((Role::Teacher, there, "Traveling Teacher")),
                (2, Some(there)) => Some((Role::Aide, there, "Classroom Aide")),
                (3, Some(there)) => Some((Role::SiteAdministrator, there, "Data Manager")),
                (5, _) => Some((Role::Counselor, here, "Advisor")),
                _ => None,
            };
            let first = (Role::Teacher, here, "Teacher");
            let roles: Vec<_> = [Some(first), second.clone()].into_iter().flatten().collect();
            let id = desk.hire(&roles);
            if let Some((Role::Teacher, there, _)) = second {
                visiting.push((there.clone(), id.clone()));
            }
            school.teachers.push(id);
            number += 1;
        }
    }
    for (there, teacher) in visiting {
        if let Some(school) = schools.iter_mut().find(|school| school.id == there) {
            school.teachers.push(teacher);
        }
    }
    district.people.append(&mut desk.people);
}

struct Desk {
    prefix: String,
    domain: String,
    seed: u64,
    people: Vec<Person>,
}

impl Desk {
    fn hire(&mut self, roles: &[(Role, &SourcedId, &str)]) -> SourcedId {
        let number = self.people.len() + 1;
        let mut rng = Rng::of(self.seed, "staff", number);
        let sex = Sex::any(&mut rng);
        let (given, family) = (sex.given(&mut rng), rng.word(FAMILY));
        let id = SourcedId::from(format!("{}2{number:06}", self.prefix));
        let initial: String = plain(given).chars().take(1).collect();
        let login = format!("{initial}{}{number}", plain(family));

        let mut person = Person::new(id.clone());
        person.name.given = Some(given.to_owned());
        person.name.family = Some(family.to_owned());
        if number % 4 == 1 {
            person.name.prefix = Some("Dr.".to_owned());
        }
        person.email = Some(format!("{login}@{}", self.domain));
        person.account = AccountState::Active;
        person.identifiers = vec![
            Identifier::new(IdentifierScheme::SisId, format!("02{number:06}")),
            Identifier::new(IdentifierScheme::StaffNumber, format!("{:06}", 400 + number * 7)),
        ];
        if number.is_multiple_of(3) {
            let account = Identifier::new(IdentifierScheme::Other("learnhub".to_owned()), login.clone());
            person.identifiers.push(account);
        }
        person.username = Some(login);
        let phone = format!("312-555-{:04}", 100 + rng.below(100));
        person.sensitive_mut().phones = vec![LabeledText { label: Some("work".to_owned()), value: phone }];
        let hired = hiring_day(&mut rng);
        for (role, org, title) in roles {
            let mut affiliation = Affiliation::new(role.clone(), Some((*org).clone()));
            // One role at each school is the main one there.
            affiliation.primary = Some(!has_role_at(&person, org));
            affiliation.begin = hired;
            affiliation.title = Some((*title).to_owned());
            person.affiliations.push(affiliation);
        }
        self.people.push(person);
        id
    }
}

fn hiring_day(rng: &mut Rng) -> Option<Date> {
    let years = i16::try_from(rng.below(20)).unwrap_or(0);
    Date::new(2025 - years, 8, 1).ok()
}

pub(super) fn has_role_at(person: &Person, org: &SourcedId) -> bool {
    let mut orgs = person.affiliations.iter().map(|affiliation| &affiliation.org);
    orgs.any(|at| at.as_ref() == Some(org))
}
