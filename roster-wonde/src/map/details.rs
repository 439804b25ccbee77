//! What people of all sorts have: addresses and numbers, and what is sensitive.

use roster_core::{
    Address, DemographicField, LabeledText, LegalName, Person, PersonField as Field, SensitiveField, decode,
    jiff::civil::Date,
};
use roster_http::json::Text;

use super::Reading;
use crate::{
    config::EmailSlot,
    wire::{self, Part, one, text_or},
};

/// The names that rows of all people have.
pub(super) struct Names<'w, 'a> {
    pub(super) title: &'w Text<'a>,
    pub(super) forename: &'w Text<'a>,
    pub(super) middle: &'w Text<'a>,
    pub(super) surname: &'w Text<'a>,
    pub(super) legal_forename: &'w Text<'a>,
    pub(super) legal_surname: &'w Text<'a>,
}

/// The names in use, which fall back to the legal ones where the school fills only those. The legal name is told where it differs,
/// to those who ask.
pub(super) fn names(person: &mut Person, names: &Names<'_, '_>, reading: &mut Reading<'_>) {
    let given = reading.text("forename", names.forename, Field::Given);
    let family = reading.text("surname", names.surname, Field::Family);
    let legal_given = names.legal_forename.owned();
    let legal_family = names.legal_surname.owned();
    person.name.middle = reading.text("middle_names", names.middle, Field::Middle);
    person.name.prefix = reading.text("title", names.title, Field::Prefix);
    if reading.wants.sees(SensitiveField::LegalName) && (legal_given.is_some() || legal_family.is_some()) {
        let differs = (legal_given.is_some() && legal_given != given && given.is_some())
            || (legal_family.is_some() && legal_family != family && family.is_some());
        if differs {
            person.sensitive_mut().legal_name =
                Some(LegalName { given: legal_given.clone(), middle: None, family: legal_family.clone() });
        }
    }
    person.name.given = given.or(legal_given);
    person.name.family = family.or(legal_family);
}

pub(super) fn born(person: &mut Person, gender: &Text<'_>, birth: Part<'_>, reading: &mut Reading<'_>) {
    if reading.wants.sees(SensitiveField::Gender)
        && let Some(gender) = reading.text("gender", gender, Field::Gender)
    {
        person.sensitive_mut().gender = Some(gender);
    }
    if reading.wants.sees(SensitiveField::BirthDate) {
        let birth: Option<Date> = reading.date("date_of_birth", birth, Field::BirthDate);
        if birth.is_some() {
            person.sensitive_mut().birth_date = birth;
        }
    }
}

/// The person's one address, and what else the host asked for.
pub(super) fn contact_details(
    person: &mut Person,
    part: Part<'_>,
    order: &[EmailSlot],
    reading: &mut Reading<'_>,
) {
    let Some(details) = one::<wire::ContactDetails<'_>>(part) else { return };
    emails(person, details.emails, order, reading);
    if reading.wants.sees(SensitiveField::Phones)
        && let Some(phones) = one::<wire::Phones<'_>>(details.phones)
    {
        let slots = [
            ("phone", &phones.phone),
            ("primary", &phones.primary),
            ("home", &phones.home),
            ("work", &phones.work),
            ("mobile", &phones.mobile),
        ];
        let labeled = slots.iter().filter_map(|(label, text)| labeled(label, text)).collect::<Vec<_>>();
        if !labeled.is_empty() {
            person.sensitive_mut().phones = labeled;
        }
    }
    if reading.wants.sees(SensitiveField::Addresses)
        && let Some(addresses) = one::<wire::Addresses<'_>>(details.addresses)
    {
        let slots = [("home", addresses.home), ("work", addresses.work), ("postal", addresses.postal)];
        let read = slots.into_iter().filter_map(|(label, part)| address(label, part)).collect::<Vec<_>>();
        if !read.is_empty() {
            person.sensitive_mut().addresses = read;
        }
    }
}

