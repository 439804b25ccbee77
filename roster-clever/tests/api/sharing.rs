//! What is shared of people is told by all of them together: Clever writes "none" and "not shared" alike, person by person.

use std::sync::{Arc, Mutex};

use roster_core::{
    Completeness, EntityKind, FieldSet, Person, PersonField, PullEvent, PullMode, PullRequest, Record, Role,
    SensitiveField, Slice,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use super::{
    Told, pull,
    recorded::{DISTRICT, source},
};

/// A district whose people a test may change, in pages of as many as are asked for.
struct Town {
    server: MockServer,
    people: Arc<Mutex<Vec<Value>>>,
}

impl Town {
    async fn of(people: Vec<Value>) -> Self {
        let (server, people) = (MockServer::start().await, Arc::new(Mutex::new(people)));
        for list in ["schools", "terms", "courses", "sections", "events"] {
            Mock::given(path(format!("/v3.1/{list}")))
                .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [], "links": [] })))
                .mount(&server)
                .await;
        }
        let district =
            json!({ "data": [{ "data": { "id": DISTRICT, "name": "Hill Unified" } }], "links": [] });
        Mock::given(path("/v3.1/districts"))
            .respond_with(ResponseTemplate::new(200).set_body_json(district))
            .mount(&server)
            .await;
        let held = Arc::clone(&people);
        Mock::given(path("/v3.1/users"))
            .respond_with(move |request: &Request| page(&held.lock().unwrap(), request, asked_limit(request)))
            .mount(&server)
            .await;
        Self { server, people }
    }

    /// The same of each of the people.
    fn each(&self, change: impl Fn(usize, &mut Value)) {
        for (number, person) in self.people.lock().unwrap().iter_mut().enumerate() {
            change(number, person);
        }
    }

    /// Pulls in full, two a page, with what an earlier pull remembers.
    async fn pull(&self, before: Option<&Told>) -> Told {
        let mut request = PullRequest::full().with_sensitive(SensitiveField::ALL);
        (request.mode, request.page_size) = (PullMode::Full, Some(2));
        request.cursor = before.and_then(Told::cursor);
        pull(&source(&self.server, "3.1"), request).await.whole()
    }

    async fn pages(&self, role: &str) -> usize {
        let sent = self.server.received_requests().await.unwrap();
        let is_of =
            |request: &Request| request.url.query().unwrap_or_default().contains(&format!("role={role}"));
        sent.iter().filter(|request| is_of(request)).count()
    }
}

fn asked_limit(request: &Request) -> usize {
    request.url.query_pairs().find(|(name, _)| name == "limit").unwrap().1.parse().unwrap()
}

fn page(people: &[Value], request: &Request, limit: usize) -> ResponseTemplate {
    let asked = |key: &str| {
        request.url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
    };
    let role = asked("role").unwrap();
    let after = asked("starting_after").unwrap_or_default();
    let held: Vec<_> = people
        .iter()
        .filter(|person| {
            person["roles"].get(&role).is_some() && person["id"].as_str().unwrap() > after.as_str()
        })
        .collect();
    let shown: Vec<_> = held.iter().take(limit).map(|person| json!({ "data": person })).collect();
    let mut links = vec![json!({ "rel": "self", "uri": "/v3.1/users" })];
    if held.len() > limit {
        let last = &held[limit - 1]["id"];
        links.push(
            json!({ "rel": "next", "uri": format!("/v3.1/users?starting_after={}", last.as_str().unwrap()) }),
        );
    }
    ResponseTemplate::new(200).set_body_json(json!({ "data": shown, "links": links }))
}

fn student(number: usize) -> Value {
    json!({ "id": format!("65f00000000000000000000{number}"), "district": DISTRICT, "name": { "first": "Ada", "last": "Moss" }, "roles": {
        "student": {
            "school": "s", "schools": ["s"], "enrollments": [], "sis_id": number.to_string(), "dob": "2/11/2012", "gender": "F",
            "race": "Asian", "frl_status": "Free", "location": { "city": "Hill" },
        },
    } })
}

/// Six pupils, and so three pages.
async fn pupils() -> Town {
    Town::of((1..=6).map(student).collect()).await
}

fn facts(person: &mut Value) -> &mut Value {
    &mut person["roles"]["student"]
}

/// What a host has of each of the people in the end: the last that was told, and what of that is unknown.
fn people(told: &Told) -> Vec<(Person, FieldSet)> {
    let mut people = std::collections::BTreeMap::new();
    for event in &told.events {
        if let PullEvent::Upsert { record: Record::Person(person), unseen, .. } = event {
            people.insert(person.id.clone(), ((**person).clone(), *unseen));
        }
    }
    people.into_values().collect()
}

