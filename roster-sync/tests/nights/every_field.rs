//! Whatever changes in a record, and nothing else, is one update: an update that is lost is seen by nobody.
//!
//! The model's types can't be taken apart outside of their crate, so that the compiler does not say when a field is missing
//! here. Serde does: each struct tells its fields when it is read, and the samples must fill all of them.

use std::cell::RefCell;

use roster_core::{AcademicSession, Class, Course, Enrollment, Entity, Org, Person, Relationship};
use serde::{
    Deserialize, Deserializer,
    de::{
        IntoDeserializer, Visitor,
        value::{Error as Unfit, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Map, Value, json};

use super::*;

/// A record of each kind with all that there is. An id with a 2 behind it names another record of the roster.
fn samples() -> [Value; 7] {
    let ids = json!([{"scheme": "sis_id", "value": "7", "role": "student", "org": "o1"}]);
    let grades = json!([{"raw": "01", "scheme": "us", "level": "01"}]);
    let extra = json!({"shoe_size": 7});
    [
        json!({"id": "o1", "org_type": "school", "name": "Elm", "parent": "d1", "identifiers": ids, "grades": grades,
            "time_zone": "America/Denver", "derived": true, "extra": extra}),
        json!({"id": "y1", "session_type": "term", "title": "Fall", "begin": "2026-08-17", "end": "2026-12-18",
            "school_year": 2027, "parent": "y0", "org": "o1", "identifiers": ids, "derived": true, "extra": extra}),
        json!({"id": "k1", "title": "Algebra", "code": "ALG", "org": "o1", "session": "y1", "grades": grades,
            "subjects": [{"name": "Math", "code": "M"}], "identifiers": ids, "extra": extra}),
        json!({"id": "c1", "title": "Algebra 1", "code": "ALG1", "class_type": "scheduled", "state": "active", "org": "o1",
            "course": "k1", "sessions": ["y1"], "begin": "2026-08-17", "end": "2026-12-18", "grades": grades,
            "subjects": [{"name": "Math", "code": "M"}], "periods": ["1"], "location": "R12", "identifiers": ids,
            "extra": extra}),
        json!({"id": "p1", "name": {"given": "Ada", "middle": "M", "family": "Elmsworth", "full": "Ada Elmsworth",
            "preferred_given": "Addie", "preferred_middle": "N", "preferred_family": "Elms", "prefix": "Dr", "suffix": "II",
            "pronouns": "she"}, "email": "ada@elm.example", "username": "ada", "account": "active",
            "affiliations": [{"role": "student", "org": "o1", "primary": true, "begin": "2026-08-17", "end": "2027-06-04",
            "title": "Prefect"}], "groups": [{"group_type": "house", "id": "h1", "name": "Red"}], "grades": grades,
            "graduation_year": 2031, "identifiers": ids, "sensitive": {"birth_date": "2014-02-03", "gender": "f",
            "legal_name": {"given": "Adele", "middle": "L", "family": "Elmsworth-Oak"},
            "phones": [{"label": "home", "value": "555-0100"}], "emails": [{"label": "home", "value": "a@oak.example"}],
            "addresses": [{"label": "home", "lines": ["1 Elm St"], "city": "Elmton", "state": "CO", "postal_code": "80001",
            "country": "US"}], "demographics": {"city_of_birth": "Elmton"}}, "extra": extra}),
        json!({"id": "e1", "class": "c1", "person": "p1", "role": "student", "primary": true, "org": "o1",
            "begin": "2026-08-17", "end": "2026-12-18", "extra": extra}),
        json!({"id": "r1", "student": "p1", "contact": "g1", "relation": "mother", "kinds": ["guardian"], "priority": 1,
            "parental_responsibility": true, "lives_with": true, "extra": extra}),
    ]
}

/// What the samples name, and their likes, so that no school is left without students.
fn others() -> Vec<Record> {
    let mut others = vec![
        read(&json!({"record_type": "org", "id": "d1", "org_type": "district", "name": "Oak"})).unwrap(),
        read(&json!({"record_type": "academic_session", "id": "y0", "session_type": "school_year", "title": "2026"})).unwrap(),
    ];
    for sample in samples() {
        for suffix in ["2", "3"] {
            let mut other = sample.clone();
            other["id"] = json!(format!("{}{suffix}", other["id"].as_str().unwrap()));
            others.push(as_record(&other).unwrap());
        }
    }
    for (number, kind) in [("d12", "org"), ("y02", "academic_session")] {
        let (types, title) = (json!("other"), json!("Other"));
        others.push(
            read(&json!({"record_type": kind, "id": number, "org_type": types, "session_type": types, "name": title,
                "title": title}))
            .unwrap(),
        );
    }
    for contact in ["g1", "g12"] {
        let held = json!([{"role": "guardian"}]);
        others.push(read(&json!({"record_type": "person", "id": contact, "affiliations": held})).unwrap());
    }
    others
}

fn read(json: &Value) -> Option<Record> {
    serde_json::from_value(json.clone()).ok()
}

fn as_record(sample: &Value) -> Option<Record> {
    let letters = [
        ("o", "org"),
        ("y", "academic_session"),
        ("k", "course"),
        ("c", "class"),
        ("p", "person"),
        ("e", "enrollment"),
        ("r", "relationship"),
    ];
    let kind =
        letters.iter().find(|(letter, _)| sample["id"].as_str().unwrap().starts_with(letter)).unwrap().1;
    let mut tagged = sample.clone();
    tagged["record_type"] = json!(kind);
    read(&tagged)
}

/// One way in which a sample is different: where, and how it then looks.
struct Altered {
    path: Vec<String>,
    sample: Value,
}

/// Each value altered, and each value left out, one at a time.
fn altered(sample: &Value) -> Vec<Altered> {
    let mut found = Vec::new();
    let mut paths = Vec::new();
    collect(sample, &mut Vec::new(), &mut paths);
    for path in paths.iter().filter(|path| *path != &["id"]) {
        let before = as_record(sample).unwrap();
        let pointer = pointer(path);
        let differs = |sample: &Value| as_record(sample).is_some_and(|record| record != before);
        let with = |value: Value| {
            let mut altered = sample.clone();
            *altered.pointer_mut(&pointer).unwrap() = value;
            altered
        };
        let value = sample.pointer(&pointer).unwrap();
        if !value.is_object() && !value.is_array() {
            let other = others_than(value).into_iter().map(with).find(differs);
            let sample = other.unwrap_or_else(|| panic!("nothing else fits {path:?}"));
            found.push(Altered { path: path.clone(), sample });
        }
        let left_out = Some(without(sample, path)).filter(differs);
        found.extend(left_out.map(|sample| Altered { path: path.clone(), sample }));
    }
    found
}

/// Where there are values, the containers among them.
fn collect(value: &Value, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(parts) => parts.iter().map(|(name, part)| (name.clone(), part)).collect(),
        Value::Array(parts) => parts.iter().enumerate().map(|(at, part)| (at.to_string(), part)).collect(),
        _ => Vec::new(),
    };
    for (name, part) in parts {
        path.push(name);
        paths.push(path.clone());
        collect(part, path, paths);
        path.pop();
    }
}

/// Values that may stand there instead; the first that the model reads is taken.
fn others_than(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(flag) => vec![json!(!flag)],
        Value::Number(number) => vec![json!(number.as_i64().unwrap() + 1)],
        Value::String(text) => {
            [format!("{text}2").as_str(), "2026-10-01", "02", "emergency", "suspended", "uk"]
                .map(Value::from)
                .into()
        }
        _ => Vec::new(),
    }
}

