use std::collections::BTreeSet;

use roster_core::{
    AccountState, Address, Affiliation, DemographicField, FieldSet, GradeLevel, Identifier, IdentifierScheme,
    LabeledText, Person, PersonField, Problem, Record, Role, SensitiveField, SourcedId, codes, decode,
    table::Holds,
};
use roster_oneroster::csv::{Status, user_ids};

use super::{Mapped, extra, status};
use crate::{address::is_address, clever_ids, excel::is_no_value, row::Row};

/// What other files say of a person, already read.
#[derive(Default)]
pub(crate) struct PersonSides {
    /// From a file of roles; `None` if the row itself has the role.
    pub(crate) affiliations: Option<Vec<Affiliation>>,
    /// Roles of that file that are gone.
    pub(crate) gone: Vec<Role>,
    /// Grades that stand beside the roles.
    pub(crate) grades: Vec<GradeLevel>,
    /// From a file of accounts.
    pub(crate) identifiers: Vec<Identifier>,
    /// From a file of demographics.
    pub(crate) demographics: Demographics,
    /// The files hold what changed, and none of the person's roles: what those are, the host knows or nobody.
    pub(crate) is_incomplete: bool,
    /// What those files should say of the person and can't.
    pub(crate) unseen: FieldSet,
}

/// What a file of demographics says of a person.
#[derive(Default)]
pub(crate) struct Demographics {
    birth_date: Option<roster_core::jiff::civil::Date>,
    gender: Option<String>,
    facts: Vec<(DemographicField, String)>,
}

/// A row of `users.csv`, with what the other files say.
pub(crate) fn person(
    row: &mut Row<'_>,
    with_extra: bool,
    sensitive: &BTreeSet<SensitiveField>,
    sides: PersonSides,
) -> Mapped {
    let status = status(row);
    if status == Status::ToBeDeleted {
        return Mapped::Delete;
    }
    row.findings.unseen = row.findings.unseen.union(sides.unseen);
    let with_contacts = sensitive.contains(&SensitiveField::Contacts);
    let mut affiliations = match sides.affiliations {
        Some(_) if sides.is_incomplete && !with_contacts => {
            return Mapped::Reject(crate::pull::incomplete().into());
        }
        Some(affiliations) if sides.is_incomplete => {
            row.findings.unseen = row.findings.unseen.with(PersonField::Affiliations);
            affiliations
        }
        Some(affiliations) if affiliations.is_empty() && sides.gone.is_empty() => {
            if let Err(problem) = without_role(row, with_contacts) {
                return Mapped::Reject(problem);
            }
            affiliations
        }
        Some(affiliations) => affiliations,
        None => own_affiliations(row),
    };
    if !with_contacts {
        let was_contact =
            affiliations.iter().map(|affiliation| &affiliation.role).chain(&sides.gone).all(Role::is_contact);
        let has_role = !(affiliations.is_empty() && sides.gone.is_empty());
        affiliations.retain(|affiliation| !affiliation.role.is_contact());
        if was_contact && has_role {
            return Mapped::Skip;
        }
    }
    prefer_org(row, &mut affiliations);
    // Filled where it will lie, as a seat is.
    let mut person = Box::new(Person::new(""));
    person.id.set(row.id);
    person.account = account(row, status);
    name(row, &mut person);
    person.username = row.text(Holds::PersonUsername);
    person.email = email(row);
    person.grades = row.grades(Holds::PersonGrades);
    person.grades.extend(sides.grades);
    person.graduation_year = row.year(Holds::GraduationYear);
    person.identifiers = identifiers(row, &affiliations);
    person.identifiers.extend(sides.identifiers);
    person.affiliations = affiliations;
    phones(row, sensitive, &mut person);
    address(row, sensitive, &mut person);
    add_demographics(sides.demographics, &mut person);
    if with_extra {
        person.extra = extra(row, true);
    }
    let mut record = Record::Person(person);
    record.normalize();
    Mapped::Record(record)
}

/// A person of whom the roles file says nothing. It may be a contact, whom a host that did not ask must not see.
fn without_role(row: &mut Row<'_>, with_contacts: bool) -> Result<(), Box<Problem>> {
    let message = "no row of the roles file is about this person";
    if !with_contacts {
        let message = format!("{message}: whether it is a contact can't be told, and it was left out");
        return Err(Problem::error(codes::MISSING_ROLE, message).into());
    }
    row.findings.unseen = row.findings.unseen.with(PersonField::Affiliations);
    let problem = row.locate(Problem::warning(codes::MISSING_ROLE, message));
    row.findings.problems.push(problem);
    Ok(())
}

/// The main org makes the affiliation with it the main one, where no row says that itself.
fn prefer_org(row: &mut Row<'_>, affiliations: &mut [Affiliation]) {
    let Some(org) = row.id(Holds::PersonPrimaryOrg) else { return };
    if affiliations.iter().all(|affiliation| affiliation.primary.is_none()) {
        let of_org = affiliations.iter_mut().filter(|affiliation| affiliation.org.as_ref() == Some(&org));
        of_org.for_each(|affiliation| affiliation.primary = Some(true));
    }
}