const KEPT: [PersonField; 4] =
    [PersonField::BirthDate, PersonField::Gender, PersonField::Addresses, PersonField::Demographics];

fn unknown(told: &Told, field: PersonField) -> Vec<bool> {
    people(told).iter().map(|(_, unseen)| unseen.contains(field)).collect()
}

#[tokio::test]
async fn what_stands_on_the_last_page_alone_is_shared_on_the_first_too() {
    let town = pupils().await;
    let full = town.pull(None).await;
    assert_eq!(town.pages("student").await, 3);
    town.each(|number, person| {
        if number < 4 {
            let facts = facts(person);
            for key in ["frl_status", "dob", "gender", "location"] {
                facts.as_object_mut().unwrap().remove(key);
            }
        }
    });
    let told = town.pull(Some(&full)).await;
    assert!(!told.codes().contains(&"not_shared"), "{:?}", told.codes());
    for field in KEPT {
        assert_eq!(unknown(&told, field), [false; 6], "{field:?}");
    }
    let people = people(&told);
    assert_eq!(people[0].0.sensitive.as_deref().unwrap().demographics.len(), 1);
    assert_eq!(people[0].0.sensitive.as_deref().unwrap().birth_date, None);
    // Nobody is left out or counted for another: those of the first pages are told again, after those of the last.
    assert_eq!(told.count(EntityKind::Person), 6);
    // The third may be under way before it is known that nobody there was unsure.
    let pages = town.pages("student").await;
    assert!(matches!(pages, 8 | 9), "{pages}");
}

#[tokio::test]
async fn who_came_in_large_pages_is_told_again_in_smaller_ones_too() {
    let town = pupils().await;
    let people_of = Arc::clone(&town.people);
    // Four a page; the second is too large for the server, which then gives two.
    let answer = move |request: &Request| match asked_limit(request) {
        10_000 if request.url.query().unwrap().contains("starting_after") => ResponseTemplate::new(413),
        10_000 => page(&people_of.lock().unwrap(), request, 4),
        _ => page(&people_of.lock().unwrap(), request, 2),
    };
    Mock::given(path("/v3.1/users")).respond_with(answer).with_priority(1).mount(&town.server).await;
    let request = || PullRequest::full().with_sensitive(SensitiveField::ALL);
    let full = pull(&source(&town.server, "3.1"), request()).await.whole();
    town.each(|number, person| {
        if number < 4 {
            facts(person)["dob"] = Value::Null;
        }
    });
    let mut next = request();
    next.cursor = full.cursor();
    let told = pull(&source(&town.server, "3.1"), next).await.whole();
    assert_eq!(unknown(&told, PersonField::BirthDate), [false; 6]);
    assert_eq!(people(&told)[3].0.sensitive.as_deref().unwrap().birth_date, None);
}

#[tokio::test]
async fn what_is_shared_no_longer_is_kept_and_that_is_told() {
    let town = pupils().await;
    let full = town.pull(None).await;
    town.each(|_, person| {
        let facts = facts(person);
        (facts["frl_status"], facts["dob"]) = (json!(""), Value::Null);
    });
    let told = town.pull(Some(&full)).await;
    let message = |told: &Told| {
        let of = told.problems().into_iter().filter(|problem| problem.code == "not_shared");
        of.map(|problem| problem.message.clone()).collect::<Vec<_>>()
    };
    let said = message(&told);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("birth_date, meal_status") && !said[0].contains("race"), "{said:?}");
    assert_eq!(
        (unknown(&told, PersonField::Demographics), unknown(&told, PersonField::BirthDate)),
        (vec![true; 6], vec![true; 6])
    );
    assert_eq!(unknown(&told, PersonField::Gender), [false; 6]);
    // Who is there is known all the same.
    assert_eq!(*told.end(EntityKind::Person), Completeness::Complete);
    // It is remembered, and told each time, at no cost.
    let before = town.pages("student").await;
    let again = town.pull(Some(&told)).await;
    assert_eq!((message(&again), town.pages("student").await - before), (said, 3));
    // Shared again: nothing is kept for longer.
    town.each(|_, person| *facts(person) = facts(&mut student(1)).clone());
    let shared = town.pull(Some(&again)).await;
    assert!(message(&shared).is_empty());
    assert_eq!(unknown(&shared, PersonField::Demographics), [false; 6]);
}

