use roster_core::{
    Affiliation, Entity, FieldSet, Identifier, IdentifierScheme, Person, PersonField as Field, Problem, Role,
    SensitiveField, SourcedId, codes, decode,
};
use roster_http::json::Text;

use super::{Reading, Said, Wire};
use crate::wire;

/// The keys of roles that are read, or say again what stands elsewhere.
pub(super) const ROLE_KEYS: &[&str] = &[
    "school",
    "schools",
    "enrollments",
    "sis_id",
    "staff_id",
    "legacy_id",
    "state_id",
    "student_number",
    "teacher_number",
    "title",
    "grade",
    "graduation_year",
    "credentials",
    "preferred_name",
    "dob",
    "gender",
    "location",
    "race",
    "hispanic_ethnicity",
    "home_language",
    "home_language_code",
    "ell_status",
    "frl_status",
    "iep_status",
    "gifted_status",
    "section_504_status",
    "disability",
    "phone",
    "phone_type",
    "student_relationships",
    "email",
    "created",
    "last_modified",
];

impl<'a> Wire<'a> for wire::User<'a> {
    const KEYS: &'static [&'static str] = wire::User::KEYS;

    fn id(&self) -> &Text<'a> {
        &self.id
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        if self.roles.is_odd && self.roles.held.is_empty() {
            let message = "the roles are not of the form that they should have; the person was left out";
            return Err(Box::new(
                reading.locate(Problem::error(codes::MALFORMED_RECORD, message)).in_field("roles"),
            ));
        }
        reading.note_odd("roles", self.roles.is_odd);
        if self.roles.is_odd {
            // A role that can't be read may be held all the same.
            reading.unseen = reading.unseen.union(fields_of_roles());
        }
        let mut roles: Vec<Held<'_>> = self.roles.held.iter().map(Held::of).collect();
        if roles.is_empty() {
            self.without_role(reading)?;
        }
        if !reading.wants.sees(SensitiveField::Contacts) && !roles.is_empty() {
            roles.retain(|held| held.role != Role::Contact);
            if roles.is_empty() {
                return Ok(Said::Nothing);
            }
        }
        let mut person = Person::new(id);
        self.name(&mut person, &roles, reading);
        person.email = self.email(reading);
        if reading.tells("roles") {
            for held in &roles {
                held.fill(&mut person, &self.of, reading);
            }
        } else {
            reading.unseen = reading.unseen.union(fields_of_roles());
        }
        let ties = roles.iter().find(|held| held.role == Role::Contact);
        let ties = ties.map(|held| held.ties(id, reading)).unwrap_or_default();
        let mut record = person.into_record();
        record.normalize();
        match record {
            roster_core::Record::Person(person) => Ok(Said::Person(person, ties)),
            _ => Ok(Said::Nothing),
        }
    }
}

/// What only roles say.
fn fields_of_roles() -> FieldSet {
    FieldSet::of([
        Field::Affiliations,
        Field::Identifiers,
        Field::Username,
        Field::Grades,
        Field::GraduationYear,
        Field::PreferredGiven,
        Field::PreferredMiddle,
        Field::PreferredFamily,
        Field::BirthDate,
        Field::Gender,
        Field::Phones,
        Field::Addresses,
        Field::Demographics,
    ])
}

impl wire::User<'_> {
    /// A person without a role may be a contact, whom a host that did not ask must not see. An event that does not tell the roles
    /// is of somebody known, unless the name is written as that of a contact.
    fn without_role(&self, reading: &mut Reading<'_>) -> Result<(), Box<Problem>> {
        let has_first = self.name.get().is_none_or(|name| name.first.get().is_some());
        if !reading.tells("roles") && has_first {
            return Ok(());
        }
        let message = "the person has no role";
        if !reading.wants.sees(SensitiveField::Contacts) {
            let message = format!("{message}: whether it is a contact can't be told, and it was left out");
            return Err(Box::new(
                reading.locate(Problem::error(codes::MISSING_ROLE, message)).in_field("roles"),
            ));
        }
        reading.warn("roles", codes::MISSING_ROLE, message);
        Ok(())
    }

    fn name(&self, person: &mut Person, roles: &[Held<'_>], reading: &mut Reading<'_>) {
        reading.note_odd("name", self.name.is_odd());
        if !reading.tells("name") || self.name.is_odd() {
            let parts = [Field::Given, Field::Middle, Field::Family, Field::Full];
            reading.unseen = reading.unseen.union(FieldSet::of(parts));
        }
        let Some(wire) = self.name.get() else { return };
        person.name.given = reading.part("first", &wire.first, Field::Given);
        person.name.middle = reading.part("middle", &wire.middle, Field::Middle);
        person.name.family = reading.part("last", &wire.last, Field::Family);
        if wire.last.is_odd() {
            reading.unseen(Field::Full);
        }
        // A contact's whole name stands where a family name should.
        let is_contact = !roles.is_empty() && roles.iter().all(|held| held.role == Role::Contact);
        if is_contact && person.name.given.is_none() {
            person.name.full = person.name.family.take();
        }
    }

    fn email(&self, reading: &mut Reading<'_>) -> Option<String> {
        if !reading.tells("email") {
            reading.unseen(Field::Email);
        }
        reading.drop_odd("email", self.email.is_odd(), Field::Email);
        let email = self.email.get()?;
        if !decode::is_email(email) {
            let message = "the value is not an e-mail address; it was dropped";
            reading.drop("email", codes::BAD_EMAIL, message, Field::Email);
            return None;
        }
        Some(email.to_owned())
    }
}

