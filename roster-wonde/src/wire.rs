//! What Wonde says, in its own words. No `Debug` here: these are people.
//!
//! Nothing is required and nothing is trusted to have its type: a text may be a number, and an include that is empty may be an
//! absent key, `null`, `[]`, `{"data": null}` or `{"data": []}`. What was included is kept as it came and read when it is wanted,
//! so that what nobody asked for is never read.

use std::borrow::Cow;

use roster_http::json::Text;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A part of a row as it came; `None` for `null` and for what is not there.
pub(crate) type Part<'a> = Option<&'a RawValue>;

roster_http::wire_structs! {
    beside [];

    /// A school, of a list or by itself.
    School {
        id "id": Text<'a>, name "name": Text<'a>, urn "urn": Text<'a>, la_code "la_code": Text<'a>,
        establishment_number "establishment_number": Text<'a>, phase "phase_of_education": Text<'a>,
        time_zone "timezone": Text<'a>, mis "mis": Part<'a>, address "address": Part<'a>, region "region": Part<'a>,
        extended "extended": Part<'a>, updated_at "updated_at": Part<'a>,
    }
    /// A school's address.
    SchoolAddress {
        town "address_town": Text<'a>, postcode "address_postcode": Text<'a>, country "address_country": Part<'a>,
    }
    /// A country, or the name of an MIS where it is an object.
    Named { code "code": Text<'a>, name "name": Text<'a>, }
    /// Where a school's data live.
    Region { code "code": Text<'a>, domain "domain": Text<'a>, identifiers "identifiers": Part<'a>, }
    /// What `/meta/schools/{id}` says.
    Meta { online "online": Text<'a>, approved "approved": Text<'a>, audited "audited": Text<'a>, }
    /// One permission.
    Permission { identity "identity": Text<'a>, name "name": Text<'a>, approved "approved": Text<'a>, }
    /// A student, by itself or inside of another row.
    Student {
        id "id": Text<'a>, upi "upi": Text<'a>, mis_id "mis_id": Text<'a>, title "title": Text<'a>,
        initials "initials": Text<'a>, surname "surname": Text<'a>, forename "forename": Text<'a>,
        middle_names "middle_names": Text<'a>, legal_surname "legal_surname": Text<'a>,
        legal_forename "legal_forename": Text<'a>, gender "gender": Text<'a>,
        gender_identity "gender_identity": Part<'a>, date_of_birth "date_of_birth": Part<'a>,
        education "education_details": Part<'a>, details "contact_details": Part<'a>, extended "extended_details": Part<'a>,
        contacts "contacts": Part<'a>, year "year": Part<'a>, registration "registration": Part<'a>, house "house": Part<'a>,
        campus "campus": Part<'a>, restored_at "restored_at": Part<'a>, created_at "created_at": Part<'a>,
        updated_at "updated_at": Part<'a>, relationship "relationship": Part<'a>,
    }
    /// A member of staff.
    Employee {
        id "id": Text<'a>, upi "upi": Text<'a>, mis_id "mis_id": Text<'a>, title "title": Text<'a>,
        initials "initials": Text<'a>, surname "surname": Text<'a>, forename "forename": Text<'a>,
        middle_names "middle_names": Text<'a>, legal_surname "legal_surname": Text<'a>,
        legal_forename "legal_forename": Text<'a>, gender "gender": Text<'a>, date_of_birth "date_of_birth": Part<'a>,
        employment "employment_details": Part<'a>, details "contact_details": Part<'a>, classes "classes": Part<'a>,
        groups "groups": Part<'a>, campus "campus": Part<'a>, restored_at "restored_at": Part<'a>,
        created_at "created_at": Part<'a>, updated_at "updated_at": Part<'a>, meta "meta": Part<'a>,
    }
    /// A contact, by itself or inside of a student.
    Contact {
        id "id": Text<'a>, upi "upi": Text<'a>, mis_id "mis_id": Text<'a>, title "title": Text<'a>,
        initials "initials": Text<'a>, surname "surname": Text<'a>, forename "forename": Text<'a>,
        middle_names "middle_names": Text<'a>, legal_surname "legal_surname": Text<'a>,
        legal_forename "legal_forename": Text<'a>, gender "gender": Text<'a>, date_of_birth "date_of_birth": Part<'a>,
        details "contact_details": Part<'a>, students "students": Part<'a>, relationship "relationship": Part<'a>,
        restored_at "restored_at": Part<'a>, created_at "created_at": Part<'a>, updated_at "updated_at": Part<'a>,
    }
    /// Of `employment_details`.
    Employment {
        current "current": Text<'a>, teaching "teaching_staff": Text<'a>, begin "employment_start_date": Part<'a>,
        end "employment_end_date": Part<'a>, role_text "role_text": Text<'a>,
    }
    /// Of `education_details`.
    Education {
        admission_number "admission_number": Text<'a>, upn "upn": Text<'a>, local_upn "local_upn": Text<'a>,
        former_upn "former_upn": Text<'a>, learner_number "learner_number": Text<'a>,
        year "current_nc_year": Text<'a>, admission_date "admission_date": Part<'a>, leaving_date "leaving_date": Part<'a>,
    }
    /// Of `extended_details`, which are of a special category: read only where demographics are asked for.
    Extended {
        ethnicity "ethnicity": Text<'a>, first_language "first_language": Text<'a>, home_language "home_language": Text<'a>,
        learner "english_as_additional_language": Text<'a>, special_needs "sen_status": Text<'a>,
        free_meals "free_school_meals": Text<'a>,
    }
    /// Of `contact_details`.
    ContactDetails { phones "phones": Part<'a>, emails "emails": Part<'a>, addresses "addresses": Part<'a>, }
    /// Telephone numbers by their slot.
    Phones {
        phone "phone": Text<'a>, primary "primary": Text<'a>, home "home": Text<'a>, work "work": Text<'a>,
        mobile "mobile": Text<'a>,
    }
    /// E-mail addresses by their slot.
    Emails { email "email": Text<'a>, primary "primary": Text<'a>, home "home": Text<'a>, work "work": Text<'a>, }
    /// Postal addresses by their slot.
    Addresses { home "home": Part<'a>, work "work": Part<'a>, postal "postal": Part<'a>, }
    /// One postal address.
    Address {
        number "house_number": Text<'a>, name "house_name": Text<'a>, apartment "apartment": Text<'a>,
        street "street": Text<'a>, district "district": Text<'a>, town "town": Text<'a>, county "county": Text<'a>,
        country "country": Part<'a>, postcode "postcode": Text<'a>,
    }
    /// What a contact is to a student.
    Relation {
        word "relationship": Text<'a>, kind "type": Text<'a>, responsible "parental_responsibility": Text<'a>,
        priority "priority": Text<'a>, lives_with "lives_with_pupil": Text<'a>, emergency "emergency_contact": Text<'a>,
    }
    /// A class.
    Class {
        id "id": Text<'a>, mis_id "mis_id": Text<'a>, kind "type": Text<'a>, name "name": Text<'a>,
        code "code": Text<'a>, description "description": Text<'a>, subject "subject": Part<'a>,
        academic_year "academic_year": Text<'a>, year_group "year_group": Text<'a>, students "students": Part<'a>,
        employees "employees": Part<'a>, restored_at "restored_at": Part<'a>, created_at "created_at": Part<'a>,
        updated_at "updated_at": Part<'a>,
    }
    /// A group.
    Group {
        id "id": Text<'a>, mis_id "mis_id": Text<'a>, kind "type": Text<'a>, name "name": Text<'a>,
        code "code": Text<'a>, description "description": Text<'a>, students "students": Part<'a>,
        employees "employees": Part<'a>, restored_at "restored_at": Part<'a>, created_at "created_at": Part<'a>,
        updated_at "updated_at": Part<'a>,
    }
    /// A subject.
    Subject {
        id "id": Text<'a>, mis_id "mis_id": Text<'a>, code "code": Text<'a>, name "name": Text<'a>,
        active "active": Text<'a>, restored_at "restored_at": Part<'a>, created_at "created_at": Part<'a>,
        updated_at "updated_at": Part<'a>,
    }
    /// One of the records that are gone.
    Deletion {
        kind "type": Text<'a>, id "id": Text<'a>, deleted_at "deleted_at": Part<'a>, restored_at "restored_at": Part<'a>,
    }
    /// A date as PHP writes it.
    PhpDate { date "date": Text<'a>, time_zone "timezone": Text<'a>, }
    /// Where an answer goes on.
    Pagination { next "next": Text<'a>, more "more": Text<'a>, }
    /// What tells a row that can't be read from others.
    Head { id "id": Text<'a>, }
    /// What a request for access, and its taking back, is answered with.
    Asked { success "success": Text<'a>, state "state": Text<'a>, message "message": Text<'a>, }
    /// A count.
    Count { count "count": Text<'a>, }
    /// A webhook, of any type.
    Webhook {
        payload_type "payload_type": Text<'a>, school_id "school_id": Text<'a>, school_name "school_name": Text<'a>,
        school_token "school_token": Text<'a>, revoke_reason "revoke_reason": Text<'a>,
        decline_reason "decline_reason": Text<'a>, migrate_from "migrate_from": Text<'a>, migrate_to "migrate_to": Text<'a>,
        scheduled_at "scheduled_at": Part<'a>, completed_at "completed_at": Part<'a>, writeback_id "writeback_id": Text<'a>,
        status "status": Text<'a>, kind "type": Text<'a>,
    }
}

/// An envelope, with what tells `{"data": null}` from `{}`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow, deserialize_with = "present")]
    data: Option<Part<'a>>,
}

fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Part<'a>>, D::Error> {
    Part::<'a>::deserialize(deserializer).map(Some)
}

/// What lies in the envelope, if there is one; the envelope may have another inside of it.
pub(crate) fn unwrapped<'a>(part: Part<'a>) -> Part<'a> {
    let mut part = part;
    for _ in 0..4 {
        let Some(raw) = part.filter(|raw| raw.get().starts_with('{')) else { return part };
        match serde_json::from_str::<Envelope<'a>>(raw.get()) {
            Ok(Envelope { data: Some(data) }) => part = data,
            _ => return part,
        }
    }
    part
}

/// The items of an include, as they came: of a list, or the one object or id where one is due. Those that are `null` are left
/// out.
pub(crate) fn items<'a>(part: Part<'a>) -> Vec<&'a RawValue> {
    let Some(raw) = unwrapped(part) else { return Vec::new() };
    match raw.get().as_bytes().first() {
        Some(b'[') => {
            let list: Vec<Part<'a>> = serde_json::from_str(raw.get()).unwrap_or_default();
            list.into_iter().flatten().filter(|item| !is_blank(item)).collect()
        }
        // An object with numbers for keys is how PHP writes a list with gaps.
        Some(b'{') => match numbered(raw) {
            Some(list) => list,
            None => vec![raw],
        },
        _ if is_blank(raw) => Vec::new(),
        _ => vec![raw],
    }
}

fn numbered(raw: &RawValue) -> Option<Vec<&RawValue>> {
    let map: std::collections::BTreeMap<Cow<'_, str>, Part<'_>> = serde_json::from_str(raw.get()).ok()?;
    let all = map.keys().all(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()));
    (all && !map.is_empty()).then(|| map.into_values().flatten().collect())
}

