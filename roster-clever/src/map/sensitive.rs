//! What a host has to ask for.

use std::collections::BTreeMap;

use roster_core::{
    Address, DemographicField, LabeledText, Person, PersonField as Field, SensitiveField, decode,
};

use super::{Reading, person::Held};
use crate::wire;

/// Facts that need scopes of their own, by Clever's names and ours.
const FACTS: &[(&str, &str)] = &[
    ("race", "race"),
    ("hispanic_ethnicity", "hispanic_or_latino"),
    ("home_language", "home_language"),
    ("ell_status", "english_learner"),
    ("frl_status", "meal_status"),
    ("iep_status", "special_education"),
];

const GENDERS: &[&str] = &["M", "F", "X"];

impl Held<'_> {
    /// What is sensitive is shared or not, field by field, and Clever writes both "none" and "not shared" as nothing: so nothing
    /// is unknown here, and blanks nothing.
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
        let empty = [
            (birth && sensitive.birth_date.is_none(), Field::BirthDate),
            (gender && sensitive.gender.is_none(), Field::Gender),
            (addresses && sensitive.addresses.is_empty(), Field::Addresses),
            (facts && sensitive.demographics.is_empty(), Field::Demographics),
        ];
        let is_untold = |fact: &DemographicField| {
            FACTS.iter().any(|(key, name)| *name == fact.as_str() && !self.tells(key, reading))
        };
        let withheld = facts && reading.wants.shared.iter().any(is_untold);
        if sensitive.is_empty() {
            person.sensitive = None;
        }
        if withheld {
            reading.unseen(Field::Demographics);
        }
        for (_, field) in empty.into_iter().filter(|(is_empty, _)| *is_empty) {
            reading.unseen(field);
        }
    }

    fn demographics(&self, reading: &mut Reading<'_>) -> BTreeMap<DemographicField, String> {
        use DemographicField::{
            EnglishLearner, HispanicOrLatino, HomeLanguage, MealStatus, Race, SpecialEducation,
        };

        let wire = self.wire;
        let other = |name: &str| DemographicField::Other(name.to_owned());
        let nothing = wire::Disability::default();
        let disability = wire.disability.get().unwrap_or(&nothing);
        let facts = [
            ("race", &wire.race, Race, false),
            ("hispanic_ethnicity", &wire.hispanic_ethnicity, HispanicOrLatino, true),
            ("home_language", &wire.home_language, HomeLanguage, false),
            ("home_language_code", &wire.home_language_code, other("home_language_code"), false),
            ("ell_status", &wire.ell_status, EnglishLearner, true),
            ("frl_status", &wire.frl_status, MealStatus, false),
            ("iep_status", &wire.iep_status, SpecialEducation, true),
            ("gifted_status", &wire.gifted_status, other("gifted_status"), true),
            ("section_504_status", &wire.section_504_status, other("section_504_status"), true),
            ("disability_status", &disability.status, other("disability_status"), true),
            ("disability_type", &disability.of_type, other("disability_type"), false),
            // Clever's pages have it in capitals, its specification in small letters.
            ("disability_code", &disability.code, other("disability_code"), false),
        ];
        let mut read = BTreeMap::new();
        for (key, text, field, is_flag) in facts {
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
        if !self.tells("phone", reading) {
            reading.unseen(Field::Phones);
        }
        if let Some(value) = reading.text("phone", &self.wire.phone) {
            let label = self.wire.phone_type.owned();
            person.sensitive_mut().phones.push(LabeledText { label, value });
        }
    }
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