/// A role that is held.
pub(super) struct Held<'w> {
    role: Role,
    /// Clever's name of it.
    name: &'w str,
    pub(super) wire: &'w wire::Role<'w>,
}

impl<'w> Held<'w> {
    fn of((name, wire): &'w (std::borrow::Cow<'w, str>, wire::Role<'w>)) -> Self {
        let role = match &**name {
            "student" => Role::Student,
            "teacher" => Role::Teacher,
            "staff" => Role::Staff,
            // The second spelling is that of an older specification.
            "district_admin" | "districtadmin" => Role::DistrictAdministrator,
            "contact" => Role::Contact,
            other => Role::Other(other.to_owned()),
        };
        Self { role, name, wire }
    }

    pub(super) fn tells(&self, key: &str, reading: &Reading<'_>) -> bool {
        reading.role_tells(self.name, key)
    }

    fn fill(&self, person: &mut Person, district: &Text<'_>, reading: &mut Reading<'_>) {
        if !self.role.is_known() {
            let message = "the role is none of those that are known; it was kept as it is";
            reading.warn("roles", codes::UNKNOWN_ROLE, message);
        }
        self.affiliations(person, district, reading);
        self.identifiers(person, reading);
        reading.drop_odd("credentials", self.wire.credentials.is_odd(), Field::Username);
        let login = self.wire.credentials.get().map(|held| &held.district_username);
        if login.is_some_and(Text::is_odd) {
            reading.unseen(Field::Username);
        }
        let username = login.and_then(Text::owned);
        person.username = person.username.take().or(username);
        if matches!(self.role, Role::Student | Role::Teacher | Role::Staff)
            && !self.tells("credentials", reading)
        {
            reading.unseen(Field::Username);
        }
        match self.role {
            Role::Student => self.student(person, reading),
            Role::Contact => self.phone(person, reading),
            _ => {}
        }
    }

