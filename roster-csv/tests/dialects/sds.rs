//! Microsoft's own demo sets arrive whole.

use std::fs;

use roster_core::{AccountState, DemographicField, PullRequest, Severity};
use roster_csv::CsvSource;

use crate::reading::{Read, fixture, read, read_all, roles, text_of};

/// Rows of a file, its header aside.
fn rows(set: &str, file: &str) -> usize {
    let text = text_of(&fixture("sds").join(set).join(file));
    text.lines().filter(|line| !line.trim().is_empty()).count() - 1
}

async fn whole(set: &str) -> Read {
    let read = read_all(fixture("sds").join(set)).await;
    let errors: Vec<_> =
        read.roster.problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{set}: {errors:?}");
    assert!(read.partial().is_empty(), "{set}: {:?}", read.roster.ends);
    for (file, counts) in &read.files {
        assert_eq!((counts.used, counts.rows), (counts.rows, rows(set, file) as u64), "{set}/{file}");
    }
    read
}

#[tokio::test]
async fn the_first_version_in_all_its_headers() {
    for set in ["v1", "v1-uk", "v1-min"] {
        let read = whole(set).await;
        let people = rows(set, "Student.csv") + rows(set, "Teacher.csv");
        let seats = rows(set, "StudentEnrollment.csv") + rows(set, "TeacherRoster.csv");
        let [orgs, sessions, courses, classes, persons, enrollments, _] = read.sizes();
        assert_eq!((orgs, classes), (rows(set, "School.csv"), rows(set, "Section.csv")), "{set}");
        assert_eq!((persons, enrollments), (people, seats), "{set}");
        assert_eq!((sessions > 0, courses > 0), (set != "v1-min", set != "v1-min"), "{set}");
        assert!(read.roster.people.iter().all(|person| person.affiliations.len() == 1), "{set}");
        assert!(
            read.roster.enrollments.iter().all(|seat| read.roster.people.iter().any(|p| p.id == seat.person))
        );
    }
    let read = whole("v1").await;
    let ora = read.person("Ora");
    assert_eq!(
        (&*ora.id, ora.username.as_deref(), ora.graduation_year),
        ("13001", Some("OKlein"), Some(2019))
    );
    assert_eq!(roles(&ora.affiliations), [("student", "10001")]);
    let birth = ora.sensitive.as_ref().unwrap().birth_date.unwrap();
    assert_eq!(birth.to_string(), "2000-04-02");
    let term = &read.roster.sessions[0];
    assert_eq!((&*term.id, term.begin.unwrap().to_string()), ("12000", "2017-07-01".to_owned()));
    assert_eq!(read.roster.classes[0].sessions.as_slice(), std::slice::from_ref(&term.id));
    assert!(!format!("{:?}", serde_json::to_value(&read.roster.people).unwrap()).contains("P@ss"));
}

#[tokio::test]
async fn version_2() {
    let read = whole("v2").await;
    let set = "v2";
    let [orgs, _, _, classes, people, enrollments, _] = read.sizes();
    assert_eq!((orgs, classes), (rows(set, "orgs.csv"), rows(set, "classes.csv")));
    assert_eq!((people, enrollments), (rows(set, "users.csv"), rows(set, "enrollments.csv")));
    assert_eq!(read.person("Ora").grades[0].raw, "6");
}

#[tokio::test]
async fn version_2_1() {
    let read = whole("v2.1").await;
    assert_eq!(read.sizes(), [4, 2, 3, 2, 8, 6, 3]);
    let kristen = read.person("Kristen");
    assert_eq!(roles(&kristen.affiliations), [("teacher", "110003"), ("teacher", "110004")]);
    let primary: Vec<_> = kristen.affiliations.iter().map(|affiliation| affiliation.primary).collect();
    assert_eq!(primary, [Some(false), Some(true)]);
    // Whoever is there for a pupil's sake only is a contact.
    let jean = read.person("Jean");
    assert!(jean.is_contact() && jean.affiliations.len() == 2);
    let relation = read.roster.relationships.iter().find(|r| *r.student == *"114003").unwrap();
    assert_eq!((&*relation.contact, relation.relation.as_deref()), ("114002", Some("relative")));
    let jack = read.person("Jack").sensitive.clone().unwrap();
    assert_eq!(jack.birth_date.unwrap().to_string(), "2001-07-02");
    assert_eq!(jack.demographics[&DemographicField::HispanicOrLatino], "true");
    assert_eq!(jack.demographics[&DemographicField::SpecialEducation], "iep");
    assert_eq!(jack.demographics[&DemographicField::CityOfBirth], "Woodenville");
    let fred = read.person("Fred");
    assert_eq!(fred.sensitive.as_ref().unwrap().demographics[&DemographicField::Asian], "true");
    assert_eq!(fred.grades[0].raw, "10");
    // The year of the file is the one in which the school year begins.
    assert!(read.roster.sessions.iter().all(|session| session.school_year == Some(2022)));
}

#[tokio::test]
async fn who_is_inactive_has_a_role_all_the_same_where_no_column_tells_the_school() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("School", "SIS ID,Name\ns1,North\n"),
        ("Section", "SIS ID,School SIS ID,Section Name\nc1,s1,Art\n"),
        ("Student", "SIS ID,Username,First Name,Status\np1,cy,Cy,Inactive\np2,di,Di,Active\n"),
        ("Teacher", "SIS ID,Username,First Name,Status\nt1,ann,Ann,Inactive\n"),
        ("StudentEnrollment", "Section SIS ID,SIS ID\nc1,p1\n"),
        ("TeacherRoster", "Section SIS ID,SIS ID\nc1,t1\n"),
    ] {
        fs::write(folder.path().join(format!("{file}.csv")), text).unwrap();
    }
    let read = read(CsvSource::builder().path(folder.path()).dialect("sds_v1"), PullRequest::full()).await;
    for (name, account, role) in [
        ("Cy", AccountState::Archived, "student"),
        ("Di", AccountState::Unknown, "student"),
        ("Ann", AccountState::Archived, "teacher"),
    ] {
        let person = read.person(name);
        assert_eq!((&person.account, roles(&person.affiliations)), (&account, vec![(role, "")]), "{name}");
    }
}