/// One role in all of the orgs, as OneRoster 1.1 has it.
pub(crate) fn own_affiliations(row: &mut Row<'_>) -> Vec<Affiliation> {
    let role = row.word(Holds::PersonRole, Role::read, Role::is_known);
    let role = role.unwrap_or_else(|| Role::Other(String::new()));
    let mut orgs = decode::list(row.value(Holds::PersonOrgs)).map(SourcedId::from);
    // Most people have one org.
    let mut affiliations = vec![Affiliation::new(role.clone(), orgs.next())];
    affiliations.extend(orgs.map(|org| Affiliation::new(role.clone(), Some(org))));
    affiliations
}

/// What a row of a roles file says.
enum SaidRole {
    /// A role that stands.
    Stands(Affiliation),
    /// A role that is gone.
    Gone(Role),
}

/// A row of `roles.csv`.
fn affiliation(row: &mut Row<'_>) -> SaidRole {
    let status = status(row);
    let role = row.word(Holds::AffiliationRole, Role::read, Role::is_known);
    let role = role.unwrap_or_else(|| Role::Other(String::new()));
    if matches!(status, Status::ToBeDeleted | Status::Inactive) {
        return SaidRole::Gone(role);
    }
    let mut affiliation = Affiliation::new(role, row.id(Holds::AffiliationOrg));
    affiliation.primary = match row.value(Holds::AffiliationPrimary) {
        "" => None,
        word if word.eq_ignore_ascii_case("primary") => Some(true),
        word if word.eq_ignore_ascii_case("secondary") => Some(false),
        word if decode::flag(word).is_some() => decode::flag(word).map(|read| read.value),
        _ => {
            let message = "the word is neither `primary` nor `secondary`; it was dropped";
            row.warn(Holds::AffiliationPrimary, codes::UNKNOWN_VALUE, message);
            None
        }
    };
    affiliation.begin = row.date(Holds::AffiliationBegin);
    affiliation.end = row.date(Holds::AffiliationEnd);
    affiliation.title = row.text(Holds::AffiliationTitle);
    SaidRole::Stands(affiliation)
}

/// `status` says nothing about `enabledUser`; an inactive record is one that was put away.
fn account(row: &mut Row<'_>, status: Status) -> AccountState {
    match row.flag(Holds::PersonEnabled) {
        _ if status == Status::Inactive => AccountState::Archived,
        Some(true) => AccountState::Active,
        Some(false) => AccountState::Suspended,
        None => AccountState::Unknown,
    }
}

fn name(row: &mut Row<'_>, person: &mut Person) {
    let name = &mut person.name;
    name.given = row.text(Holds::PersonGiven);
    name.middle = row.text(Holds::PersonMiddle);
    name.family = row.text(Holds::PersonFamily);
    name.preferred_given = row.text(Holds::PersonPreferredGiven);
    name.preferred_middle = row.text(Holds::PersonPreferredMiddle);
    name.preferred_family = row.text(Holds::PersonPreferredFamily);
    name.pronouns = row.text(Holds::PersonPronouns);
    name.full = row.text(Holds::PersonFull);
}

fn email(row: &mut Row<'_>) -> Option<String> {
    let value = row.value(Holds::PersonEmail);
    if value.is_empty() {
        return None;
    }
    if !is_address(value) {
        if is_no_value(value) {
            return row.text(Holds::PersonEmail);
        }
        row.drop(Holds::PersonEmail, codes::BAD_EMAIL, "the value is not an e-mail address; it was dropped");
        return None;
    }
    Some(value.to_owned())
}

fn identifiers(row: &mut Row<'_>, affiliations: &[Affiliation]) -> Vec<Identifier> {
    let mut identifiers = Vec::with_capacity(2);
    let mut bare = false;
    for (scheme, id) in user_ids(row.value(Holds::PersonUserIds)) {
        bare |= scheme.is_none();
        let scheme = scheme.map_or_else(|| other("userId"), IdentifierScheme::read);
        identifiers.push(Identifier::new(scheme, id));
    }
    if bare {
        row.warn(
            Holds::PersonUserIds,
            codes::BAD_IDENTIFIER,
            "an id is not written as `{type:id}`; it was kept",
        );
    }
    for (holds, scheme) in [
        (Holds::PersonStateId, IdentifierScheme::StateId),
        (Holds::StudentNumber, IdentifierScheme::StudentNumber),
        (Holds::StaffNumber, IdentifierScheme::StaffNumber),
        (Holds::PersonCleverId, IdentifierScheme::Clever),
    ] {
        if !row.is_empty(holds) {
            if holds == Holds::PersonCleverId && !clever_ids::is_clever_id(row.value(holds)) {
                let message =
                    "the value does not look as Clever's ids do; often it is the school system's own id";
                row.warn(holds, codes::LOOKS_LIKE_SIS_ID_NOT_CLEVER_ID, message);
            }
            identifiers.extend(row.text(holds).map(|value| Identifier::new(scheme, value)));
        }
    }
    if let Some(number) = row.text(Holds::PersonNumber) {
        let holds =
            |wanted: fn(&Role) -> bool| affiliations.iter().any(|affiliation| wanted(&affiliation.role));
        let scheme = if holds(|role| *role == Role::Student) {
            IdentifierScheme::StudentNumber
        } else if holds(Role::is_staff) {
            IdentifierScheme::StaffNumber
        } else {
            other("identifier")
        };
        identifiers.push(Identifier::new(scheme, number));
    }
    if let Some(master) = row.text(Holds::PersonMasterId) {
        identifiers.push(Identifier::new(other("userMasterIdentifier"), master));
    }
    identifiers
}