#[tokio::test]
async fn a_rare_fact_that_goes_with_its_last_pupil_keeps_nothing() {
    // One pupil of thirty has a home language; all have a race.
    let numbered = |number: usize| {
        let mut pupil = student(1);
        pupil["id"] = json!(format!("65f0000000000000000000{number:02}"));
        pupil
    };
    let town = Town::of((10..40).map(numbered).collect()).await;
    town.each(|number, person| {
        if number == 0 {
            facts(person)["home_language_code"] = json!("es");
        }
    });
    let full = town.pull(None).await;
    town.each(|number, person| {
        if number == 0 {
            facts(person).as_object_mut().unwrap().remove("home_language_code");
        }
    });
    let told = town.pull(Some(&full)).await;
    assert!(!told.codes().contains(&"not_shared"), "{:?}", told.codes());
    assert_eq!(unknown(&told, PersonField::Demographics), [false; 30]);
    assert_eq!(people(&told)[0].0.sensitive.as_deref().unwrap().demographics.len(), 2);
}

#[tokio::test]
async fn what_one_pupil_has_no_longer_is_gone_while_others_keep_theirs() {
    let town = pupils().await;
    let full = town.pull(None).await;
    town.each(|number, person| {
        if number == 2 {
            let facts = facts(person);
            for key in ["frl_status", "race", "dob", "gender", "location"] {
                facts[key] = json!("");
            }
        }
    });
    let told = town.pull(Some(&full)).await;
    let people = people(&told);
    assert_eq!((&people[2].0.sensitive, KEPT.map(|field| people[2].1.contains(field))), (&None, [false; 4]));
    assert!(!told.codes().contains(&"not_shared"));
}

#[tokio::test]
async fn a_value_that_can_not_be_read_is_unknown_though_it_is_shared() {
    let town = pupils().await;
    let full = town.pull(None).await;
    town.each(|number, person| {
        if number == 0 {
            let facts = facts(person);
            (facts["dob"], facts["gender"], facts["location"]) =
                (json!("soon"), json!(["F"]), json!("CanaryStreet"));
            facts["frl_status"] = json!({});
        }
    });
    let told = town.pull(Some(&full)).await;
    assert_eq!(KEPT.map(|field| people(&told)[0].1.contains(field)), [true; 4]);
    assert_eq!(KEPT.map(|field| people(&told)[1].1.contains(field)), [false; 4]);
}

#[tokio::test]
async fn what_was_never_shared_is_unknown_and_no_news() {
    let town = pupils().await;
    town.each(|_, person| {
        *facts(person) = json!({ "school": "s", "schools": ["s"], "enrollments": [], "sis_id": "1" });
    });
    let full = town.pull(None).await;
    let again = town.pull(Some(&full)).await;
    for told in [&full, &again] {
        assert!(!told.codes().contains(&"not_shared"));
        for field in KEPT {
            assert_eq!(unknown(told, field), [true; 6], "{field:?}");
        }
    }
    assert_eq!(town.pages("student").await, 6);
}

#[tokio::test]
async fn phones_of_contacts_are_told_by_all_contacts() {
    let contact = |number: usize| {
        json!({ "id": format!("65f0000000000000000000c{number}"), "name": { "last": "Ada Moss" }, "roles": { "contact": {
            "phone": "555-0100", "phone_type": "Cell", "student_relationships": [{ "student": "65f000000000000000000001" }],
        } } })
    };
    let town = Town::of((1..=4).map(contact).chain([student(1)]).collect()).await;
    let full = town.pull(None).await;
    let phones = |told: &Told| {
        let contacts = people(told).into_iter().filter(|(person, _)| person.has_role(&Role::Contact));
        contacts.map(|(_, unseen)| unseen.contains(PersonField::Phones)).collect::<Vec<_>>()
    };
    assert_eq!(phones(&full), [false; 4]);
    town.each(|number, person| {
        if number == 0 {
            person["roles"]["contact"]["phone"] = json!("");
        }
    });
    let one = town.pull(Some(&full)).await;
    assert_eq!(phones(&one), [false; 4]);
    town.each(|_, person| {
        if let Some(contact) = person["roles"].get_mut("contact") {
            contact["phone"] = json!("");
        }
    });
    let none = town.pull(Some(&one)).await;
    assert_eq!(phones(&none), [true; 4]);
    let told = none.problems().into_iter().find(|problem| problem.code == "not_shared").unwrap();
    assert!(told.message.contains("phones"), "{}", told.message);
    assert!(none.ends(EntityKind::Relationship).contains(&(&Slice::All, &Completeness::Complete)));
}
