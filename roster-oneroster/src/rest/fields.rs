//! Which fields are chosen, where a server lets us: those of people that nobody asked for must not even travel.

use roster_core::SensitiveField;

use super::{collection::Collection, map::Wants};
use crate::Version;

/// What every row has.
const HEAD: &[&str] = &["sourcedId", "status", "dateLastModified"];

/// What a user has in both versions.
const USER: &[&str] = &[
    "username",
    "userIds",
    "enabledUser",
    "givenName",
    "familyName",
    "middleName",
    "identifier",
    "email",
    "grades",
];

/// What a user has in 1.1 alone.
const USER_1_1: &[&str] = &["role", "orgs"];

/// What a user has in 1.2 alone.
const USER_1_2: &[&str] = &[
    "userMasterIdentifier",
    "preferredFirstName",
    "preferredMiddleName",
    "preferredLastName",
    "pronouns",
    "roles",
    "userProfiles",
    "primaryOrg",
];

/// What demographics have for statistics.
const STATISTICS: &[&str] = &[
    "americanIndianOrAlaskaNative",
    "asian",
    "blackOrAfricanAmerican",
    "nativeHawaiianOrOtherPacificIslander",
    "white",
    "demographicRaceTwoOrMoreRaces",
    "hispanicOrLatinoEthnicity",
    "countryOfBirthCode",
    "stateOfBirthAbbreviation",
    "cityOfBirth",
    "publicSchoolResidenceStatus",
];

/// The fields to be chosen of a collection, in the form of the query; `None` where nothing is left out by a choice. Whoever
/// wants fields that the model has no place for wants them all.
pub(crate) fn chosen(collection: Collection, wants: &Wants, version: Version, mixed: bool) -> Option<String> {
    if wants.extra {
        return None;
    }
    let sees = |field| wants.sees(field);
    let parts: Vec<&[&str]> = match collection {
        Collection::Users => vec![
            HEAD,
            USER,
            if mixed || version == Version::V1_1 { USER_1_1 } else { &[] },
            if mixed || version == Version::V1_2 { USER_1_2 } else { &[] },
            if sees(SensitiveField::Phones) { &["sms", "phone"] } else { &[] },
            if sees(SensitiveField::Contacts) { &["agents"] } else { &[] },
        ],
        Collection::Demographics => vec![
            HEAD,
            if sees(SensitiveField::BirthDate) { &["birthDate"] } else { &[] },
            if sees(SensitiveField::Gender) { &["sex"] } else { &[] },
            if sees(SensitiveField::Demographics) { STATISTICS } else { &[] },
        ],
        _ => return None,
    };
    Some(parts.concat().join(","))
}

#[cfg(test)]
mod tests {
    use roster_core::DemographicField;

    use super::*;
    use crate::rest::wire;

    #[test]
    fn what_nobody_asked_for_is_not_chosen() {
        let mut wants = Wants::default();
        let users = |wants: &Wants, version, mixed| chosen(Collection::Users, wants, version, mixed).unwrap();
        let plain = users(&wants, Version::V1_1, false);
        assert!(plain.ends_with(",grades,role,orgs"), "{plain}");
        assert!(["phone", "sms", "agents", "password", "metadata"].iter().all(|key| !plain.contains(key)));
        assert!(users(&wants, Version::V1_2, false).ends_with(",userProfiles,primaryOrg"));
        assert!(users(&wants, Version::V1_2, true).contains(",role,orgs,"));
        wants.sensitive = [SensitiveField::Phones, SensitiveField::Gender].into();
        assert!(users(&wants, Version::V1_1, false).ends_with(",orgs,sms,phone"));
        let facts = chosen(Collection::Demographics, &wants, Version::V1_1, false);
        assert_eq!(facts.as_deref(), Some("sourcedId,status,dateLastModified,sex"));
        assert_eq!(chosen(Collection::Orgs, &wants, Version::V1_1, false), None);
        wants.extra = true;
        assert_eq!(chosen(Collection::Users, &wants, Version::V1_1, false), None);
    }

    #[test]
    fn what_is_chosen_is_read() {
        let all = [USER, USER_1_1, USER_1_2].concat();
        assert!(all.iter().all(|key| wire::User::KEYS.contains(key)));
        assert!(STATISTICS.iter().all(|key| DemographicField::read(key).is_known()));
    }
}
