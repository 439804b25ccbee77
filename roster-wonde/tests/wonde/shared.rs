//! What a school shares no longer, and what was refused for a moment only.

use roster_core::{
    ClassField, EntityKind, IdentifierScheme, Person, PersonField, PullRequest, Record, RelationshipField,
    Role, SensitiveField,
};
use roster_sync::{MemoryStore, RosterSync, Status, Store};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{WondeOptions, WondeSandbox},
};
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{path, query_param_contains},
};

use super::{
    Told, cx,
    foreign::{self, fixture},
    pull, source,
};

/// A school that does not tell what it shares.
fn sandbox() -> WondeSandbox {
    let district = DistrictSpec::new(7).students(200).generate();
    WondeSandbox::start_with(district, WondeOptions::default().hiding_permissions()).unwrap()
}

fn student(record: &Record) -> Option<&Person> {
    match record {
        Record::Person(person) if person.has_role(&Role::Student) => Some(person),
        _ => None,
    }
}

fn students(told: &Told) -> Vec<&Person> {
    told.records.values().filter_map(student).collect()
}

fn has_upn(person: &Person) -> bool {
    person.identifiers.iter().any(|number| number.scheme == IdentifierScheme::Upn)
}

fn told_gone(told: &Told) -> Vec<&str> {
    let gone = told.problems.iter().filter(|problem| problem.code == "values_gone");
    gone.map(|problem| problem.message.split('`').nth(1).unwrap()).collect()
}

#[tokio::test]
async fn what_turns_null_for_everybody_is_unknown() {
    let sandbox = sandbox();
    let school = sandbox.schools()[0].clone();
    let source = source(&sandbox, &school);
    let first = pull(&source, PullRequest::full()).await;
    assert!(students(&first).iter().filter(|one| has_upn(one)).count() > 50);
    assert!(told_gone(&first).is_empty());
    sandbox.grant(&school, "students.upn.read", false);
    // And one pupil has no address any more.
    let mut lost = None;
    sandbox.edit(|district| {
        let at_school = &district.orgs.iter().find(|org| org.name.contains("Elementary")).unwrap().id;
        let with_email = |one: &&mut Person| {
            one.email.is_some()
                && one
                    .affiliations
                    .iter()
                    .any(|held| held.role == Role::Student && held.org.as_ref() == Some(at_school))
        };
        let one = district.people.iter_mut().find(with_email).unwrap();
        one.email = None;
        lost = one.name.family.clone();
    });
    let mut request = PullRequest::full();
    request.cursor = first.cursor.clone();
    for _ in 0..2 {
        // The second pull remembers it too.
        let told = pull(&source, request.clone()).await;
        assert!(told.error.is_none(), "{:?}", told.error);
        assert_eq!(told_gone(&told), ["students.identifiers.upn"]);
        for one in students(&told) {
            let unseen = told.unseen[&one.id];
            assert!(!has_upn(one) && unseen.contains(PersonField::Identifiers));
            assert!(!unseen.contains(PersonField::Email) && !unseen.contains(PersonField::Given));
        }
        let gone = students(&told).into_iter().filter(|one| one.email.is_none()).count();
        let before = students(&first).into_iter().filter(|one| one.email.is_none()).count();
        assert_eq!((gone, lost.is_some()), (before + 1, true));
        request.cursor = told.cursor;
    }
    // Those who changed since come one by one, and are not blanked either.
    sandbox
        .edit(|district| district.people.iter_mut().for_each(|one| one.name.middle = Some("Kit".to_owned())));
    let told = pull(&source, PullRequest::changes(request.cursor.clone().unwrap())).await;
    assert!(!students(&told).is_empty());
    assert!(students(&told).iter().all(|one| told.unseen[&one.id].contains(PersonField::Identifiers)));
    request.cursor = told.cursor;

    sandbox.grant(&school, "students.upn.read", true);
    let told = pull(&source, request).await;
    assert!(told_gone(&told).is_empty());
    for one in students(&told).into_iter().filter(|one| has_upn(one)) {
        assert!(!told.unseen[&one.id].contains(PersonField::Identifiers));
    }
}