fn other(scheme: &str) -> IdentifierScheme {
    IdentifierScheme::Other(scheme.to_owned())
}

impl PersonSides {
    /// A row of a roles file, or what the person's own row says in its place.
    pub(crate) fn add_role(&mut self, row: &mut Row<'_>) {
        self.grades.extend(row.grades(Holds::AffiliationGrade));
        match affiliation(row) {
            SaidRole::Stands(role) => self.affiliations.get_or_insert_default().push(role),
            SaidRole::Gone(role) => self.gone.push(role),
        }
    }

    /// An account of `userProfiles.csv`: a log-in name at some vendor. Its password is never read.
    pub(crate) fn add_account(&mut self, row: &mut Row<'_>) {
        if matches!(status(row), Status::ToBeDeleted | Status::Inactive) {
            return;
        }
        if let (Some(vendor), Some(name)) = (row.text(Holds::AccountVendor), row.text(Holds::AccountUsername))
        {
            self.identifiers.push(Identifier::new(IdentifierScheme::Other(vendor), name));
        }
    }

    /// A row of `demographics.csv`; of it, what the host asked for.
    pub(crate) fn add_demographics(&mut self, row: &mut Row<'_>, sensitive: &BTreeSet<SensitiveField>) {
        if matches!(status(row), Status::ToBeDeleted | Status::Inactive) {
            return;
        }
        // A person may have several rows, of several files: none takes back what another said.
        if sensitive.contains(&SensitiveField::BirthDate) {
            self.demographics.birth_date = row.date(Holds::BirthDate).or(self.demographics.birth_date);
        }
        if sensitive.contains(&SensitiveField::Gender) {
            self.demographics.gender = row.text(Holds::Gender).or(self.demographics.gender.take());
        }
        if sensitive.contains(&SensitiveField::Demographics) {
            self.demographics.facts.extend(row.demographics());
            for word in decode::list(row.value(Holds::DemographicFlag)) {
                let field = DemographicField::read(word);
                let value = if is_flag(&field) { "true" } else { word };
                self.demographics.facts.push((field, value.to_owned()));
            }
        }
    }
}

fn phones(row: &mut Row<'_>, sensitive: &BTreeSet<SensitiveField>, person: &mut Person) {
    if !sensitive.contains(&SensitiveField::Phones) {
        return;
    }
    for (holds, label) in [(Holds::PersonPhone, "phone"), (Holds::PersonSms, "sms")] {
        if let Some(value) = row.text(holds) {
            person.sensitive_mut().phones.push(LabeledText { label: Some(label.to_owned()), value });
        }
    }
}

/// Where a pupil lives.
fn address(row: &mut Row<'_>, sensitive: &BTreeSet<SensitiveField>, person: &mut Person) {
    if !sensitive.contains(&SensitiveField::Addresses) {
        return;
    }
    let address = Address {
        lines: row.text(Holds::AddressLine).into_iter().collect(),
        city: row.text(Holds::AddressCity),
        state: row.text(Holds::AddressState),
        postal_code: row.text(Holds::AddressPostalCode),
        ..Address::default()
    };
    if address != Address::default() {
        person.sensitive_mut().addresses.push(address);
    }
}

fn add_demographics(demographics: Demographics, person: &mut Person) {
    let Demographics { birth_date, gender, facts } = demographics;
    if birth_date.is_none() && gender.is_none() && facts.is_empty() {
        return;
    }
    let sensitive = person.sensitive_mut();
    sensitive.birth_date = birth_date;
    sensitive.gender = gender;
    sensitive.demographics = facts.into_iter().map(|(field, value)| tidy_fact(field, value)).collect();
}

/// Writes a truth value the standard's way, whatever its case was.
fn tidy_fact(field: DemographicField, value: String) -> (DemographicField, String) {
    match decode::flag(&value).filter(|_| is_flag(&field)) {
        Some(read) => (field, read.value.to_string()),
        None => (field, value),
    }
}

/// Whether a fact is true or false of a person.
fn is_flag(field: &DemographicField) -> bool {
    use DemographicField as Fact;
    matches!(
        field,
        Fact::AmericanIndianOrAlaskaNative
            | Fact::Asian
            | Fact::BlackOrAfricanAmerican
            | Fact::NativeHawaiianOrOtherPacificIslander
            | Fact::White
            | Fact::TwoOrMoreRaces
            | Fact::HispanicOrLatino
    )
}
