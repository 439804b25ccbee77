use roster_core::{FieldSet, Person, PersonField as Field};

use super::Reading;
use crate::wire;

/// Where a person is known from a course alone, this much can be seen.
pub(crate) fn profile_fields() -> FieldSet {
    FieldSet::of([Field::Given, Field::Family, Field::Full, Field::Email])
}

/// What Google puts in the place of a name that it does not tell.
const NOBODY: &str = "Unknown user";

/// What a name says. What it does not is unknown, not empty: a name may be withheld.
pub(super) fn name(name: Option<&wire::Name<'_>>, person: &mut Person, reading: &mut Reading<'_>) {
    let Some(name) = name.filter(|name| name.full_name.get() != Some(NOBODY)) else {
        reading.unseen = reading.unseen.union(FieldSet::of([Field::Given, Field::Family, Field::Full]));
        return;
    };
    person.name.given = reading.field("givenName", &name.given_name, Field::Given);
    person.name.family = reading.field("familyName", &name.family_name, Field::Family);
    person.name.full = reading.field("fullName", &name.full_name, Field::Full);
}

/// A person as a course or a guardian's link shows one.
pub(super) fn person(
    id: &str,
    profile: &wire::Maybe<wire::Profile<'_>>,
    reading: &mut Reading<'_>,
) -> Person {
    let mut person = Person::new(id);
    if profile.is_odd() {
        reading.odd("profile");
    }
    let profile = profile.get();
    if profile.is_some_and(|profile| profile.name.is_odd()) {
        reading.odd("profile.name");
    }
    name(profile.and_then(|profile| profile.name.get()), &mut person, reading);
    person.email =
        profile.and_then(|profile| reading.email("emailAddress", &profile.email_address, Field::Email));
    if person.email.is_none() {
        reading.unseen = reading.unseen.with(Field::Email);
    }
    person
}
