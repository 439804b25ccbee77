//! A district's own columns, mapped.

use std::fs;

use roster_core::{Level, PullContext, PullRequest, RosterSource, Severity, codes};
use roster_csv::{CsvMapping, CsvSource};

use crate::reading::{read, roles};

const SHEET: &str = "\
Admission No;Forename;Surname;Year;Teaching Group;DOB;House
00123;Zoë;Núñez;Year 7;7A;1/9/2014;Red
00124;Bo;Lee;Rec;RB;2/9/2019;Blue
";

const MAPPING: &str = r#"
dates = "day_first"
grades = "england"

[[file]]
ignore = ["House", "DOB"]
fixed = { "school.id" = "12", "school.name" = "Elm Primary" }

[file.columns]
"Admission No" = "student.id"
"Forename" = "student.given"
"surname" = "student.family"
"Year" = "student.grades"
"Teaching Group" = "class.id"

[file.words."student.grades"]
"Rec" = "Reception"
"#;

#[tokio::test]
async fn columns_that_are_not_mapped_come_if_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pupils.csv"), "No,School,House\n1,12,Red\n2,12,\n").unwrap();
    let mapping =
        "[[file]]\nname = \"pupils\"\n[file.columns]\nNo = \"student.id\"\nSchool = \"school.id\"\n";
    let mapping = CsvMapping::from_toml(mapping).unwrap();
    let builder = CsvSource::builder().path(folder.path()).mapping(mapping);
    let read = read(builder, PullRequest::full().with_extra()).await;
    let houses: Vec<_> = read.roster.people.iter().map(|person| person.extra.get("House")).collect();
    assert_eq!(houses, [Some(&"Red".into()), None]);
    assert!(read.roster.orgs.iter().all(|org| org.extra.is_empty()));
}

#[tokio::test]
async fn what_is_mapped_comes_with_constants_words_and_the_regions_grades() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pupils.csv");
    fs::write(&path, SHEET).unwrap();
    let mapping = CsvMapping::from_toml(MAPPING).unwrap();
    let read = read(CsvSource::builder().path(&path).mapping(mapping), PullRequest::full()).await;
    assert_eq!(read.sizes(), [1, 0, 0, 2, 2, 2, 0]);
    assert_eq!(read.counts("pupils.csv"), [2, 0, 0, 0]);
    assert_eq!((&*read.roster.orgs[0].id, read.roster.orgs[0].name.as_str()), ("12", "Elm Primary"));
    let zoe = read.person("Zoë");
    assert_eq!((&*zoe.id, zoe.name.family.as_deref()), ("00123", Some("Núñez")));
    assert_eq!(zoe.grades[0].level, Some(Level::Number(7)));
    assert_eq!(read.person("Bo").grades[0].level, Some(Level::PreKindergarten));
    assert_eq!(roles(&zoe.affiliations), [("student", "12")]);
    assert_eq!(read.roster.classes[0].org.as_deref(), Some("12"));
    let unknown = read.roster.problems.iter().find(|problem| problem.code == codes::UNKNOWN_COLUMN);
    assert!(unknown.is_none(), "{:?}", unknown.map(|problem| problem.field.clone()));
}

#[test]
fn a_mapping_that_can_not_be_is_refused_and_quotes_nothing() {
    for (text, says) in [
        ("[[file]]\ncolumns = { \"A\" = \"student.shoe_size\" }", "no field `student.shoe_size`"),
        (
            "[[file]]\ncolumns = { \"A\" = \"student.id\", \"B\" = \"student.id\" }",
            "two columns hold `student.id`",
        ),
        ("[[file]]\ncolumns = { \"A\" = \"student.id\" }\nsecret = \"canary\"", "(line "),
        ("file = []", "maps nothing"),
    ] {
        let error = CsvMapping::from_toml(text).unwrap_err();
        assert!(error.message().contains(says) && !error.message().contains("canary"), "{error}");
    }
    let mapping = CsvMapping::from_toml(MAPPING).unwrap();
    let both = CsvSource::builder().path("x").dialect("sds_v2").mapping(mapping).build();
    assert!(both.unwrap_err().message().contains("contradict"));
}

#[tokio::test]
async fn a_check_proposes_a_mapping_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pupils.csv");
    fs::write(&path, SHEET).unwrap();
    let source = CsvSource::builder().path(&path).build().unwrap();
    let report = source.check(&PullContext::default()).await.unwrap();
    assert!(report.granted.is_empty());
    assert!(report.warnings.iter().any(|warning| warning.contains("`school.id`")), "{:?}", report.warnings);
    let proposed = report.profile.unwrap()["mapping"].as_str().unwrap().to_owned();
    assert!(proposed.contains("\"Admission No\" = \"student.id\""), "{proposed}");
    assert!(!proposed.contains("Zoë"));
    let mapping = CsvMapping::from_toml(&proposed).unwrap();
    let read = read(CsvSource::builder().path(&path).mapping(mapping), PullRequest::full()).await;
    assert_eq!(read.roster.people.len(), 2);
}

#[tokio::test]
async fn a_mapped_column_that_is_gone_is_told_and_its_key_stops_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pupils.csv");
    fs::write(&path, SHEET.replace("Admission No", "Pupil Ref")).unwrap();
    let mapping = CsvMapping::from_toml(MAPPING).unwrap();
    let read = read(CsvSource::builder().path(&path).mapping(mapping), PullRequest::full()).await;
    assert!(read.told().iter().any(|(code, ..)| *code == codes::MISSING_COLUMN), "{:?}", read.told());
    assert!(read.roster.people.is_empty() && !read.partial().is_empty());
}

#[tokio::test]
async fn two_words_for_one_id_are_one_record_and_never_two_that_say_different_things() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pupils.csv");
    let mapping = "[[file]]\n[file.columns]\nNo = \"student.id\"\nSchool = \"school.id\"\nName = \"school.name\"\n\
                   [file.words.\"school.id\"]\n\"North HS\" = \"12\"\n\"North High\" = \"12\"\n";
    let pull = async |rows: &str| {
        fs::write(&path, format!("No,School,Name\n{rows}")).unwrap();
        let mapping = CsvMapping::from_toml(mapping).unwrap();
        read(CsvSource::builder().path(&path).mapping(mapping), PullRequest::full()).await
    };
    let one = pull("1,North HS,North\n2,North High,North\n3,12,North\n").await;
    assert_eq!((one.roster.orgs.len(), one.told()), (1, vec![]));
    assert_eq!(one.counts("pupils.csv"), [3, 0, 0, 0]);
    let two = pull("1,North HS,North\n2,North High,Nord\n3,South,South\n").await;
    assert_eq!(two.roster.orgs.iter().map(|org| &*org.id).collect::<Vec<_>>(), ["South"]);
    let conflicts = [2, 3].map(|line| (codes::CONFLICT, Severity::Error, line));
    assert!(conflicts.iter().all(|wanted| two.told().contains(wanted)), "{:?}", two.told());
}
