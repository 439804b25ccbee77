//! OneRoster's words for ours, and which of several values a column has room for.

use roster_core::{
    AccountState, Affiliation, ClassType, DemographicField, Identifier, IdentifierScheme, LabeledText, Org,
    OrgType, Person, Role, SessionType, SourcedId,
};

use super::OneRosterVersion;

/// The columns of `demographics.csv` after birth date and sex, in their order.
pub(super) const DEMOGRAPHICS: [(&str, DemographicField); 11] = [
    ("americanIndianOrAlaskaNative", DemographicField::AmericanIndianOrAlaskaNative),
    ("asian", DemographicField::Asian),
    ("blackOrAfricanAmerican", DemographicField::BlackOrAfricanAmerican),
    ("nativeHawaiianOrOtherPacificIslander", DemographicField::NativeHawaiianOrOtherPacificIslander),
    ("white", DemographicField::White),
    ("demographicRaceTwoOrMoreRaces", DemographicField::TwoOrMoreRaces),
    ("hispanicOrLatinoEthnicity", DemographicField::HispanicOrLatino),
    ("countryOfBirthCode", DemographicField::CountryOfBirth),
    ("stateOfBirthAbbreviation", DemographicField::StateOfBirth),
    ("cityOfBirth", DemographicField::CityOfBirth),
    ("publicSchoolResidenceStatus", DemographicField::PublicSchoolResidenceStatus),
];

/// A person's role. 1.1 has eight words and no other; 1.2 takes others with `ext:`.
pub(super) fn role(role: &Role, version: OneRosterVersion) -> String {
    let word = match (role, version) {
        (Role::Student, _) => "student",
        (Role::Teacher, _) => "teacher",
        (Role::Aide, _) => "aide",
        (Role::Proctor, _) => "proctor",
        (Role::Guardian, _) => "guardian",
        (Role::Parent, _) => "parent",
        (Role::Relative | Role::Contact, _) => "relative",
        (
            Role::Administrator
            | Role::DistrictAdministrator
            | Role::SiteAdministrator
            | Role::SystemAdministrator
            | Role::Principal
            | Role::Counselor
            | Role::Staff,
            OneRosterVersion::V1_1,
        ) => "administrator",
        // 1.2 has no plain administrator.
        (Role::Administrator | Role::SiteAdministrator, OneRosterVersion::V1_2) => "siteAdministrator",
        (Role::DistrictAdministrator, OneRosterVersion::V1_2) => "districtAdministrator",
        (Role::SystemAdministrator, OneRosterVersion::V1_2) => "systemAdministrator",
        (Role::Principal, OneRosterVersion::V1_2) => "principal",
        (Role::Counselor, OneRosterVersion::V1_2) => "counselor",
        (Role::Staff, OneRosterVersion::V1_2) => "ext:staff",
        (other, _) => return other.as_str().to_owned(),
    };
    word.to_owned()
}

pub(super) fn org_type(org_type: &OrgType) -> &str {
    match org_type {
        OrgType::Campus => "school",
        other => other.as_str(),
    }
}

pub(super) fn session_type(session_type: &SessionType) -> &str {
    match session_type {
        SessionType::SchoolYear => "schoolYear",
        SessionType::GradingPeriod => "gradingPeriod",
        other => other.as_str(),
    }
}

pub(super) fn class_type(class_type: &ClassType) -> &str {
    match class_type {
        ClassType::Registration => "homeroom",
        other => other.as_str(),
    }
}

pub(super) const fn enabled(account: AccountState) -> bool {
    !matches!(account, AccountState::Suspended | AccountState::Archived)
}

