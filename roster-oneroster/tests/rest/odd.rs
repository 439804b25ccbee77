//! Rows that can't be read, or not all of them: what follows from them is not taken for gone.

use roster_core::{
    Completeness, EntityKind, FieldSet, PersonField, PullRequest, Record, RelationshipField, Scope,
    SensitiveField,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use crate::Pulled;

/// A roster of two pupils and a parent, in one class of each of two schools, with some rows replaced.
fn roster() -> Value {
    json!({
        "orgs": [
            { "sourcedId": "s", "name": "S", "type": "school" }, { "sourcedId": "t", "name": "T", "type": "school" },
        ],
        "academicSessions": [],
        "courses": [{ "sourcedId": "k", "title": "K", "org": "s" }],
        "classes": [
            { "sourcedId": "c", "title": "C", "school": "s" }, { "sourcedId": "d", "title": "D", "school": "t" },
        ],
        "enrollments": [
            { "sourcedId": "e", "user": "u", "class": "c", "role": "student" },
            { "sourcedId": "f", "user": "v", "class": "d", "role": "student" },
        ],
        "users": [
            { "sourcedId": "p", "role": "parent" },
            { "sourcedId": "u", "role": "student", "orgs": ["s"], "agents": ["p"] },
            { "sourcedId": "v", "role": "student", "orgs": ["t"] },
        ],
        "demographics": [
            { "sourcedId": "u", "sex": "female", "birthDate": "2012-03-04" }, { "sourcedId": "v", "sex": "male" },
        ],
    })
}

async fn pulled(roster: Value, request: PullRequest) -> Pulled {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        let name = request.url.path().rsplit('/').next().unwrap_or_default().to_owned();
        let offset = request.url.query_pairs().find(|(key, _)| key == "offset");
        let offset = offset.and_then(|(_, offset)| offset.parse().ok()).unwrap_or(0);
        let rows: Vec<_> = roster[&name].as_array().unwrap().iter().skip(offset).collect();
        ResponseTemplate::new(200).set_body_json(json!({ name: rows }))
    };
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    let source = roster_oneroster::OneRosterSource::builder()
        .base_url(format!("{}/ims/oneroster/v1p1", server.uri()))
        .token("t");
    let pulled = Pulled::of(&source.build().unwrap(), request).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    pulled
}

fn all() -> PullRequest {
    PullRequest::full().with_sensitive(SensitiveField::ALL)
}

fn scoped() -> PullRequest {
    all().scoped(Scope::of_orgs(["s".into()]))
}

/// The kinds that are not whole.
fn partial(pulled: &Pulled) -> Vec<EntityKind> {
    let partial = pulled.ends.iter().filter(|(_, end)| **end != Completeness::Complete);
    partial.map(|(kind, _)| *kind).collect()
}

fn of(pulled: &Pulled, kind: EntityKind, id: &str) -> Option<(Record, FieldSet)> {
    pulled.records.get(&(kind, id.into())).cloned()
}

fn facts() -> FieldSet {
    FieldSet::of([PersonField::BirthDate, PersonField::Gender, PersonField::Demographics])
}

#[tokio::test]
async fn facts_that_cannot_be_read_are_unknown_and_not_gone() {
    let unseen = |pulled: &Pulled, id: &str| of(pulled, EntityKind::Person, id).unwrap().1;
    let whole = pulled(roster(), all()).await;
    assert!(whole.is_whole() && whole.problems.is_empty());
    assert_eq!((unseen(&whole, "u"), unseen(&whole, "p")), (FieldSet::EMPTY, FieldSet::EMPTY));
    // A list in the place of a row says nothing of whose it is; nor does an id that is none.
    for (row, named) in [
        (json!({ "sourcedId": "v", "sex": {} }), true),
        (json!(["v"]), false),
        (json!({ "sourcedId": ["v"] }), false),
    ] {
        let mut odd = roster();
        odd["demographics"][1] = row.clone();
        let pulled = pulled(odd, all()).await;
        assert_eq!(unseen(&pulled, "u"), FieldSet::EMPTY, "{row}");
        let unknown = if named { FieldSet::of([PersonField::Gender]) } else { facts() };
        assert_eq!(unseen(&pulled, "v"), unknown, "{row}");
        assert_eq!(unseen(&pulled, "p"), if named { FieldSet::EMPTY } else { facts() }, "{row}");
        assert!(partial(&pulled).is_empty() && pulled.problems.len() == 1, "{row}");
    }
}