fn emails(person: &mut Person, part: Part<'_>, order: &[EmailSlot], reading: &mut Reading<'_>) {
    // Where a school's system has one address, it may stand there as a text.
    let emails = one::<wire::Emails<'_>>(part).unwrap_or_else(|| wire::Emails {
        email: part.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default(),
        ..wire::Emails::default()
    });
    let slot = |slot: EmailSlot| match slot {
        EmailSlot::Email => ("email", &emails.email),
        EmailSlot::Primary => ("primary", &emails.primary),
        EmailSlot::Work => ("work", &emails.work),
        EmailSlot::Home => ("home", &emails.home),
    };
    let before = reading.unseen;
    for (key, text) in order.iter().map(|wanted| slot(*wanted)) {
        person.email = reading.email(key, text, Field::Email);
        if person.email.is_some() {
            // A slot that could not be read does not matter, since another one tells.
            reading.unseen = before;
            break;
        }
    }
    if reading.wants.sees(SensitiveField::Emails) {
        let all = [EmailSlot::Email, EmailSlot::Primary, EmailSlot::Work, EmailSlot::Home].map(slot);
        let others: Vec<_> = all
            .into_iter()
            .filter(|(_, text)| {
                text.get().is_some_and(decode::is_email) && text.get() != person.email.as_deref()
            })
            .filter_map(|(label, text)| labeled(label, text))
            .collect();
        if !others.is_empty() {
            person.sensitive_mut().emails = others;
        }
    }
}

fn labeled(label: &str, text: &Text<'_>) -> Option<LabeledText> {
    Some(LabeledText { label: Some(label.to_owned()), value: text.owned()? })
}

fn address(label: &str, part: Part<'_>) -> Option<Address> {
    let wire: wire::Address<'_> = one(part)?;
    let street =
        [&wire.number, &wire.street].into_iter().filter_map(|text| text.get()).collect::<Vec<_>>().join(" ");
    let lines = [wire.apartment.owned(), wire.name.owned(), Some(street), wire.district.owned()];
    let lines: Vec<String> = lines.into_iter().flatten().filter(|line| !line.is_empty()).collect();
    let country = text_or(wire.country, |raw| {
        let country: wire::Named<'_> = serde_json::from_str(raw.get()).ok()?;
        country.name.owned().or_else(|| country.code.owned())
    });
    let address = Address {
        label: Some(label.to_owned()),
        lines,
        city: wire.town.owned(),
        state: wire.county.owned(),
        postal_code: wire.postcode.owned(),
        country,
    };
    let is_empty = address.lines.is_empty() && address.city.is_none() && address.postal_code.is_none();
    (!is_empty).then_some(address)
}

/// Facts of a special category, for those who ask.
pub(super) fn demographics(person: &mut Person, part: Part<'_>, reading: &Reading<'_>) {
    if !reading.wants.sees(SensitiveField::Demographics) {
        return;
    }
    let Some(extended) = one::<wire::Extended<'_>>(part) else { return };
    let home = if extended.home_language.get().is_some() {
        &extended.home_language
    } else {
        &extended.first_language
    };
    for (field, text) in [
        (DemographicField::Ethnicity, &extended.ethnicity),
        (DemographicField::HomeLanguage, home),
        (DemographicField::EnglishLearner, &extended.learner),
        (DemographicField::SpecialEducation, &extended.special_needs),
        (DemographicField::MealStatus, &extended.free_meals),
    ] {
        // One system writes true, another 1.
        let is_flag = matches!(field, DemographicField::EnglishLearner | DemographicField::MealStatus);
        let tidy = text.get().filter(|_| is_flag).and_then(decode::flag).map(|read| read.value.to_string());
        let said = tidy.or_else(|| text.owned());
        if let Some(said) = said {
            person.sensitive_mut().demographics.insert(field, said);
        }
    }
}