/// What a reader is told of a person's roles.
///
/// In 1.1 that is one role in a list of orgs: the first that is no contact's, if there is one, and the orgs in which the
/// person is no contact. In 1.2 it is all of them, of which one at each org is the primary one.
pub(super) fn affiliations(person: &Person, version: OneRosterVersion) -> Vec<Affiliation> {
    let mut told: Vec<Affiliation> = Vec::with_capacity(person.affiliations.len());
    match version {
        OneRosterVersion::V1_1 => {
            let all = &person.affiliations;
            let only_contact = all.iter().all(|affiliation| affiliation.role.is_contact());
            let written = || all.iter().filter(|it| only_contact || !it.role.is_contact());
            for affiliation in written() {
                let first = written().next().unwrap_or(affiliation);
                let read = Role::read(&role(&first.role, version));
                told.push(Affiliation::new(read, affiliation.org.clone()));
            }
        }
        OneRosterVersion::V1_2 => {
            for affiliation in &person.affiliations {
                let is_primary_here =
                    |other: &&Affiliation| other.org == affiliation.org && other.primary == Some(true);
                let primary = affiliation.primary.unwrap_or_else(|| {
                    let stated = person.affiliations.iter().any(|other| is_primary_here(&other));
                    !stated && !told.iter().any(|other| is_primary_here(&other))
                });
                let read = Role::read(&role(&affiliation.role, version));
                let mut as_told = Affiliation::new(read, affiliation.org.clone());
                as_told.primary = Some(primary);
                as_told.begin = affiliation.begin;
                as_told.end = affiliation.end;
                told.push(as_told);
            }
        }
    }
    told.sort();
    told.dedup();
    told
}

/// The role by which a person is somebody's contact, as far as the version tells it.
pub(super) fn contact_role(person: &Person, version: OneRosterVersion) -> Option<Role> {
    let told = affiliations(person, version);
    let mut roles = told.into_iter().map(|affiliation| affiliation.role);
    roles.find(Role::is_contact)
}

/// The scheme of the one `identifier` that a row has room for.
pub(super) fn number_scheme(affiliations: &[Affiliation]) -> IdentifierScheme {
    if affiliations.iter().any(|affiliation| affiliation.role == Role::Student) {
        IdentifierScheme::StudentNumber
    } else if affiliations.iter().any(|affiliation| affiliation.role.is_staff()) {
        IdentifierScheme::StaffNumber
    } else {
        plain_identifier()
    }
}

/// The scheme of an `identifier` of which the format does not say what it is.
pub(super) fn plain_identifier() -> IdentifierScheme {
    IdentifierScheme::Other("identifier".to_owned())
}

pub(super) fn of_scheme<'a>(
    identifiers: &'a [Identifier],
    scheme: &'a IdentifierScheme,
) -> impl Iterator<Item = &'a str> {
    identifiers
        .iter()
        .filter(move |identifier| identifier.scheme == *scheme)
        .map(|identifier| identifier.value.as_str())
}

/// An org's number of the NCES, or the one without a scheme.
pub(super) fn org_identifier(org: &Org) -> Option<&str> {
    let mut identifiers = org.identifiers.iter();
    let found = identifiers.find(|identifier| {
        identifier.scheme == IdentifierScheme::Nces || identifier.scheme == plain_identifier()
    });
    found.map(|identifier| identifier.value.as_str())
}

/// Accounts in other systems: the system, and the log-in name there.
pub(super) fn accounts(person: &Person) -> impl Iterator<Item = (&str, &str)> {
    person.identifiers.iter().filter_map(|identifier| match &identifier.scheme {
        IdentifierScheme::Other(system) if system != "identifier" => {
            Some((system.as_str(), identifier.value.as_str()))
        }
        _ => None,
    })
}

/// The number for calls, and the number for text messages.
pub(super) fn phones(person: &Person) -> [Option<&str>; 2] {
    let phones = person.sensitive.as_ref().map(|sensitive| sensitive.phones.as_slice());
    let phones = phones.unwrap_or_default();
    let mobile = |phone: &&LabeledText| matches!(phone.label.as_deref(), Some("mobile" | "sms"));
    let call = phones.iter().find(|phone| !mobile(phone));
    [call, phones.iter().find(mobile)].map(|phone| phone.map(|phone| phone.value.as_str()))
}

/// On whose row a link between pupil and contact stands. Servers differ, and a reader must take either.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Both,
    Student,
    Contact,
}

impl Link {
    pub(super) fn of(student: &SourcedId, contact: &SourcedId) -> Self {
        let sum = |id: &SourcedId| id.bytes().map(u32::from).sum::<u32>();
        match (sum(student) + 3 * sum(contact)) % 5 {
            0 => Self::Student,
            1 => Self::Contact,
            _ => Self::Both,
        }
    }
}
