//! Damage that must cost what it touches and nobody else.

use std::collections::BTreeSet;

use roster_core::{
    EntityKind, PullContext, PullRequest, Roster, RosterSourceExt, Scope, SensitiveField, SourcedId, codes,
};
use roster_csv::CsvSource;
use roster_testkit::district::OneRosterVersion::{V1_1, V1_2};

use crate::making::{Files, codes_of, district, end, everybody, folder, pull};

/// Changes the lines of a file; the header is line 0.
fn edit(files: &mut Files, name: &str, mut change: impl FnMut(usize, &str) -> String) {
    let text = String::from_utf8(files[name].clone()).unwrap();
    let lines = text.lines().enumerate().map(|(index, line)| change(index, line) + "\n");
    files.insert(name.to_owned(), lines.collect::<String>().into_bytes());
}

fn column(files: &Files, name: &str, header: &str) -> usize {
    let text = String::from_utf8(files[name].clone()).unwrap();
    text.lines().next().unwrap().split(',').position(|column| column == header).unwrap()
}

fn cell(files: &Files, name: &str, line: usize, header: &str) -> String {
    let text = String::from_utf8(files[name].clone()).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let row = reader.records().nth(line).unwrap().unwrap();
    row[column(files, name, header)].to_owned()
}

async fn pull_with(files: &Files, request: PullRequest) -> Roster {
    let folder = folder(files);
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    source.collect(request, PullContext::default(), 100_000).await.unwrap()
}

fn people(roster: &Roster) -> BTreeSet<SourcedId> {
    roster.people.iter().map(|person| person.id.clone()).collect()
}

#[tokio::test]
async fn a_damaged_role_protects_its_person() {
    let mut files = district(V1_2);
    let person = cell(&files, "roles.csv", 4, "userSourcedId");
    edit(&mut files, "roles.csv", |index, line| match index {
        4 => line.replacen("primary", "pri\u{1}mary", 1).replacen("secondary", "secon\u{1}dary", 1),
        _ => line.to_owned(),
    });
    let roster = pull(folder(&files).path()).await.unwrap();
    let problem = roster.problems.iter().find(|problem| problem.code == codes::CONTROL_CHARACTER).unwrap();
    assert_eq!(problem.protects().unwrap(), (EntityKind::Person, &person.as_str().into()));
    assert!(!people(&roster).contains(person.as_str()));
    assert_eq!(roster.people.len(), everybody(V1_2) - 1);
    assert!(!end(&roster, EntityKind::Person).is_partial());
}

#[tokio::test]
async fn a_role_that_cannot_be_placed_makes_people_partial() {
    let mut files = district(V1_2);
    edit(
        &mut files,
        "roles.csv",
        |index, line| if index == 4 { format!("{line},more") } else { line.to_owned() },
    );
    let roster = pull(folder(&files).path()).await.unwrap();
    assert!(
        end(&roster, EntityKind::Person).is_partial() && codes_of(&roster).contains(&codes::COLUMN_COUNT)
    );
}

#[tokio::test]
async fn without_a_known_role_nobody_is_shown_to_a_host_that_did_not_ask_for_contacts() {
    let files = district(V1_2);
    let without_contacts = people(&pull_with(&files, PullRequest::full()).await);
    let mut thin = files.clone();
    edit(&mut thin, "roles.csv", |index, line| if index == 0 { line.to_owned() } else { String::new() });
    let roster = pull_with(&thin, PullRequest::full()).await;
    assert!(roster.people.is_empty() && codes_of(&roster).contains(&codes::MISSING_ROLE));

    // Each guardian's one row is gone: a guardian stays a contact.
    let mut gone = files.clone();
    edit(&mut gone, "roles.csv", |_, line| {
        let is_contact = line.contains(",guardian,") || line.contains(",parent,");
        if is_contact {
            line.replacen(",,,", ",tobedeleted,2026-08-01T04:00:00.000Z,", 1)
        } else {
            line.to_owned()
        }
    });
    let roster = pull_with(&gone, PullRequest::full()).await;
    assert!(people(&roster).is_subset(&without_contacts));
}

#[tokio::test]
async fn demographics_that_contradict_each_other_or_are_damaged_are_unknown_and_the_pupil_comes() {
    let request = || PullRequest::full().with_sensitive(SensitiveField::ALL);
    let whole = people(&pull_with(&district(V1_1), request()).await);
    let id = cell(&district(V1_1), "demographics.csv", 3, "sourcedId");
    let birth = |roster: &Roster| {
        let person = roster.people.iter().find(|person| *person.id == *id).unwrap();
        person.sensitive.as_ref().and_then(|sensitive| sensitive.birth_date)
    };
    let mut twice = district(V1_1);
    twice
        .get_mut("demographics.csv")
        .unwrap()
        .extend(format!("{id},,,1999-01-01{}\n", ",".repeat(12)).bytes());
    let mut damaged = district(V1_1);
    edit(
        &mut damaged,
        "demographics.csv",
        |index, line| if index == 3 { format!("{line}\u{1}") } else { line.to_owned() },
    );
    for (files, code) in [(twice, codes::CONFLICT), (damaged, codes::CONTROL_CHARACTER)] {
        let roster = pull_with(&files, request()).await;
        assert!(codes_of(&roster).contains(&code));
        assert_eq!((people(&roster) == whole, birth(&roster)), (true, None), "{code}");
        assert!(!end(&roster, EntityKind::Person).is_partial());
    }
}