#[tokio::test]
async fn of_nearly_everybody_is_of_everybody_and_the_host_keeps_it() {
    let sandbox = sandbox();
    let school = sandbox.schools()[0].clone();
    let source = source(&sandbox, &school);
    let store = MemoryStore::new();
    let sync = RosterSync::new(&store, school.clone()).request(PullRequest::full());
    assert_eq!(sync.run(&source, &cx()).await.unwrap().status, Status::Applied);
    let emails = async || {
        let page = store.records(&school, Some(EntityKind::Person), None, 1000).await.unwrap();
        page.items
            .into_iter()
            .filter(|stored| matches!(&stored.record, Some(Record::Person(person)) if person.email.is_some()))
            .count()
    };
    let before = emails().await;
    assert!(before > 50, "{before}");
    sandbox.edit(|district| {
        let people = district.people.iter_mut().filter(|one| !one.id.ends_with('3'));
        people.for_each(|one| one.email = None);
    });
    for _ in 0..2 {
        let report = RosterSync::new(&store, school.clone())
            .request(PullRequest::full())
            .full(true)
            .run(&source, &cx())
            .await
            .unwrap();
        assert!(matches!(report.status, Status::Applied | Status::Unchanged), "{:?}", report.holds);
        assert_eq!(emails().await, before);
        assert!(report.report.iter().any(|group| group.code == "values_gone"));
    }
}

#[tokio::test]
async fn what_is_gone_of_all_relationships_and_classes_is_unknown_too() {
    let sandbox = sandbox();
    let school = sandbox.schools()[1].clone();
    let source = source(&sandbox, &school);
    let request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    let first = pull(&source, request.clone()).await;
    assert!(told_gone(&first).is_empty());
    sandbox.edit(|district| {
        district.relationships.iter_mut().for_each(|tie| tie.parental_responsibility = None);
        district.classes.iter_mut().for_each(|class| class.course = None);
        // One that is lost is lost.
        let tie = district.relationships.iter_mut().find(|tie| tie.relation.is_some());
        tie.unwrap().relation = None;
    });
    let mut again = request.clone();
    again.cursor = first.cursor;
    for _ in 0..2 {
        let told = pull(&source, again.clone()).await;
        assert!(told.error.is_none(), "{:?}", told.error);
        let gone = told_gone(&told);
        let responsible = "relationships.parental_responsibility";
        assert!(gone.contains(&"classes.course") && gone.contains(&responsible), "{gone:?}");
        let (mut ties, mut classes) = (0, 0);
        for record in told.records.values() {
            let unseen = told.unseen[record.id()];
            match record {
                Record::Relationship(_) => {
                    ties += 1;
                    assert!(unseen.contains(RelationshipField::ParentalResponsibility));
                    assert!(!unseen.contains(RelationshipField::Relation));
                }
                Record::Class(_) => {
                    classes += 1;
                    assert!(unseen.contains(ClassField::Course) && !unseen.contains(ClassField::Title));
                }
                _ => {}
            }
        }
        assert!(ties > 20 && classes > 2, "{ties} {classes}");
        again.cursor = told.cursor;
    }
}

#[tokio::test]
async fn a_refusal_of_a_moment_is_over_at_the_next_pull() {
    let lists = [("students", fixture("students_no_pagination")), ("employees", fixture("employees"))];
    let server = foreign::school(&lists).await;
    Mock::given(path("/v1.0/schools/A1000000001/students"))
        .and(query_param_contains("include", "education_details"))
        .respond_with(ResponseTemplate::new(403))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    let source = foreign::source(&server);
    let told = pull(&source, PullRequest::full()).await;
    assert!(told.error.is_none() && told.codes().contains(&"capability_missing"), "{:?}", told.codes());
    let told = pull(&source, PullRequest::full()).await;
    assert!(!told.codes().contains(&"capability_missing"), "{:?}", told.problems);
}

#[tokio::test]
async fn a_server_that_fails_withholds_nothing() {
    let list = "/v1.0/schools/A1000000001/students";
    for (status, with_refusal) in [(503, true), (500, false), (501, false), (501, true)] {
        let server = foreign::school(&[("employees", fixture("employees"))]).await;
        if with_refusal {
            let refusal = ResponseTemplate::new(403).set_body_json(json!({}));
            Mock::given(path(list))
                .and(query_param_contains("include", "a"))
                .respond_with(refusal)
                .with_priority(1)
                .mount(&server)
                .await;
        }
        let failure = ResponseTemplate::new(status);
        Mock::given(path(list)).respond_with(failure).with_priority(2).mount(&server).await;
        let told = pull(&foreign::source(&server), PullRequest::full()).await;
        assert_eq!(told.error.unwrap().status(), Some(status), "{with_refusal}");
        assert!(told.ends.is_empty());
        assert!(!told.problems.iter().any(|problem| problem.code == "refused_collection"));
    }
}
