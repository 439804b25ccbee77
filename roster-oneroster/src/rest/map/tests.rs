use roster_core::{AccountState, IdentifierScheme, Role};

use super::*;

fn read(collection: Collection, body: &str, wants: &Wants) -> Vec<Row> {
    rows(collection, body.as_bytes(), wants, &place(collection, None, 3)).unwrap()
}

fn all() -> Wants {
    Wants { sensitive: SensitiveField::ALL.into(), extra: false }
}

fn person(row: &Row) -> &roster_core::Person {
    match &row.said {
        Said::Record(Record::Person(person), _) => person,
        _ => panic!("no person"),
    }
}

const USERS: &str = r#"{"users": [
    {"sourcedId": "u1", "status": "active", "dateLastModified": "2026-08-01T00:00:00.000Z", "enabledUser": "true",
     "username": "tallis", "givenName": "Wren", "familyName": "Tallis", "role": "teacher",
     "orgs": [{"href": "x", "sourcedId": "s1", "type": "org"}, {"sourcedId": "s2"}], "identifier": "0042",
     "userIds": [{"type": "SIS", "identifier": 77}], "email": "w@x.example", "phone": "555", "password": "CanarySecret",
     "grades": "9, 10", "metadata": {"room": "B2", "password": "CanarySecret"}, "shoe": null},
    {"sourcedId": 2, "enabledUser": false, "role": "student", "orgs": "s1", "agents": ["g1"], "dateLastModified": "2026-08-01"},
    {"sourcedId": "u3", "enabledUser": 1, "primaryOrg": "s2", "roles": [
        {"roleType": "primary", "role": "siteAdministrator", "org": {"sourcedId": "s1"}, "beginDate": "2026-08-01"},
        {"roleType": "secondary", "role": "parent", "org": {"sourcedId": "s2"}}],
     "userProfiles": [{"profileId": "p", "vendorId": "acme", "credentials": [{"type": "pw", "username": "wt", "password": "CanarySecret"}]}]},
    {"sourcedId": "u4", "role": "parent", "orgs": ["s1"]},
    {"sourcedId": "u5", "status": "tobedeleted"},
    {"sourcedId": "u6", "role": ""},
    {"sourcedId": "u7", "role": "student", "roles": "x"},
    {"givenName": "Nobody"}
]}"#;

#[test]
fn users_of_both_versions_are_people() {
    let rows = read(Collection::Users, USERS, &all());
    let first = person(&rows[0]);
    assert_eq!((first.account, first.affiliations.len(), first.grades.len()), (AccountState::Active, 2, 2));
    let number = |scheme: IdentifierScheme| {
        first.identifiers.iter().find(|id| id.scheme == scheme).map(|id| id.value.as_str())
    };
    assert_eq!(
        (number(IdentifierScheme::SisId), number(IdentifierScheme::StaffNumber)),
        (Some("77"), Some("0042"))
    );
    let second = person(&rows[1]);
    assert_eq!((second.id.as_str(), second.account), ("2", AccountState::Suspended));
    let Said::Record(_, agents) = &rows[1].said else { panic!() };
    assert_eq!((agents[0].as_str(), rows[1].modified, rows[0].modified), ("g1", Stamp::Day, Stamp::Fine));
    let third = person(&rows[2]);
    let roles: Vec<_> = third.affiliations.iter().map(|it| (it.role.clone(), it.primary)).collect();
    assert_eq!(roles, [(Role::SiteAdministrator, Some(true)), (Role::Parent, Some(false))]);
    assert_eq!(third.identifiers[0].value, "wt");
    assert_eq!(rows[2].problems.iter().map(|it| it.code.as_ref()).collect::<Vec<_>>(), ["flag_form"]);
    assert!(matches!(rows[4].said, Said::Gone));
    assert!(rows[5].unseen.contains(roster_core::PersonField::Affiliations));
    assert!(
        matches!(&rows[6].said, Said::Unreadable(it) if it.protects().is_some_and(|(_, id)| id.as_str() == "u7"))
    );
    assert!(matches!(&rows[7].said, Said::Unreadable(it) if it.protects().is_none() && it.kind.is_some()));
}

#[test]
fn contacts_and_what_is_sensitive_need_asking() {
    let rows = read(Collection::Users, USERS, &Wants::default());
    assert!(person(&rows[0]).sensitive.is_none());
    assert!(matches!(rows[3].said, Said::Nothing));
    assert_eq!(person(&rows[2]).affiliations.len(), 1);
    // It may be a contact.
    assert!(matches!(&rows[5].said, Said::Unreadable(it) if it.code == codes::MISSING_ROLE));
    assert!(matches!(&rows[1].said, Said::Record(_, agents) if agents.is_empty()));
}

#[test]
fn extra_is_what_is_not_read_and_never_a_secret() {
    let rows = read(Collection::Users, USERS, &Wants { extra: true, ..all() });
    let extra = &person(&rows[0]).extra;
    assert_eq!(extra.keys().collect::<Vec<_>>(), ["metadata.room"]);
    for row in &rows {
        if let Said::Record(record, _) = &row.said {
            assert!(!serde_json::to_string(record).unwrap().contains("Canary"));
        }
    }
}

