//! What a host has to ask for.

use std::collections::BTreeMap;

use roster_core::{
    Address, DemographicField, LabeledText, Person, PersonField as Field, SensitiveField, decode,
};
use roster_http::json::Text;

use super::{Reading, person::Held};
use crate::wire;

type Fact<'t> = (&'static str, &'static str, Option<&'t Text<'t>>, DemographicField, bool);

const GENDERS: &[&str] = &["M", "F", "X"];

impl Held<'_> {
    /// What is sensitive is shared or not, field by field, and Clever writes both "none" and "not shared" as nothing: so nothing
    /// in an event is unknown, and blanks nothing. Of the rows of a list that is for all of them together to tell.
    pub(super) fn sensitive(&self, person: &mut Person, reading: &mut Reading<'_>) {
        let wire = self.wire;
        let sees = |field| reading.wants.sees(field);
        let [birth, gender, addresses, facts] = [
            SensitiveField::BirthDate,
            SensitiveField::Gender,
            SensitiveField::Addresses,
            SensitiveField::Demographics,
        ]
        .map(sees);
        let sensitive = person.sensitive_mut();
        if birth {
            sensitive.birth_date = reading.date("dob", &wire.dob, Field::BirthDate);
        }
        if gender {
            sensitive.gender = reading.word("gender", &wire.gender, GENDERS).map(str::to_owned);
        }
        if addresses {
            sensitive.addresses = wire.location.get().and_then(address).into_iter().collect();
        }
        if facts {
            sensitive.demographics = self.demographics(reading);
        }
        let is_event = reading.told.is_some();
        let has_odd_fact = || {
            let mut texts = self.facts().into_iter().filter_map(|(_, _, text, ..)| text);
            wire.disability.is_odd() || texts.any(Text::is_odd)
        };
        let unknown = [
            (birth && sensitive.birth_date.is_none() && (is_event || wire.dob.is_odd()), Field::BirthDate),
            (gender && sensitive.gender.is_none() && (is_event || wire.gender.is_odd()), Field::Gender),
            (
                addresses && sensitive.addresses.is_empty() && (is_event || wire.location.is_odd()),
                Field::Addresses,
            ),
            (facts && (is_event && sensitive.demographics.is_empty() || has_odd_fact()), Field::Demographics),
        ];
        let is_untold = |fact: &DemographicField| {
            self.facts().iter().any(|(_, carrier, _, told, _)| told == fact && !self.tells(carrier, reading))
        };
        let withheld = facts && reading.wants.shared.iter().any(is_untold);
        if sensitive.is_empty() {
            person.sensitive = None;
        }
        if withheld {
            reading.unseen(Field::Demographics);
        }
        for (_, field) in unknown.into_iter().filter(|(is_unknown, _)| *is_unknown) {
            reading.unseen(field);
        }
    }

    /// All facts: by Clever's name, the role's key that carries it, the text, our name, and whether it is a yes or no.
    fn facts(&self) -> [Fact<'_>; 12] {
        use DemographicField::{
            EnglishLearner, HispanicOrLatino, HomeLanguage, MealStatus, Race, SpecialEducation,
        };

        let wire = self.wire;
        let other = |name: &str| DemographicField::Other(name.to_owned());
        let disability = wire.disability.get();
        [
            ("race", "race", Some(&wire.race), Race, false),
            (
                "hispanic_ethnicity",
                "hispanic_ethnicity",
                Some(&wire.hispanic_ethnicity),
                HispanicOrLatino,
                true,
            ),
            ("home_language", "home_language", Some(&wire.home_language), HomeLanguage, false),
            (
                "home_language_code",
                "home_language_code",
                Some(&wire.home_language_code),
                other("home_language_code"),
                false,
            ),
            ("ell_status", "ell_status", Some(&wire.ell_status), EnglishLearner, true),
            ("frl_status", "frl_status", Some(&wire.frl_status), MealStatus, false),
            ("iep_status", "iep_status", Some(&wire.iep_status), SpecialEducation, true),
            ("gifted_status", "gifted_status", Some(&wire.gifted_status), other("gifted_status"), true),
            (
                "section_504_status",
                "section_504_status",
                Some(&wire.section_504_status),
                other("section_504_status"),
                true,
            ),
            (
                "disability_status",
                "disability",
                disability.map(|held| &held.status),
                other("disability_status"),
                true,
            ),
            (
                "disability_type",
                "disability",
                disability.map(|held| &held.of_type),
                other("disability_type"),
                false,
            ),
            // Clever's pages have it in capitals, its specification in small letters.
            (
                "disability_code",
                "disability",
                disability.map(|held| &held.code),
                other("disability_code"),
                false,
            ),
        ]
    }

    fn demographics(&self, reading: &mut Reading<'_>) -> BTreeMap<DemographicField, String> {
        let mut read = BTreeMap::new();
        for (key, _, text, field, is_flag) in self.facts() {
            let Some(text) = text else { continue };
            reading.note_odd(key, text.is_odd());
            let Some(word) = text.get() else { continue };
            let flag = if is_flag { decode::flag(word) } else { None };
            let value = match flag {
                Some(flag) => flag.value.to_string(),
                None if key == "disability_code" => word.to_ascii_lowercase(),
                None => word.to_owned(),
            };
            read.insert(field, value);
        }
        read
    }

    pub(super) fn phone(&self, person: &mut Person, reading: &mut Reading<'_>) {
        if !reading.wants.sees(SensitiveField::Phones) {
            return;
        }
        if !self.tells("phone", reading) || self.wire.phone.is_odd() {
            reading.unseen(Field::Phones);
        }
        if let Some(value) = reading.text("phone", &self.wire.phone) {
            let label = self.wire.phone_type.owned();
            person.sensitive_mut().phones.push(LabeledText { label, value });
        }
    }
}

/// The facts that stand under the same key: who shares one of them shares all.
pub(crate) fn beside(fact: &DemographicField) -> Vec<DemographicField> {
    let of_disability = ["disability_status", "disability_type", "disability_code"];
    if of_disability.contains(&fact.as_str()) {
        return of_disability.map(|name| DemographicField::Other(name.to_owned())).into();
    }
    vec![fact.clone()]
}

fn address(location: &wire::Location<'_>) -> Option<Address> {
    let address = Address {
        lines: location.address.owned().into_iter().collect(),
        city: location.city.owned(),
        state: location.state.owned(),
        postal_code: location.zip.owned(),
        ..Address::default()
    };
    (address != Address::default()).then_some(address)
}
