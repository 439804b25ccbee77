use roster_core::{Enrollment, EntityKind, FieldSet, Person, Problem, Role, SourcedId};

use super::{
    Reading, Row, Spot,
    profile::{person, profile_fields},
    without_id,
};
use crate::wire;

/// A student or teacher of a course, mapped.
pub(crate) struct Member {
    pub(crate) seat: Enrollment,
    /// The person, as the course shows one.
    pub(crate) person: Person,
    /// What of the person can't be seen here.
    pub(crate) unseen: FieldSet,
    /// About the person.
    pub(crate) problems: Vec<Problem>,
}

/// A row of `students` or `teachers`. A person is what the course makes of one, and no more: who teaches here may study there.
pub(crate) fn member(
    wire: &wire::Member<'_>,
    course: &SourcedId,
    role: &Role,
    owner: Option<&SourcedId>,
    spot: &Spot,
) -> Row<Member> {
    // `userId` counts: in some hand-made data the profile has another id.
    let by_profile = wire.profile.get().and_then(|profile| profile.id.get());
    let Some(id) = wire.user_id.get().or(by_profile) else { return without_id(spot, "userId") };
    let of_person = Spot { kind: EntityKind::Person, ..spot.clone() };
    let mut reading = Reading::new(id, &of_person);
    let person = person(id, &wire.profile, &mut reading);
    let mut seat = Enrollment::from_parts(course.clone(), id.into(), role.clone());
    if *role == Role::Teacher {
        seat.primary = owner.map(|owner| owner.as_str() == id);
    }
    let Reading { problems, unseen, .. } = reading;
    let unseen = FieldSet::all(EntityKind::Person).minus(profile_fields()).union(unseen);
    Row::Read(Member { seat, person, unseen, problems })
}
