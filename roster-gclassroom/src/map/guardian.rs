use roster_core::{
    Affiliation, ContactKind, EntityKind, FieldSet, Person, PersonField, Problem, Relationship, Role, codes,
};

use super::{
    Reading, Row, Spot,
    profile::{person, profile_fields},
    without_id,
};
use crate::wire;

/// A guardian of one student, mapped.
pub(crate) struct Guardian {
    pub(crate) relationship: Relationship,
    pub(crate) person: Person,
    /// What of the person can't be seen here.
    pub(crate) unseen: FieldSet,
    pub(crate) problems: Vec<Problem>,
}

/// A row of `guardians`.
pub(crate) fn guardian(wire: &wire::Guardian<'_>, spot: &Spot) -> Row<Guardian> {
    let Some(student) = wire.student_id.get() else { return without_id(spot, "studentId") };
    let Some(id) = wire.guardian_id.get() else { return without_id(spot, "guardianId") };
    let of_person = Spot { kind: EntityKind::Person, ..spot.clone() };
    let mut reading = Reading::new(id, &of_person);
    let mut person = person(id, &wire.guardian_profile, &mut reading);
    if person.email.is_none() && reading.problems.iter().all(|problem| problem.code != codes::BAD_EMAIL) {
        // The address to which the invitation went, which administrators see.
        person.email = reading.email("invitedEmailAddress", &wire.invited_email_address, PersonField::Email);
        if person.email.is_some() {
            reading.unseen = reading.unseen.without(PersonField::Email);
        }
    }
    person.affiliations.push(Affiliation::new(Role::Guardian, None));
    let mut relationship = Relationship::from_parts(student.into(), id.into());
    relationship.relation = Some(Role::Guardian.as_str().to_owned());
    relationship.kinds.insert(ContactKind::Guardian);
    let Reading { problems, unseen, .. } = reading;
    let seen = profile_fields().with(PersonField::Affiliations);
    let unseen = FieldSet::all(EntityKind::Person).minus(seen).union(unseen);
    Row::Read(Guardian { relationship, person, unseen, problems })
}
