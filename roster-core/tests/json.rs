//! Records as JSON that we write ourselves are those of `serde_json`, byte for byte.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use jiff::civil::{Date, date};
use proptest::{collection::vec, option, prelude::*, sample::Index};
use roster_core::{EntityKind, Record, jiff};
use serde_json::{Map, Value, json};

/// A record of each kind with all that there is; every text is drawn.
fn samples(text: &mut dyn FnMut() -> String, date: &mut dyn FnMut() -> Date) -> [Value; 7] {
    let identifiers = json!([{"scheme": text(), "value": text(), "role": text(), "org": text()},
        {"scheme": "sis_id", "value": text()}]);
    let grades =
        json!([{"raw": text(), "scheme": "us", "level": "01"}, {"raw": text(), "scheme": "unknown"}]);
    let subjects = json!([{"name": text(), "code": text()}, {}]);
    let extra = json!({text(): text(), "n": [1, -2.5, null, {"k": true}]});
    let affiliations = json!([{"role": text(), "org": text(), "primary": false, "begin": date(), "end": date(),
        "title": text()}, {"role": "student"}]);
    let labeled = json!([{"label": text(), "value": text()}, {"value": text()}]);
    [
        json!({"id": text(), "org_type": text(), "name": text(), "parent": text(), "identifiers": identifiers,
            "grades": grades, "time_zone": text(), "derived": true, "extra": extra}),
        json!({"id": text(), "session_type": text(), "title": text(), "begin": date(), "end": date(),
            "school_year": -7, "parent": text(), "org": text(), "identifiers": identifiers, "derived": true,
            "extra": extra}),
        json!({"id": text(), "title": text(), "code": text(), "org": text(), "session": text(), "grades": grades,
            "subjects": subjects, "identifiers": identifiers, "extra": extra}),
        json!({"id": text(), "title": text(), "code": text(), "class_type": text(), "state": text(),
            "org": text(), "course": text(), "sessions": [text(), text()], "begin": date(), "end": date(),
            "grades": grades, "subjects": subjects, "periods": [text()], "location": text(),
            "identifiers": identifiers, "extra": extra}),
        json!({"id": text(), "name": {"given": text(), "middle": text(), "family": text(), "full": text(),
            "preferred_given": text(), "preferred_middle": text(), "preferred_family": text(), "prefix": text(),
            "suffix": text(), "pronouns": text()}, "email": text(), "username": text(), "account": "archived",
            "affiliations": affiliations, "groups": [{"group_type": text(), "id": text(), "name": text()}],
            "grades": grades, "graduation_year": 2031, "identifiers": identifiers, "sensitive": {
            "birth_date": date(), "gender": text(), "legal_name": {"given": text(), "middle": text(),
            "family": text()}, "phones": labeled, "emails": labeled, "addresses": [{"label": text(), "lines":
            [text()], "city": text(), "state": text(), "postal_code": text(), "country": text()}, {}],
            "demographics": {"city_of_birth": text(), text(): text()}}, "extra": extra}),
        json!({"id": text(), "class": text(), "person": text(), "role": text(), "primary": false,
            "org": text(), "begin": date(), "end": date(), "extra": extra}),
        json!({"id": text(), "student": text(), "contact": text(), "relation": text(),
            "kinds": ["guardian", "other"], "priority": 4_000_000_000_u32, "parental_responsibility": true,
            "lives_with": false, "extra": extra}),
    ]
}

fn check(kind: EntityKind, fields: &Map<String, Value>) -> bool {
    let mut all = fields.clone();
    all.insert("record_type".to_owned(), json!(kind.as_str()));
    // A record that lacks what it must have is none.
    let Ok(record) = serde_json::from_value::<Record>(Value::Object(all)) else { return false };
    let mut written = b"before".to_vec();
    record.write_json(&mut written).unwrap();
    let wanted = serde_json::to_string(&record).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), format!("before{wanted}"));
    assert_eq!(record.kind(), kind);
    true
}

proptest! {
    #[test]
    fn the_bytes_are_those_of_serde(
        texts in vec(prop_oneof![".{0,50}", "[ -~]{0,50}", any::<String>(), "[\x00-\x20\"\\\\]{1,3}"], 8..40),
        days in vec((-9999_i16..=9999, 1_i8..=12, 1_i8..=28), 1..8),
        gone in option::of(any::<Index>()),
    ) {
        let mut texts = texts.iter().cycle().cloned();
        let mut days = days.iter().cycle().map(|(year, month, day)| date(*year, *month, *day));
        let samples = samples(&mut || texts.next().unwrap(), &mut || days.next().unwrap());
        for (kind, sample) in EntityKind::ALL.into_iter().zip(samples) {
            let mut fields = sample.as_object().unwrap().clone();
            if let Some(gone) = gone {
                let name = gone.get(&fields.keys().cloned().collect::<Vec<_>>()).clone();
                fields.remove(&name);
                check(kind, &fields);
            } else {
                prop_assert!(check(kind, &fields), "{kind}");
            }
        }
    }
}

#[test]
fn what_says_nothing_is_left_out() {
    for (kind, required) in EntityKind::ALL.into_iter().zip([
        json!({"id": "", "org_type": "school", "name": ""}),
        json!({"id": "", "session_type": "term", "title": ""}),
        json!({"id": "", "title": ""}),
        json!({"id": "", "title": "", "class_type": "x", "state": "active"}),
        json!({"id": "", "sensitive": {}, "name": {}, "affiliations": []}),
        json!({"id": "", "class": "", "person": "", "role": ""}),
        json!({"id": "", "student": "", "contact": "", "kinds": []}),
    ]) {
        assert!(check(kind, required.as_object().unwrap()), "{kind}");
    }
}