fn is_blank(raw: &RawValue) -> bool {
    let text = raw.get();
    let tight: String = text.chars().take(16).filter(|c| !c.is_whitespace()).collect();
    text.len() < 16 && matches!(tight.as_str(), "null" | "\"\"" | "{}" | "[]" | "false")
}

/// The one object of an include, or the first where there is a list.
pub(crate) fn one<'a, T: Deserialize<'a>>(part: Part<'a>) -> Option<T> {
    let raw = items(part).into_iter().next()?;
    serde_json::from_str(raw.get()).ok()
}

/// The objects of an include, and how many of its items are none.
pub(crate) fn many<'a, T: Deserialize<'a>>(part: Part<'a>) -> (Vec<T>, usize) {
    let items = items(part);
    let all = items.len();
    let read: Vec<T> = items.into_iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect();
    let odd = all - read.len();
    (read, odd)
}

/// A text, whether it stands alone or as the `id` or `name` of an object.
pub(crate) fn text_or<'a>(part: Part<'a>, name: impl Fn(&'a RawValue) -> Option<String>) -> Option<String> {
    let raw = items(part).into_iter().next()?;
    if raw.get().starts_with('{') {
        return name(raw);
    }
    serde_json::from_str::<Text<'a>>(raw.get()).ok()?.owned()
}

