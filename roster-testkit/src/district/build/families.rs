//! Families: pupils who are siblings, and the adults who matter to them.

use std::collections::BTreeSet;

use roster_core::{
    AccountState, Address, Affiliation, ContactKind, LabeledText, Person, Relationship, Role, SourcedId,
};

use super::{District, DistrictSpec, Pupil, School, Seated, school_of, staff::has_role_at};
use crate::district::{
    names::{FAMILY, GIVEN_FEMALE, HARD_FAMILY, HARD_GIVEN, STREETS, Sex, plain},
    rng::Rng,
};

/// The families that have something particular whatever the seed, so that the smallest district has it.
const OF_A_TEACHER: usize = 0;
const WITH_SHARED_EMAIL: usize = 1;
const WITH_SINGLE_NAME: usize = 4;
const LAST_PARTICULAR: usize = 5;

/// One of how many families is a teacher's.
const TEACHERS_FAMILIES: usize = 40;

pub(super) fn families(district: &mut District, schools: &mut [School]) {
    let spec = district.spec.clone();
    let domain = spec.domain();
    let (mut student, mut contacts) = (0, 0);
    for number in 0.. {
        if student >= spec.students {
            break;
        }
        let mut rng = Rng::of(spec.seed, "family", number);
        let single_name = spec.single_names && number == WITH_SINGLE_NAME;
        let size = match (number, rng.below(10)) {
            (OF_A_TEACHER | WITH_SHARED_EMAIL, _) => 2,
            _ if single_name => 1,
            (_, 0..6) => 1,
            (_, 6..9) => 2,
            _ => 3,
        };
        let name = HARD_FAMILY.get(number).copied().unwrap_or_else(|| rng.word(FAMILY));
        let shares = spec.siblings_share_email
            && size > 1
            && number != OF_A_TEACHER
            && (number == WITH_SHARED_EMAIL || rng.chance(25));
        let shared_email = shares.then(|| parent_address(name, "family", number + 1));

        let mut children = Vec::with_capacity(size);
        for index in student..spec.students.min(student + size) {
            let Some(school) = schools.get_mut(school_of(index, spec.schools)) else {
                break;
            };
            let mut rng = Rng::of(spec.seed, "student", index);
            let (given, sex) = HARD_GIVEN.get(index).copied().unwrap_or_else(|| {
                let sex = Sex::any(&mut rng);
                (sex.given(&mut rng), sex)
            });
            let grades = school.level.grades();
            let pupil = Pupil {
                number: index + 1,
                id: format!("{}1{:06}", spec.prefix(), index + 1).into(),
                given,
                family: (!single_name).then_some(name),
                sex,
                school: &school.id,
                grade: grades.get(school.pupils.len() % grades.len()).copied().unwrap_or("UG"),
                domain: &domain,
            };
            let mut person = pupil.record(&mut rng);
            if shared_email.is_some() {
                person.email.clone_from(&shared_email);
            }
            children.push((person.id.clone(), school.id.clone()));
            school.pupils.push(Seated { id: person.id.clone(), grade: pupil.grade });
            district.people.push(person);
        }
        student += size;

        let on_file = number < LAST_PARTICULAR && spec.families_with_contacts > 0
            || rng.chance(spec.families_with_contacts);
        if on_file {
            let family = Family { number, name, shared_email, children };
            family.contacts(district, schools, &mut rng, &mut contacts);
        }
    }
}

/// An address of a provider that the district has nothing to do with.
pub(in super::super) fn parent_address(family: &str, given: &str, number: usize) -> String {
    format!("{}.{}{number}@mail.example", plain(given), plain(family))
}

struct Family {
    number: usize,
    name: &'static str,
    shared_email: Option<String>,
    children: Vec<(SourcedId, SourcedId)>,
}

/// What an adult is to a family.
struct Tie {
    role: Role,
    relation: &'static str,
    kinds: &'static [ContactKind],
    lives_with: Option<bool>,
}