#[test]
fn dates_are_cut_and_seats_need_their_parts() {
    let body = r#"{"enrollments": [
        {"sourcedId": "e1", "user": {"sourcedId": "u"}, "class": "c", "school": null, "role": "student", "primary": "False",
         "beginDate": "2026-08-01T23:00:00-08:00", "endDate": "soon"},
        {"sourcedId": "e2", "user": {}, "class": "c", "role": "student"},
        {"sourcedId": "e3", "user": "u", "class": "c", "role": "student", "status": "inactive"}
    ]}"#;
    let rows = read(Collection::Enrollments, body, &all());
    let Said::Record(Record::Enrollment(seat), _) = &rows[0].said else { panic!() };
    assert_eq!(
        (seat.begin.unwrap().to_string().as_str(), seat.end, seat.primary),
        ("2026-08-01", None, Some(false))
    );
    assert!(rows[0].unseen.contains(roster_core::EnrollmentField::End));
    assert_eq!(rows[0].problems[0].place, Some(place(Collection::Enrollments, None, 3)));
    assert!(matches!(&rows[1].said, Said::Unreadable(it) if it.field.as_deref() == Some("user")));
    assert!(matches!(rows[2].said, Said::Gone));
}

/// What such a value says is unknown, and not empty: a host keeps what it had.
#[test]
fn a_value_that_is_no_text_is_told_and_empties_nothing() {
    use roster_core::{AcademicSessionField as OfSession, ClassField as OfClass, PersonField as OfPerson};
    let odd = |collection: Collection, row: &str| {
        let body = format!(r#"{{"{}": [{row}]}}"#, collection.key());
        let row = read(collection, &body, &all()).remove(0);
        assert!(matches!(row.said, Said::Record(..)));
        assert!(row.problems.iter().all(|it| it.code == codes::MALFORMED_VALUE));
        (row.problems.len(), row.unseen)
    };
    let user = r#"{"sourcedId": "u", "role": "student", "orgs": ["s"], "givenName": ["Wren"], "username": 1e300, "email": {"work": "w@x.example"},
        "enabledUser": {"value": true}, "identifier": [], "sms": {}}"#;
    let fields = [
        OfPerson::Given,
        OfPerson::Username,
        OfPerson::Email,
        OfPerson::Account,
        OfPerson::Identifiers,
        OfPerson::Phones,
    ];
    assert_eq!(odd(Collection::Users, user), (6, FieldSet::of(fields)));
    let session = r#"{"sourcedId": "t", "title": "T", "type": {}, "startDate": {}, "endDate": [], "schoolYear": {"year": 2027}}"#;
    let fields = [OfSession::SessionType, OfSession::Begin, OfSession::End, OfSession::SchoolYear];
    assert_eq!(odd(Collection::AcademicSessions, session), (4, FieldSet::of(fields)));
    let class = r#"{"sourcedId": "c", "title": "C", "classType": [], "classCode": {}, "location": {}, "school": "s", "course": {"sourcedId": {"value": "k"}}}"#;
    let fields = [OfClass::ClassType, OfClass::Code, OfClass::Location, OfClass::Course];
    assert_eq!(odd(Collection::Classes, class), (4, FieldSet::of(fields)));
}

#[test]
fn facts_are_taken_as_far_as_they_were_asked_for() {
    let body = r#"{"demographics": [{"sourcedId": "u1", "birthDate": "2012-03-04", "sex": "female", "asian": true,
        "white": "False", "cityOfBirth": "Ely", "shoeSize": "7"}]}"#;
    let wants = Wants { sensitive: [SensitiveField::Demographics].into(), extra: false };
    let rows = read(Collection::Demographics, body, &wants);
    let Said::Facts(facts) = &rows[0].said else { panic!() };
    assert!(facts.birth_date.is_none() && facts.gender.is_none());
    let facts: Vec<_> = facts.demographics.values().map(String::as_str).collect();
    assert_eq!(facts, ["true", "false", "Ely"]);
}

#[test]
fn the_rest_of_a_roster() {
    let body = r#"{"classes": [{"sourcedId": "c", "title": "Botany", "classType": "scheduled", "course": {"sourcedId": "k"},
        "school": {"sourcedId": "s"}, "terms": [{"sourcedId": "t"}], "periods": "1,2", "subjects": ["Biology", "Art"],
        "subjectCodes": [null, "05"], "status": "inactive"}]}"#;
    let rows = read(Collection::Classes, body, &all());
    let Said::Record(Record::Class(class), _) = &rows[0].said else { panic!() };
    assert_eq!((class.state.clone(), class.periods.len()), (roster_core::ClassState::Inactive, 2));
    assert!(
        class
            .subjects
            .iter()
            .any(|subject| subject.name.as_deref() == Some("Art") && subject.code.as_deref() == Some("05"))
    );
    let body = r#"{"orgs": [{"sourcedId": "s", "name": "", "type": "school"}]}"#;
    let rows = read(Collection::Orgs, body, &all());
    assert!(matches!(&rows[0].said, Said::Unreadable(it) if it.code == codes::MISSING_REQUIRED));
}

/// The first two are one number for whoever rounds them, and the third is no number for anybody.
#[test]
fn ids_are_the_digits_that_are_written_however_many() {
    let numbers = ["18446744073709551616", "18446744073709551617", &"7".repeat(400), "-9223372036854775809"];
    let seats = numbers.map(|number| {
        format!(
            r#"{{"sourcedId": {number}, "user": {number}, "class": {{"sourcedId": {number}}}, "role": "student"}}"#
        )
    });
    let seats = seats.join(",");
    // Among them may be a row that is none, and the host may want what the model has no place for.
    for (odd, extra) in [("", false), ("5,", false), ("", true), ("null,", true)] {
        let body = format!(r#"{{"enrollments": [{odd}{seats}]}}"#);
        let rows = read(Collection::Enrollments, &body, &Wants { extra, ..all() });
        let seats = rows.iter().filter_map(|row| match &row.said {
            Said::Record(Record::Enrollment(seat), _) => Some([&seat.id, &seat.person, &seat.class]),
            _ => None,
        });
        let seats: Vec<_> = seats.map(|ids| ids.map(SourcedId::as_str)).collect();
        assert_eq!(seats, numbers.map(|number| [number; 3]), "{odd}{extra}");
    }
}