fn without(sample: &Value, path: &[String]) -> Value {
    let (name, parents) = path.split_last().unwrap();
    let mut rest = sample.clone();
    match rest.pointer_mut(&pointer(parents)).unwrap() {
        Value::Object(parts) => drop(parts.remove(name)),
        Value::Array(parts) => drop(parts.remove(name.parse().unwrap())),
        _ => {}
    }
    rest
}

fn pointer(path: &[String]) -> String {
    path.iter().flat_map(|part| ["/", part.as_str()]).collect()
}

/// The fields that the log must name: one, unless what was left out holds several.
fn fields(kind: EntityKind, path: &[String]) -> Option<String> {
    let name = match (kind, path) {
        (EntityKind::Person, [part]) if part == "name" || part == "sensitive" => return None,
        (EntityKind::Person, [part, field, ..]) if part == "name" || part == "sensitive" => field,
        (EntityKind::Org, [field]) if field == "derived" => "org_type",
        (EntityKind::AcademicSession, [field]) if field == "derived" => "session_type",
        _ => &path[0],
    };
    Some(name.to_owned())
}

#[test]
fn whatever_changes_alone_is_one_update() {
    let mut request = request();
    request.extra = true;
    let mut standing: Vec<_> = others();
    standing.extend(samples().iter().map(|sample| as_record(sample).unwrap()));
    let mut count = 0;
    for sample in samples() {
        for Altered { path, sample } in altered(&sample) {
            let record = as_record(&sample).unwrap();
            let (kind, id) = (record.kind(), record.id().clone());
            let same = |other: &&Record| other.kind() != kind || *other.id() != id;
            let next = standing.iter().filter(same).cloned().chain([record.clone()]).collect::<Vec<_>>();
            // A store of its own for each: guards count what others did the same day.
            let store = MemoryStore::new();
            let run = |records| {
                sync_with(&store, night(records), |sync: RosterSync<'_>| sync.request(request.clone()))
            };
            assert_eq!(run(standing.clone()).status, Status::Applied);
            let last = block_on(store.changes(ROSTER, 0, 100_000)).unwrap().len() as u64;
            let report = run(next);
            assert_eq!(report.status, Status::Applied, "{kind} {path:?}: {:?}", report.holds);
            let changes = block_on(store.changes(ROSTER, last, 10)).unwrap();
            assert_eq!(changes.len(), 1, "{kind} {path:?}");
            assert_eq!((changes[0].op, &changes[0].record), (Op::Update, &Some(record)), "{kind} {path:?}");
            if let Some(field) = fields(kind, &path) {
                let named: Vec<_> = changes[0].changed.names(kind).collect();
                assert_eq!(named, [field], "{kind} {path:?}");
            }
            count += 1;
        }
    }
    assert!(count > 150, "{count} ways");
}

#[test]
fn the_samples_have_all_fields_of_the_model() {
    let [org, session, course, class, person, seat, relationship] = samples();
    let lacking = [
        missing::<Org>(&org),
        missing::<AcademicSession>(&session),
        missing::<Course>(&course),
        missing::<Class>(&class),
        missing::<Person>(&person),
        missing::<Enrollment>(&seat),
        missing::<Relationship>(&relationship),
    ];
    assert_eq!(lacking.concat(), Vec::<String>::new());
    let without = missing::<Class>(
        &json!({"id": "c", "title": "t", "class_type": "x", "state": "x", "subjects": [{}]}),
    );
    assert!(without.contains(&"Subject.code".to_owned()) && without.contains(&"Class.org".to_owned()));
}

/// The fields that the type has and the sample has not, at any depth.
fn missing<T: Entity + for<'de> Deserialize<'de>>(sample: &Value) -> Vec<String> {
    let missing = RefCell::default();
    T::deserialize(Asked { value: sample, missing: &missing }).map(drop).unwrap();
    missing.into_inner()
}

/// Reads a value, and notes which fields are asked for and not there.
#[derive(Clone, Copy)]
struct Asked<'a> {
    value: &'a Value,
    missing: &'a RefCell<Vec<String>>,
}

impl IntoDeserializer<'_, Unfit> for Asked<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Unfit> {
        let part = |value| Asked { value, ..self };
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => visitor.visit_i64(number.as_i64().unwrap()),
            Value::String(text) => visitor.visit_str(text),
            Value::Array(parts) => visitor.visit_seq(SeqDeserializer::new(parts.iter().map(part))),
            Value::Object(parts) => visitor.visit_map(MapDeserializer::new(
                parts.iter().map(|(name, value)| (name.as_str(), part(value))),
            )),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Unfit> {
        let empty = Map::new();
        let there = self.value.as_object().unwrap_or(&empty);
        let missing = fields.iter().filter(|field| !there.contains_key(**field));
        self.missing.borrow_mut().extend(missing.map(|field| format!("{name}.{field}")));
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Unfit> {
        self.value.as_str().unwrap_or_default().into_deserializer().deserialize_enum(name, variants, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Unfit> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> std::result::Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}