impl Family {
    fn contacts(&self, district: &mut District, schools: &[School], rng: &mut Rng, contacts: &mut usize) {
        let of_teacher = self.number == OF_A_TEACHER
            || self.number >= LAST_PARTICULAR && rng.below(TEACHERS_FAMILIES) == 0;
        for (index, tie) in self.ties(of_teacher, rng).into_iter().enumerate() {
            let teacher = (of_teacher && index == 0)
                .then(|| rng.pick(schools).and_then(|school| rng.pick(&school.teachers)))
                .flatten();
            // Staff stand before all others, so that this does not search long.
            let known = teacher.and_then(|id| district.people.iter_mut().find(|person| person.id == *id));
            let adult = if let Some(person) = known {
                self.join(person, &tie.role);
                person.id.clone()
            } else {
                *contacts += 1;
                let mut person = self.adult(&district.spec, *contacts, index, rng);
                self.join(&mut person, &tie.role);
                let id = person.id.clone();
                district.people.push(person);
                id
            };
            for (child, _) in &self.children {
                let mut relationship = Relationship::from_parts(child.clone(), adult.clone());
                relationship.relation = Some(tie.relation.to_owned());
                relationship.kinds = tie.kinds.iter().copied().collect::<BTreeSet<_>>();
                relationship.priority = u32::try_from(index + 1).ok();
                relationship.parental_responsibility = Some(tie.kinds.contains(&ContactKind::Guardian));
                relationship.lives_with = tie.lives_with;
                district.relationships.push(relationship);
            }
        }
    }

    fn ties(&self, of_teacher: bool, rng: &mut Rng) -> Vec<Tie> {
        use ContactKind::{Emergency, Family, Guardian, Primary, Secondary};

        let guardian = Tie {
            role: Role::Guardian,
            relation: "foster carer",
            kinds: &[Guardian],
            lives_with: Some(true),
        };
        let mut ties = if self.number == WITH_SHARED_EMAIL || !of_teacher && rng.chance(20) {
            vec![guardian]
        } else {
            vec![Tie {
                role: Role::Parent,
                relation: "mother",
                kinds: &[Guardian, Family, Primary, Emergency],
                lives_with: Some(true),
            }]
        };
        if rng.chance(40) {
            ties.push(Tie {
                role: Role::Parent,
                relation: "father",
                // Has the care of the child, and is not to be called.
                kinds: &[Guardian, Family],
                lives_with: Some(false),
            });
        }
        if self.number == WITH_SHARED_EMAIL || rng.chance(25) {
            ties.push(Tie {
                role: Role::Relative,
                relation: "grandmother",
                kinds: &[Emergency, Secondary],
                lives_with: None,
            });
        }
        ties
    }

    fn adult(&self, spec: &DistrictSpec, number: usize, index: usize, rng: &mut Rng) -> Person {
        let sex = if index == 1 { Sex::Male } else { Sex::Female };
        let given = if index == 2 { rng.word(GIVEN_FEMALE) } else { sex.given(rng) };
        let mut person = Person::new(format!("{}3{number:06}", spec.prefix()));
        person.name.given = Some(given.to_owned());
        person.name.family = Some(self.name.to_owned());
        person.username = Some(format!("{}.{}.c{number}", plain(given), plain(self.name)));
        person.account = AccountState::Active;
        person.email = match &self.shared_email {
            Some(shared) if index == 0 => Some(shared.clone()),
            _ => Some(parent_address(self.name, given, number)),
        };
        let phone = |label: &str, value| LabeledText { label: Some(label.to_owned()), value };
        let sensitive = person.sensitive_mut();
        sensitive.phones = vec![phone("mobile", format!("312-555-{:04}", 100 + rng.below(100)))];
        if rng.chance(50) {
            let home = phone("home", format!("872-555-{:04}", 100 + rng.below(100)));
            sensitive.phones.push(home);
        }
        if index == 0 {
            sensitive.addresses = vec![Address {
                label: Some("home".to_owned()),
                lines: vec![format!("{} {}", 1 + rng.below(900), rng.word(STREETS))],
                city: Some("Lincoln Falls".to_owned()),
                state: Some("IL".to_owned()),
                postal_code: Some("00417".to_owned()),
                country: None,
            }];
        }
        person
    }

    /// An adult belongs to the schools of the family's children.
    fn join(&self, person: &mut Person, role: &Role) {
        for (_, school) in &self.children {
            let mut affiliation = Affiliation::new(role.clone(), Some(school.clone()));
            affiliation.primary = Some(!has_role_at(person, school));
            let mut known = person.affiliations.iter();
            if !known.any(|known| known.role == *role && known.org == affiliation.org) {
                person.affiliations.push(affiliation);
            }
        }
    }
}