#[tokio::test]
async fn with_a_scope_a_damaged_row_leaves_what_it_would_have_brought_unknown() {
    let files = district(V1_1);
    let class = cell(&files, "classes.csv", 1, "sourcedId");
    let school = cell(&files, "classes.csv", 1, "schoolSourcedId");
    let mut damaged = files.clone();
    edit(
        &mut damaged,
        "classes.csv",
        |index, line| if index == 1 { format!("{line}\u{1}") } else { line.to_owned() },
    );
    let scoped = || PullRequest::full().scoped(Scope::of_orgs([school.as_str().into()]));
    let kinds = [EntityKind::Enrollment, EntityKind::Person];
    for request in [scoped(), scoped().only(kinds)] {
        let roster = pull_with(&damaged, request).await;
        assert!(kinds.iter().all(|kind| end(&roster, *kind).is_partial()));
    }
    let mut seats = files.clone();
    edit(&mut seats, "enrollments.csv", |_, line| {
        let is_of_class = line.contains(&format!(",{class},"));
        if is_of_class { format!("{line}\u{1}") } else { line.to_owned() }
    });
    let of_class = PullRequest::full().scoped(Scope::of_classes([class.as_str().into()]));
    assert!(end(&pull_with(&seats, of_class).await, EntityKind::Person).is_partial());
}

#[tokio::test]
async fn a_scope_that_names_nothing_is_told() {
    let orgs =
        pull_with(&district(V1_1), PullRequest::full().scoped(Scope::of_orgs(["nowhere".into()]))).await;
    let classes =
        pull_with(&district(V1_1), PullRequest::full().scoped(Scope::of_classes(["none".into()]))).await;
    assert!([&orgs, &classes].iter().all(|roster| codes_of(roster).contains(&codes::UNKNOWN_SCOPE)));
}

/// Where the beginning of a file shows that carriage returns end lines, they do; later, a lone one is damage.
#[tokio::test]
async fn rows_joined_by_a_carriage_return_are_not_lost_in_silence() {
    let whole = pull(folder(&district(V1_1)).path()).await.unwrap();
    for (from, is_read) in [(5, true), (80, false)] {
        let mut files = district(V1_1);
        let text = String::from_utf8(files["enrollments.csv"].clone()).unwrap();
        let mut lines: Vec<_> = text.lines().collect();
        let joined = lines.drain(from..from + 4).collect::<Vec<_>>().join("\r");
        lines.insert(from, &joined);
        files.insert("enrollments.csv".into(), (lines.join("\n") + "\n").into_bytes());
        let roster = pull(folder(&files).path()).await.unwrap();
        assert_eq!(roster.enrollments == whole.enrollments, is_read);
        assert_eq!(codes_of(&roster).contains(&codes::LINE_ENDS), !is_read);
        assert_eq!(end(&roster, EntityKind::Enrollment).is_partial(), !is_read);
    }
}

#[tokio::test]
async fn a_shifted_row_neither_names_a_child_as_an_id_nor_is_read_as_it_stands() {
    let mut files = district(V1_1);
    let header = "givenName,familyName,sourcedId,enabledUser,orgSourcedIds,role,username,password";
    let school = cell(&files, "classes.csv", 1, "schoolSourcedId");
    let rows = format!(
        "{header}\nAnn,Lee,01,true,{school},student,ann,\nDoe,Jos\u{e9},Canary,02,true,{school},student,jos,\n"
    );
    files.insert("users.csv".into(), rows.into_bytes());
    let roster = pull(folder(&files).path()).await.unwrap();
    assert_eq!(people(&roster), [SourcedId::from("01")].into());
    let problem = roster.problems.iter().find(|problem| problem.code == codes::COLUMN_COUNT).unwrap();
    assert!(problem.id.is_none() && end(&roster, EntityKind::Person).is_partial());
}

#[tokio::test]
async fn a_pull_with_errors_is_not_vouched_for_next_time() {
    let mut files = district(V1_1);
    edit(
        &mut files,
        "users.csv",
        |index, line| if index == 3 { format!("{line}\u{1}") } else { line.to_owned() },
    );
    let folder = folder(&files);
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    let full = source.collect(PullRequest::full(), PullContext::default(), 100_000).await.unwrap();
    let changes = PullRequest::changes(full.cursor.clone().unwrap());
    let again = source.collect(changes, PullContext::default(), 100_000).await.unwrap();
    assert_eq!((again.problems, again.people), (full.problems, full.people));
}

#[tokio::test]
async fn a_record_may_be_called_as_its_column_is() {
    let mut files = district(V1_1);
    let course = cell(&files, "courses.csv", 1, "sourcedId");
    edit(&mut files, "courses.csv", |index, line| {
        if index == 1 { line.replacen(&course, "sourcedId", 1) } else { line.to_owned() }
    });
    let roster = pull(folder(&files).path()).await.unwrap();
    assert!(roster.courses.iter().any(|course| course.id.as_str() == "sourcedId"));
    assert!(!codes_of(&roster).contains(&codes::CONFLICT));
}

#[tokio::test]
async fn blank_cells_after_every_row_take_no_id_away() {
    let mut files = district(V1_1);
    // The id is not the first column, and each row has one blank cell more than the header.
    edit(&mut files, "orgs.csv", |index, line| {
        let mut cells: Vec<_> = line.split(',').collect();
        cells.swap(0, 3);
        cells.join(",") + if index == 0 { "" } else { "," }
    });
    let [odd, plain] =
        [pull(folder(&files).path()).await.unwrap(), pull(folder(&district(V1_1)).path()).await.unwrap()];
    assert!(!plain.orgs.is_empty() && odd.orgs == plain.orgs);
}
