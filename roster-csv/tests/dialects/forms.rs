//! The one-file roster in the forms that spreadsheets give it, and damaged.

use roster_core::{EntityKind, PullRequest, Severity, codes};
use roster_csv::CsvSource;

use crate::reading::{Read, fixture, read, read_path, roles};

async fn form(name: &str) -> Read {
    read_path(fixture("dirty_forms").join(name)).await
}

#[tokio::test]
async fn the_tidy_file_says_each_thing_once() {
    let base = form("rocketlit_utf8.csv").await;
    assert_eq!(base.sizes(), [1, 0, 0, 2, 5, 5, 0]);
    assert_eq!(base.counts("rocketlit_utf8.csv"), [3, 0, 0, 0]);
    // Two grades are not written as the standard's codes.
    assert_eq!(base.told().len(), 2, "{:?}", base.roster.problems);
    assert!(base.partial().is_empty());
    let org = &base.roster.orgs[0];
    assert_eq!((&*org.id, org.name.as_str(), org.org_type.as_str()), ("0012", "Elm Primary", "school"));
    let class = base.roster.classes.iter().find(|class| &*class.id == "C-2").unwrap();
    assert_eq!((class.title.as_str(), class.org.as_deref()), ("Art, Year 7", Some("0012")));
    let zoe = base.person("Zoë");
    assert_eq!((zoe.name.family.as_deref(), zoe.email.as_deref()), (Some("Núñez"), Some("zoe@example.org")));
    assert_eq!(roles(&zoe.affiliations), [("student", "0012")]);
    assert_eq!(zoe.grades[0].raw, "07");
    assert_eq!(roles(&base.person("Ann").affiliations), [("teacher", "0012")]);
    // An address is no part of an id that is printed.
    assert!(base.roster.people.iter().all(|person| !person.id.contains('@') && person.id.len() == 34));
    let seats: Vec<_> = base.roster.enrollments.iter().filter(|seat| *seat.person == *zoe.id).collect();
    assert_eq!((&*seats[0].class, seats[0].role.as_str(), seats.len()), ("C-1", "student", 1));
    // What the dialect can't say does not come, and is not partial.
    let kinds: Vec<_> = base.roster.ends.iter().map(|(kind, ..)| *kind).collect();
    assert!(!kinds.contains(&EntityKind::Course) && kinds.contains(&EntityKind::Class));
}

#[tokio::test]
async fn each_form_gives_the_records_of_the_tidy_file() {
    let base = form("rocketlit_utf8.csv").await;
    for name in [
        "rocketlit_utf8_bom.csv",
        "rocketlit_cp1252.csv",
        "rocketlit_cr_only.csv",
        "rocketlit_utf16le_bom_tab.txt",
        "rocketlit_semicolon_sep.csv",
        "rocketlit_utf16be_nobom.csv",
    ] {
        let mut read = form(name).await;
        if ["rocketlit_utf16le_bom_tab.txt", "rocketlit_semicolon_sep.csv"].contains(&name) {
            let art = read.roster.classes.iter_mut().find(|class| &*class.id == "C-2").unwrap();
            assert_eq!(art.title, "Art Year 7");
            art.title = "Art, Year 7".to_owned();
        }
        assert_eq!(read.roster.orgs, base.roster.orgs, "{name}");
        assert_eq!(read.roster.classes, base.roster.classes, "{name}");
        assert_eq!(read.roster.people, base.roster.people, "{name}");
        assert_eq!(read.roster.enrollments, base.roster.enrollments, "{name}");
        assert_eq!(read.counts(name), [3, 0, 0, 0]);
    }
}

#[tokio::test]
async fn garbled_names_are_told_and_repaired_where_allowed() {
    let name = "rocketlit_mojibake_1252.csv";
    let base = form("rocketlit_utf8.csv").await;
    let kept = form(name).await;
    assert!(kept.told().iter().any(|(code, ..)| *code == codes::SUSPECTED_MOJIBAKE));
    assert_ne!(kept.roster.people, base.roster.people);
    let path = fixture("dirty_forms").join(name);
    let repaired = read(CsvSource::builder().path(path).repair_mojibake(true), PullRequest::full()).await;
    assert_eq!(repaired.roster.people, base.roster.people);
    assert_eq!(repaired.roster.classes, base.roster.classes);
}

#[tokio::test]
async fn ragged_rows_are_rejected_at_their_lines_and_others_used() {
    let read = form("rocketlit_ragged_quotes.csv").await;
    assert_eq!(read.counts("rocketlit_ragged_quotes.csv"), [2, 3, 3, 0]);
    let errors: Vec<_> =
        read.told().into_iter().filter(|(_, severity, _)| *severity == Severity::Error).collect();
    assert_eq!(
        errors,
        [
            (codes::COLUMN_COUNT, Severity::Error, 8),
            (codes::COLUMN_COUNT, Severity::Error, 9),
            (codes::COLUMN_COUNT, Severity::Error, 10)
        ]
    );
    assert_eq!(read.person("Bo \"Bob\"").name.family.as_deref(), Some("Smith"));
    // What those rows told is not known.
    assert!(read.partial().contains(&EntityKind::Person) && read.partial().contains(&EntityKind::Enrollment));
}

#[tokio::test]
async fn an_unclosed_quote_points_to_the_line_where_it_was_opened() {
    let read = form("rocketlit_unclosed_quote.csv").await;
    assert!(read.told().contains(&(codes::UNCLOSED_QUOTE, Severity::Error, 3)), "{:?}", read.told());
    assert!(read.partial().contains(&EntityKind::Person));
}

#[tokio::test]
async fn a_spreadsheets_damage_to_ids_is_an_error_and_passwords_are_never_read() {
    let read = form("mcgraw_students.csv").await;
    let errors: Vec<_> =
        read.told().into_iter().filter(|(_, severity, _)| *severity == Severity::Error).collect();
    assert_eq!(
        errors,
        [
            // Nothing that the row says is taken from it, so that it contradicts nobody.
            (codes::ID_SHORTENED, Severity::Error, 4),
            (codes::MISSING_REQUIRED, Severity::Error, 5)
        ]
    );
    assert_eq!(read.counts("mcgraw_students.csv"), [3, 2, 0, 0]);
    let zoe = read.person("Zoë");
    assert_eq!(&*zoe.id, "00123");
    let classes: Vec<_> =
        read.roster.enrollments.iter().filter(|s| *s.person == *zoe.id).map(|s| &*s.class).collect();
    assert_eq!(classes, ["C-1", "C-2"]);
    // Two ways to write one day.
    let days: Vec<_> = read.roster.classes.iter().map(|class| class.begin.unwrap().to_string()).collect();
    assert_eq!(days, ["2026-09-01", "2026-09-01"]);
    assert!(read.told().iter().filter(|(code, ..)| *code == codes::FORMULA_LIKE).count() >= 3);
    let everything = format!("{:?}", serde_json::to_value(&read.roster.people).unwrap());
    assert!(!everything.contains("secret-1"));
}
