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
    {"sourcedId": "u7", "role": "student", "givenName": "\ud83c"},
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

fn one(collection: Collection, row: &str, wants: &Wants) -> Row {
    read(collection, &format!(r#"{{"{}": [{row}]}}"#, collection.key()), wants).remove(0)
}

/// Each list on its own, with items of every kind: what can be read is kept, and the field is not said to be known.
#[test]
fn an_item_that_cannot_be_read_is_told_and_the_others_are_kept() {
    use roster_core::{ClassField, CourseField, PersonField};
    let odd_texts = [r#"["K", {}]"#, r#"[["x"], "K"]"#, r#"["K", 1e300]"#, r#"["K", {"code": "K"}, []]"#];
    let odd_refs = [
        r#"["K", {"href": "https://x.example/orgs/7"}]"#,
        r#"[{"sourcedId": {"value": 7}}, {"sourcedId": "K"}]"#,
        r#"[["a", "b"], {"id": "K"}]"#,
        r#"[true, "K"]"#,
        r#"["K", {"id": []}]"#,
        r#"["K", 1e300]"#,
    ];
    let text = ["texts", "refs"];
    let cases: [(Collection, &str, &str, FieldSet); 10] = [
        (Collection::Courses, "grades", text[0], FieldSet::of([CourseField::Grades])),
        (Collection::Courses, "subjects", text[0], FieldSet::of([CourseField::Subjects])),
        (Collection::Courses, "subjectCodes", text[0], FieldSet::of([CourseField::Subjects])),
        (Collection::Courses, "orgs", text[1], FieldSet::of([CourseField::Org])),
        (Collection::Classes, "grades", text[0], FieldSet::of([ClassField::Grades])),
        (Collection::Classes, "periods", text[0], FieldSet::of([ClassField::Periods])),
        (Collection::Classes, "terms", text[1], FieldSet::of([ClassField::Sessions])),
        (Collection::Users, "grades", text[0], FieldSet::of([PersonField::Grades])),
        (Collection::Users, "orgs", text[1], FieldSet::of([PersonField::Affiliations])),
        (Collection::Users, "userIds", text[1], FieldSet::of([PersonField::Identifiers])),
    ];
    for (collection, key, form, field) in cases {
        for list in if form == "texts" { &odd_texts[..] } else { &odd_refs[..] } {
            let list = if key == "userIds" {
                list.replace("\"id\"", "\"identifier\"").replace("sourcedId", "identifier")
            } else {
                (*list).to_owned()
            };
            let row = format!(
                r#"{{"sourcedId": "a", "title": "T", "role": "student", "school": "s", "{key}": {list}}}"#
            );
            let read = one(collection, &row, &all());
            let told: Vec<_> =
                read.problems.iter().map(|it| (it.code.as_ref(), it.field.as_deref())).collect();
            assert_eq!(told, [("malformed_value", Some(key))], "{row}");
            assert_eq!(read.unseen, field, "{row}");
            let Said::Record(record, _) = &read.said else { panic!("{row}") };
            assert!(serde_json::to_string(record).unwrap().contains("\"K\""), "{row}");
        }
        // What servers send for nothing is nothing.
        for list in ["null", "[]", r#"["K", null]"#, r#"["", "K"]"#, "\"\"", "\"K\"", "[null]"] {
            let row = format!(
                r#"{{"sourcedId": "a", "title": "T", "role": "student", "school": "s", "{key}": {list}}}"#
            );
            let read = one(collection, &row, &all());
            assert!(read.problems.is_empty() && read.unseen.is_empty(), "{row}");
            assert_eq!(read.lost, Lost::default(), "{row}");
        }
    }
    for nothing in [r#"["K", {}]"#, r#"[{"sourcedId": null, "type": "org"}, "K"]"#, r#"[[], "K"]"#] {
        let row = format!(r#"{{"sourcedId": "a", "title": "T", "terms": {nothing}, "school": [null, "s"]}}"#);
        let read = one(Collection::Classes, &row, &all());
        assert!(read.problems.is_empty() && read.unseen.is_empty(), "{row}");
    }
}

/// A person's role decides whether a host may see it at all.
#[test]
fn a_role_that_cannot_be_read_is_told_and_may_be_a_contact_s() {
    use roster_core::PersonField;
    let student = r#"{"role": "student", "org": "s"}"#;
    let odd = ["\"teacher\"", r#"["primary", "teacher"]"#, "7", r#"{"role": {"name": "teacher"}}"#];
    for role in odd {
        let row = format!(r#"{{"sourcedId": "u", "roles": [{student}, {role}], "agents": ["g"]}}"#);
        let read = one(Collection::Users, &row, &Wants::default());
        assert_eq!(person(&read).affiliations.len(), 1, "{row}");
        assert_eq!(read.unseen, FieldSet::of([PersonField::Affiliations]), "{row}");
        assert_eq!(
            read.problems.iter().map(|it| it.code.as_ref()).collect::<Vec<_>>(),
            ["malformed_value"],
            "{row}"
        );
        assert!(read.lost.owner, "{row}");
        for others in ["", r#"{"role": "parent"}, "#] {
            let row = format!(r#"{{"sourcedId": "u", "roles": [{others}{role}]}}"#);
            let read = one(Collection::Users, &row, &Wants::default());
            assert!(
                matches!(&read.said, Said::Unreadable(it) if it.code == codes::MALFORMED_VALUE && it.protects().is_some()),
                "{row}"
            );
        }
        // Who may be the contact or the pupil is related to nobody yet.
        let row = format!(r#"{{"sourcedId": "u", "roles": [{role}], "agents": ["g"]}}"#);
        let read = one(Collection::Users, &row, &all());
        assert!(
            matches!(&read.said, Said::Record(_, agents) if agents.is_empty()) && read.lost.relations,
            "{row}"
        );
        assert_eq!(read.unseen, FieldSet::of([PersonField::Affiliations]), "{row}");
    }
    let row = r#"{"sourcedId": "u", "roles": [{"role": "student", "org": "s"}, {"roleType": "secondary", "org": "t"}, {}, null]}"#;
    let read = one(Collection::Users, row, &all());
    assert_eq!(read.problems.iter().map(|it| it.code.as_ref()).collect::<Vec<_>>(), ["missing_role"]);
    assert_eq!(read.unseen, FieldSet::of([PersonField::Affiliations]));
    for (key, odd) in [("org", "{\"href\": \"x\"}"), ("roleType", "{}"), ("beginDate", "[]")] {
        let row = format!(r#"{{"sourcedId": "u", "roles": [{{"role": "student", "{key}": {odd}}}]}}"#);
        let read = one(Collection::Users, &row, &all());
        assert_eq!(
            (read.unseen, read.lost.owner),
            (FieldSet::of([PersonField::Affiliations]), key == "org"),
            "{row}"
        );
    }
}

#[test]
fn what_else_of_a_person_cannot_be_read_is_told() {
    use roster_core::PersonField::{Affiliations, Identifiers};
    let cases = [
        (r#""userProfiles": ["x"]"#, "userProfiles", FieldSet::of([Identifiers])),
        (
            r#""userProfiles": [{"vendorId": {}, "credentials": [{"username": "w"}]}]"#,
            "vendorId",
            FieldSet::of([Identifiers]),
        ),
        (
            r#""userProfiles": [{"vendorId": "v", "credentials": [{"username": []}, "x"]}]"#,
            "credentials",
            FieldSet::of([Identifiers]),
        ),
        (r#""userIds": [{"type": {}, "identifier": "7"}]"#, "userIds", FieldSet::of([Identifiers])),
        (r#""primaryOrg": {"href": "x"}"#, "primaryOrg", FieldSet::of([Affiliations])),
        (r#""agents": [{"href": "x"}, "g"]"#, "agents", FieldSet::EMPTY),
        (r#""agentSourceIds": [["g", "h"]]"#, "agentSourceIds", FieldSet::EMPTY),
    ];
    for (fields, key, unseen) in cases {
        let row = format!(r#"{{"sourcedId": "u", "role": "student", {fields}}}"#);
        let read = one(Collection::Users, &row, &all());
        assert_eq!((read.problems.len(), read.problems[0].field.as_deref()), (1, Some(key)), "{row}");
        assert_eq!(read.problems[0].code, codes::MALFORMED_VALUE, "{row}");
        assert_eq!((read.unseen, read.lost.relations), (unseen, key.starts_with("agent")), "{row}");
        assert!(!format!("{:?}", read.problems).contains("\"g\""));
    }
}

#[test]
fn what_a_record_must_have_is_said_to_be_unreadable_and_not_empty() {
    let cases = [
        (Collection::Orgs, r#"{"sourcedId": "a", "name": {}}"#, "name"),
        (
            Collection::Enrollments,
            r#"{"sourcedId": "a", "user": {"href": "x"}, "class": "c", "role": "student"}"#,
            "user",
        ),
        (
            Collection::Enrollments,
            r#"{"sourcedId": "a", "user": "u", "class": "c", "role": ["student"]}"#,
            "role",
        ),
        (Collection::Orgs, r#"{"sourcedId": {"value": "a"}, "name": "N"}"#, "sourcedId"),
        // Half of a character in a key makes the row one for `serde_json`, which would round the id.
        (
            Collection::Orgs,
            r#"{"sourcedId": 18446744073709551617, "name": "N", "metadata": {"\ud83c": 1}}"#,
            "sourcedId",
        ),
    ];
    for (collection, row, key) in cases {
        let Said::Unreadable(problem) = one(collection, row, &all()).said else { panic!("{row}") };
        assert_eq!(
            (problem.code.as_ref(), problem.field.as_deref()),
            (codes::MALFORMED_VALUE, Some(key)),
            "{row}"
        );
        assert_eq!(problem.protects().is_some(), key != "sourcedId", "{row}");
    }
    let read = one(
        Collection::Orgs,
        r#"{"sourcedId": "a", "name": "N", "type": "school", "status": {"is": "tobedeleted"}}"#,
        &all(),
    );
    assert_eq!(read.problems[0].code, codes::STATUS_UNKNOWN);
}

#[test]
fn extra_that_cannot_be_read_is_not_taken_for_nothing() {
    let wants = Wants { extra: true, ..all() };
    let row = r#"{"sourcedId": "a", "name": "N", "type": "school", "metadata": {"x": "\ud83c", "y": 18446744073709551617}}"#;
    let read = one(Collection::Orgs, row, &wants);
    let Said::Record(Record::Org(org), _) = &read.said else { panic!() };
    assert_eq!(org.extra["metadata.y"], "18446744073709551617");
    assert_eq!(
        (read.unseen, read.problems[0].field.as_deref()),
        (FieldSet::of([roster_core::OrgField::Extra]), Some("metadata.x"))
    );
}

#[test]
fn facts_are_taken_as_far_as_they_were_asked_for() {
    use roster_core::PersonField::{BirthDate, Demographics, Gender};
    let body = r#"{"demographics": [{"sourcedId": "u1", "birthDate": "2012-03-04", "sex": "female", "asian": true,
        "white": "False", "cityOfBirth": "Ely", "shoeSize": "7"}]}"#;
    let wants = Wants { sensitive: [SensitiveField::Demographics].into(), extra: false };
    let rows = read(Collection::Demographics, body, &wants);
    let Said::Facts(facts) = &rows[0].said else { panic!() };
    assert!(facts.birth_date.is_none() && facts.gender.is_none());
    let facts: Vec<_> = facts.demographics.values().map(String::as_str).collect();
    assert_eq!(facts, ["true", "false", "Ely"]);
    let row = r#"{"sourcedId": "u1", "birthDate": [], "sex": {}, "cityOfBirth": ["Ely"], "asian": {"value": true}, "white": true, "shoeSize": {}}"#;
    let read = one(Collection::Demographics, row, &all());
    let told: Vec<_> = read.problems.iter().filter_map(|it| it.field.as_deref()).collect();
    assert_eq!(told, ["birthDate", "sex", "asian", "cityOfBirth"]);
    let Said::Facts(facts) = &read.said else { panic!() };
    assert_eq!(facts.unseen, FieldSet::of([BirthDate, Gender, Demographics]));
    assert_eq!(facts.demographics.len(), 1);
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