    /// The role at each school. Without a school it is the district's, or nobody's.
    fn affiliations(&self, person: &mut Person, district: &Text<'_>, reading: &mut Reading<'_>) {
        let wire = self.wire;
        let main = wire.school.get();
        let mut schools: Vec<&str> =
            main.into_iter().chain(wire.schools.0.iter().filter_map(Text::get)).collect();
        if schools.is_empty() {
            // Where neither key is there, enrollments say it alone. Beside them they may name schools of the past.
            schools = wire.enrollments.0.iter().filter_map(|held| held.get()?.school.get()).collect();
        }
        schools.sort_unstable();
        schools.dedup();
        // Schools and dates stand in several keys, and without one of them some may be missing.
        let carriers: &[&str] = match self.role {
            Role::Student => &["school", "schools", "enrollments"],
            Role::Teacher => &["school", "schools"],
            Role::Staff => &["schools"],
            _ => &[],
        };
        if !carriers.iter().all(|key| self.tells(key, reading)) {
            reading.unseen(Field::Affiliations);
        }
        let is_odd = |held: &wire::Maybe<wire::Attendance<'_>>| {
            held.is_odd() || held.get().is_some_and(|held| held.school.is_odd())
        };
        for (key, is_odd) in [
            ("school", wire.school.is_odd()),
            ("schools", wire.schools.0.iter().any(Text::is_odd)),
            ("enrollments", wire.enrollments.0.iter().any(is_odd)),
        ] {
            reading.drop_odd(key, is_odd, Field::Affiliations);
        }
        let title = reading.part("title", &wire.title, Field::Affiliations);
        let mut add = |org: Option<&str>, primary: Option<bool>, bounds| {
            let mut affiliation = Affiliation::new(self.role.clone(), org.map(SourcedId::from));
            affiliation.primary = primary;
            (affiliation.begin, affiliation.end) = bounds;
            affiliation.title.clone_from(&title);
            person.affiliations.push(affiliation);
        };
        for school in &schools {
            let primary = main.map(|main| main == *school);
            let attended = self.attendance(school, reading);
            if attended.is_empty() {
                add(Some(school), primary, (None, None));
            }
            for bounds in attended {
                add(Some(school), primary, bounds);
            }
        }
        if schools.is_empty() {
            let org = if self.role == Role::DistrictAdministrator { district.get() } else { None };
            add(org, None, (None, None));
        }
    }

    /// When the school is attended: once, or, after a return, several times.
    fn attendance(&self, school: &str, reading: &mut Reading<'_>) -> Vec<Bounds> {
        let all = self.wire.enrollments.0.iter().filter_map(wire::Maybe::get);
        let there = all.filter(|attendance| attendance.school.get() == Some(school));
        let there: Vec<_> = there.collect();
        let mut bounds: Vec<Bounds> = there
            .into_iter()
            .map(|attendance| {
                let begin = reading.date("start_date", &attendance.start_date, Field::Affiliations);
                (begin, reading.date("end_date", &attendance.end_date, Field::Affiliations))
            })
            .collect();
        bounds.sort_unstable();
        bounds.dedup();
        bounds
    }

    fn identifiers(&self, person: &mut Person, reading: &mut Reading<'_>) {
        use IdentifierScheme::{CleverLegacy, SisId, StaffNumber, StateId, StudentNumber, UserName};

        let wire = self.wire;
        let nobody = Text::default();
        let username = wire.credentials.get().map_or(&nobody, |held| &held.district_username);
        let values = [
            ("sis_id", &wire.sis_id, SisId),
            ("staff_id", &wire.staff_id, SisId),
            ("state_id", &wire.state_id, StateId),
            ("student_number", &wire.student_number, StudentNumber),
            ("teacher_number", &wire.teacher_number, StaffNumber),
            ("legacy_id", &wire.legacy_id, CleverLegacy),
            ("district_username", username, UserName),
        ];
        for (key, text, scheme) in values {
            if let Some(value) = reading.part(key, text, Field::Identifiers) {
                let mut identifier = Identifier::new(scheme, value);
                identifier.role = Some(self.role.clone());
                person.identifiers.push(identifier);
            }
        }
        // One that is not told may be there all the same, and would be lost.
        let keys: &[&str] = match self.role {
            Role::Student => &["sis_id", "state_id", "student_number", "credentials"],
            Role::Teacher => &["sis_id", "state_id", "teacher_number", "legacy_id", "credentials"],
            Role::Staff => &["staff_id", "legacy_id", "credentials"],
            Role::DistrictAdministrator => &["legacy_id"],
            _ => &["sis_id", "legacy_id"],
        };
        if wire.credentials.is_odd() || !keys.iter().all(|key| self.tells(key, reading)) {
            reading.unseen(Field::Identifiers);
        }
    }

    fn student(&self, person: &mut Person, reading: &mut Reading<'_>) {
        let wire = self.wire;
        for (key, field) in [("grade", Field::Grades), ("graduation_year", Field::GraduationYear)] {
            if !self.tells(key, reading) {
                reading.unseen(field);
            }
        }
        person.grades = reading.grade("grade", &wire.grade, Field::Grades).into_iter().collect();
        reading.drop_odd("graduation_year", wire.graduation_year.is_odd(), Field::GraduationYear);
        if let Some(year) = wire.graduation_year.get() {
            person.graduation_year = decode::year(year);
            if person.graduation_year.is_none() {
                let message = "the value is not a year of four digits; it was dropped";
                reading.drop("graduation_year", codes::BAD_YEAR, message, Field::GraduationYear);
            }
        }
        reading.note_odd("preferred_name", wire.preferred_name.is_odd());
        if wire.preferred_name.is_odd() || !self.tells("preferred_name", reading) {
            let parts = [Field::PreferredGiven, Field::PreferredMiddle, Field::PreferredFamily];
            reading.unseen = reading.unseen.union(FieldSet::of(parts));
        }
        if let Some(name) = wire.preferred_name.get() {
            person.name.preferred_given =
                reading.part("preferred_name.first", &name.first, Field::PreferredGiven);
            person.name.preferred_middle =
                reading.part("preferred_name.middle", &name.middle, Field::PreferredMiddle);
            person.name.preferred_family =
                reading.part("preferred_name.last", &name.last, Field::PreferredFamily);
        }
        self.sensitive(person, reading);
    }
}

type Bounds = (Option<roster_core::jiff::civil::Date>, Option<roster_core::jiff::civil::Date>);