/// A collection, the row of it that is replaced, by which, and the kinds that are not whole then without a scope and with one.
type Case = (&'static str, usize, Value, &'static [EntityKind], &'static [EntityKind]);

#[tokio::test]
async fn what_hangs_on_a_row_that_cannot_be_read_is_not_whole() {
    use EntityKind::{Class, Course, Enrollment, Org, Person, Relationship};
    let cases: [Case; 10] = [
        // What would be in scope by it; whole without a scope, but for the row itself, which its problem protects.
        ("classes", 0, json!({ "sourcedId": "c" }), &[], &[Person, Enrollment, Relationship]),
        (
            "classes",
            0,
            json!({ "sourcedId": "c", "title": "C", "school": { "href": "x" } }),
            &[],
            &[Class, Person, Enrollment, Relationship],
        ),
        ("classes", 0, json!(["c"]), &[Class], &[Class, Person, Enrollment, Relationship]),
        (
            "enrollments",
            0,
            json!({ "sourcedId": "e", "user": "u", "class": {}, "role": "student" }),
            &[],
            &[Person, Relationship],
        ),
        ("orgs", 0, json!({ "sourcedId": "s", "name": "S", "parent": { "href": "x" } }), &[], &[Org, Course]),
        ("courses", 0, json!({ "sourcedId": "k", "title": "K", "orgs": [{ "href": "x" }] }), &[], &[Course]),
        (
            "users",
            1,
            json!({ "sourcedId": "u", "role": ["student"], "agents": ["p"] }),
            &[Relationship],
            &[Person, Relationship],
        ),
        (
            "users",
            1,
            json!({ "sourcedId": "u", "role": "student", "agents": [{ "href": "x" }] }),
            &[Relationship],
            &[Person, Relationship],
        ),
        (
            "users",
            2,
            json!({ "sourcedId": "v", "role": "student", "orgs": [{ "href": "x" }] }),
            &[],
            &[Person, Relationship],
        ),
        (
            "users",
            1,
            json!({ "sourcedId": "u", "role": "student", "orgs": ["s"], "grades": [{}], "agents": ["p"] }),
            &[],
            &[],
        ),
    ];
    for (collection, at, row, unscoped, in_scope) in cases {
        let mut odd = roster();
        odd[collection][at] = row.clone();
        for (request, kinds) in [(all(), unscoped), (scoped(), in_scope)] {
            let pulled = pulled(odd.clone(), request).await;
            let mut kinds = kinds.to_vec();
            kinds.sort_unstable();
            assert_eq!(partial(&pulled), kinds, "{row}");
            for kind in kinds {
                let Completeness::Partial { reason, .. } = &pulled.ends[&kind] else { panic!("{row}") };
                assert!(reason.starts_with(&format!("/{collection} page 1: ")), "{reason}");
            }
        }
    }
}

/// What is read for the scope alone is not told of, and counts all the same.
#[tokio::test]
async fn a_row_that_is_read_for_the_scope_alone_leaves_doubts_too() {
    for (collection, row) in [
        ("classes", json!({ "sourcedId": "c" })),
        ("enrollments", json!({ "sourcedId": "e", "user": "u" })),
        ("classes", json!({ "sourcedId": "c", "title": "C", "school": [[]], "terms": [], "course": {} })),
    ] {
        let mut odd = roster();
        odd[collection][0] = row.clone();
        let is_empty = row["school"] == json!([[]]);
        let pulled = pulled(odd, scoped().only([EntityKind::Person])).await;
        let kinds: &[_] = if is_empty { &[] } else { &[EntityKind::Person] };
        assert_eq!(partial(&pulled), kinds, "{row}");
    }
}

/// A contact whose role can't be read is none that is known to be nothing to the pupil.
#[tokio::test]
async fn a_relation_is_unknown_where_the_contact_is() {
    let unknown = FieldSet::of([RelationshipField::Relation, RelationshipField::Kinds]);
    for row in [
        json!({ "sourcedId": "p", "roles": ["parent"] }),
        json!({ "sourcedId": "p", "role": {} }),
        json!({ "sourcedId": "p", "role": {}, "agents": ["u"] }),
        json!(["p"]),
    ] {
        let mut odd = roster();
        odd["users"][0] = row.clone();
        let pulled = pulled(odd, all()).await;
        assert!(partial(&pulled).contains(&EntityKind::Relationship), "{row}");
        let mut relations = pulled.records.iter().filter(|((kind, _), _)| *kind == EntityKind::Relationship);
        let Some((_, (Record::Relationship(relation), unseen))) = relations.next() else { panic!("{row}") };
        assert_eq!(
            (relation.student.as_str(), relation.contact.as_str(), *unseen),
            ("u", "p", unknown),
            "{row}"
        );
        assert!(relations.next().is_none(), "{row}");
    }
}
