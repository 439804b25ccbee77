//! One pupil.

use std::collections::BTreeMap;

use roster_core::{
    AccountState, Address, Affiliation, DemographicField, GroupTag, Identifier, IdentifierScheme,
    LabeledText, LegalName, Person, Role, Sensitive, SourcedId, jiff::civil::Date,
};

use super::grades;
use crate::district::{
    names::{STREETS, Sex, plain},
    rng::Rng,
};

const NICKNAMES: &[&str] = &["Ash", "Bobbie", "Charlie", "Dee", "Frankie", "Max", "Ren", "Sky", "Toni"];
const HOUSES: &[&str] = &["Falcon", "Heron", "Kestrel", "Osprey"];

/// What is to be known of a pupil before the record can be made.
pub(in super::super) struct Pupil<'a> {
    /// For ids and addresses, which must not repeat.
    pub(in super::super) number: usize,
    pub(in super::super) id: SourcedId,
    pub(in super::super) given: &'a str,
    pub(in super::super) family: Option<&'a str>,
    pub(in super::super) sex: Sex,
    pub(in super::super) school: &'a SourcedId,
    pub(in super::super) grade: &'static str,
    pub(in super::super) domain: &'a str,
}

impl Pupil<'_> {
    pub(in super::super) fn record(&self, rng: &mut Rng) -> Person {
        let number = self.number;
        let login = match self.family {
            Some(family) => format!("{}.{}{number}", plain(self.given), plain(family)),
            None => format!("{}{number}", plain(self.given)),
        };
        let mut person = Person::new(self.id.clone());
        person.name.given = Some(self.given.to_owned());
        person.name.family = self.family.map(ToOwned::to_owned);
        if rng.chance(35) {
            person.name.middle = Some(self.sex.given(rng).to_owned());
        }
        let renamed = number % 9 == 3;
        if renamed {
            person.name.preferred_given = Some(rng.word(NICKNAMES).to_owned());
            person.name.preferred_family = person.name.family.clone();
            person.name.pronouns = Some(rng.word(&["she/her", "he/him", "they/them"]).to_owned());
        }
        person.email = Some(format!("{login}@students.{}", self.domain));
        person.username = Some(login);
        person.account = if number % 50 == 17 { AccountState::Suspended } else { AccountState::Active };
        let mut affiliation = Affiliation::new(Role::Student, Some(self.school.clone()));
        affiliation.primary = Some(true);
        person.affiliations = vec![affiliation];
        person.grades = grades([self.grade]);
        let years = i16::from(years_in_school(self.grade));
        person.graduation_year = Some(2027 + 12 - years);
        person.identifiers = vec![
            Identifier::new(IdentifierScheme::SisId, format!("01{number:06}")),
            Identifier::new(IdentifierScheme::StudentNumber, format!("00{:06}", 1000 + number * 3)),
            Identifier::new(IdentifierScheme::StateId, format!("99{:08}", number * 17 + 4021)),
        ];
        if years > 5 {
            let house = rng.word(HOUSES);
            let tag = GroupTag::new("house", plain(house), Some(house.to_owned()));
            person.groups = vec![tag];
        }
        person.sensitive = Some(Box::new(self.sensitive(rng, renamed)));
        person
    }

    fn sensitive(&self, rng: &mut Rng, renamed: bool) -> Sensitive {
        let mut sensitive = Sensitive::default();
        sensitive.birth_date = birth_date(years_in_school(self.grade), rng);
        sensitive.gender = Some(self.sex.word().to_owned());
        if renamed {
            sensitive.legal_name = Some(LegalName {
                given: Some(self.given.to_owned()),
                middle: None,
                family: self.family.map(ToOwned::to_owned),
            });
        }
        if rng.chance(20) {
            sensitive.phones = vec![LabeledText {
                label: Some("mobile".to_owned()),
                value: format!("312-555-{:04}", 100 + rng.below(100)),
            }];
        }
        sensitive.addresses = vec![Address {
            label: Some("home".to_owned()),
            lines: vec![format!("{} {}", 1 + rng.below(900), rng.word(STREETS))],
            city: Some("Lincoln Falls".to_owned()),
            state: Some("IL".to_owned()),
            postal_code: Some(format!("00{:03}", rng.below(1000))),
            country: Some("US".to_owned()),
        }];
        sensitive.demographics = demographics(rng);
        sensitive
    }
}

fn demographics(rng: &mut Rng) -> BTreeMap<DemographicField, String> {
    use DemographicField as Field;

    const RACES: [Field; 5] = [
        Field::AmericanIndianOrAlaskaNative,
        Field::Asian,
        Field::BlackOrAfricanAmerican,
        Field::NativeHawaiianOrOtherPacificIslander,
        Field::White,
    ];
    let flag = |is: bool| if is { "true" } else { "false" }.to_owned();
    let (first, second) = (rng.below(RACES.len()), rng.below(RACES.len()));
    let several = rng.chance(15) && first != second;
    let mut facts = BTreeMap::new();
    for (index, race) in RACES.into_iter().enumerate() {
        facts.insert(race, flag(index == first || several && index == second));
    }
    facts.insert(Field::TwoOrMoreRaces, flag(several));
    facts.insert(Field::HispanicOrLatino, flag(rng.chance(25)));
    let (country, state, city) = match rng.pick(&[
        ("US", Some("IL"), "Lincoln Falls"),
        ("US", Some("WI"), "Milltown"),
        ("MX", None, "Ciudad Niebla"),
        ("PL", None, "Nowa Łąka"),
    ]) {
        Some((country, state, city)) => (*country, *state, *city),
        None => return facts,
    };
    facts.insert(Field::CountryOfBirth, country.to_owned());
    if let Some(state) = state {
        facts.insert(Field::StateOfBirth, state.to_owned());
    }
    facts.insert(Field::CityOfBirth, city.to_owned());
    facts.insert(Field::PublicSchoolResidenceStatus, "01652".to_owned());
    facts.insert(Field::HomeLanguage, rng.word(&["en", "es", "pl", "vi"]).to_owned());
    facts.insert(Field::EnglishLearner, flag(rng.chance(12)));
    facts.insert(Field::SpecialEducation, flag(rng.chance(13)));
    facts.insert(Field::MealStatus, rng.word(&["free", "reduced", "paid"]).to_owned());
    facts
}

/// 0 in kindergarten, else the grade.
fn years_in_school(grade: &str) -> u8 {
    grade.parse().unwrap_or(0)
}

/// Whoever is 5 on the first of September goes to kindergarten.
fn birth_date(years_in_school: u8, rng: &mut Rng) -> Option<Date> {
    let months_late = rng.below(12);
    let year = 2020 - i16::from(years_in_school) + i16::from(months_late >= 4);
    let month = i8::try_from((8 + months_late) % 12 + 1).ok()?;
    let day = i8::try_from(2 + rng.below(27)).ok()?;
    Date::new(year, month, day).ok()
}