/// The id of an include, whether it stands alone or in its object.
pub(crate) fn id_of(part: Part<'_>) -> Option<String> {
    text_or(part, |raw| serde_json::from_str::<Head<'_>>(raw.get()).ok()?.id.owned())
}

/// The ids of an include's items, and how many have none.
pub(crate) fn ids_of(part: Part<'_>) -> (Vec<String>, usize) {
    let items = items(part);
    let all = items.len();
    let ids: Vec<String> = items.into_iter().filter_map(|item| id_of(Some(item))).collect();
    let odd = all - ids.len();
    (ids, odd)
}

/// Whether a flag is set; `None` if it is not said.
pub(crate) fn flag(text: &Text<'_>) -> Option<bool> {
    roster_core::decode::flag(text.get()?).map(|read| read.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Holder<'a> {
        #[serde(borrow, default)]
        x: Part<'a>,
    }

    fn ids(json: &str) -> Vec<String> {
        let holder: Holder<'_> = serde_json::from_str(json).unwrap();
        ids_of(holder.x).0
    }

    #[test]
    fn nothing_is_nothing_however_it_is_written() {
        for nothing in [
            "{}",
            r#"{"x":null}"#,
            r#"{"x":[]}"#,
            r#"{"x":{}}"#,
            r#"{"x":""}"#,
            r#"{"x":{"data":null}}"#,
            r#"{"x":{"data":[]}}"#,
            r#"{"x":{"data":{}}}"#,
            r#"{"x":{"data":[null]}}"#,
            r#"{"x":{"data":null,"meta":null}}"#,
            r#"{"x":false}"#,
        ] {
            assert!(ids(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn what_is_there_is_read_however_it_is_wrapped() {
        for (json, expected) in [
            (r#"{"x":{"data":[{"id":"A1"},{"id":2}]}}"#, vec!["A1", "2"]),
            (r#"{"x":[{"id":"A1"}]}"#, vec!["A1"]),
            (r#"{"x":{"id":"A1"}}"#, vec!["A1"]),
            (r#"{"x":{"data":{"id":"A1"}}}"#, vec!["A1"]),
            (r#"{"x":{"data":{"data":{"id":"A1"}}}}"#, vec!["A1"]),
            (r#"{"x":"A1"}"#, vec!["A1"]),
            (r#"{"x":17}"#, vec!["17"]),
            (r#"{"x":{"data":["A1","A2"]}}"#, vec!["A1", "A2"]),
            (r#"{"x":{"data":{"0":{"id":"A1"},"2":{"id":"A2"}}}}"#, vec!["A1", "A2"]),
        ] {
            assert_eq!(ids(json), expected, "{json}");
        }
    }
}
