//! Damaged districts: every damaged record is reported at its line, every other arrives, and the counts add up.
//!
//! `ROSTER_DIRTY_SETS` may name further folders, separated by colons, each with a `truth.json`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use roster_core::{
    Notice, Observer, Place, Problem, PullContext, PullRequest, Roster, RosterSourceExt, RowCounts, Severity,
    codes,
};
use roster_csv::CsvSource;

#[derive(Debug, Default)]
struct Files(Mutex<BTreeMap<String, RowCounts>>);

impl Observer for Files {
    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::File { file, rows } = notice {
            assert!(
                self.0.lock().unwrap().insert((*file).to_owned(), *rows).is_none(),
                "{file} was told twice"
            );
        }
    }
}

fn sets() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut sets = vec![fixtures.join("dirty_lf"), fixtures.join("dirty_crlf")];
    if let Some(more) = std::env::var_os("ROSTER_DIRTY_SETS") {
        sets.extend(std::env::split_paths(&more));
    }
    sets
}

async fn pull(path: &Path) -> (Roster, BTreeMap<String, RowCounts>) {
    let files = Arc::new(Files::default());
    let source = CsvSource::builder().path(path).build().unwrap();
    let cx = PullContext::new(Arc::clone(&files) as Arc<dyn Observer>);
    let roster = source.collect(PullRequest::full(), cx, 2_000_000).await.unwrap();
    let counts = files.0.lock().unwrap().clone();
    (roster, counts)
}

/// The code that names a kind of damage, and whether the record is left out.
fn expected(kind: &str) -> Option<(&'static str, Severity)> {
    Some(match kind {
        "dangling_user" | "dangling_class" | "dangling_org" => (codes::DANGLING_REFERENCE, Severity::Warning),
        "duplicate_id" => (codes::CONFLICT, Severity::Error),
        "bad_enum_role" => (codes::UNKNOWN_ROLE, Severity::Warning),
        "bad_date" => (codes::BAD_DATE, Severity::Warning),
        "missing_required" => (codes::MISSING_REQUIRED, Severity::Warning),
        "wrong_field_count" => (codes::COLUMN_COUNT, Severity::Error),
        "bad_email" => (codes::BAD_EMAIL, Severity::Warning),
        "duplicate_email" => (codes::SHARED_EMAIL, Severity::Warning),
        "padded" => (codes::TRIMMED, Severity::Warning),
        "formula" => (codes::FORMULA_LIKE, Severity::Warning),
        "bad_utf8" => (codes::INVALID_UTF8, Severity::Error),
        "nul_byte" => (codes::CONTROL_CHARACTER, Severity::Error),
        "unknown_grade" => (codes::NONSTANDARD_GRADE, Severity::Warning),
        "newline_in_field" => (codes::NEWLINE_IN_VALUE, Severity::Warning),
        "mixed_case_email" => return None,
        other => panic!("the test does not know the damage {other}"),
    })
}

fn place(problem: &Problem) -> (String, u64) {
    match &problem.place {
        Some(Place::File { file, line, .. }) => (file.to_string(), *line),
        other => panic!("{other:?}"),
    }
}

fn ids(roster: &Roster) -> BTreeMap<&'static str, BTreeSet<String>> {
    fn set<'a>(ids: impl Iterator<Item = &'a roster_core::SourcedId>) -> BTreeSet<String> {
        ids.map(ToString::to_string).collect()
    }
    BTreeMap::from([
        ("orgs.csv", set(roster.orgs.iter().map(|record| &record.id))),
        ("academicSessions.csv", set(roster.sessions.iter().map(|record| &record.id))),
        ("courses.csv", set(roster.courses.iter().map(|record| &record.id))),
        ("classes.csv", set(roster.classes.iter().map(|record| &record.id))),
        ("users.csv", set(roster.people.iter().map(|record| &record.id))),
        ("enrollments.csv", set(roster.enrollments.iter().map(|record| &record.id))),
    ])
}

/// How often a kind of damage was done.
fn truth_of(truth: &serde_json::Value, kind: &str) -> u64 {
    truth["dirt"].as_array().unwrap().iter().filter(|damage| damage["kind"] == kind).count() as u64
}

/// All ids of a file, read by the `csv` crate, which takes these damages in its stride.
fn ids_in(path: &Path) -> BTreeSet<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap();
    let records = reader.byte_records().map(Result::unwrap);
    records.map(|record| String::from_utf8(record.get(0).unwrap().to_vec()).unwrap()).collect()
}

#[tokio::test]
async fn each_damage_is_told_at_its_line_and_every_other_record_arrives() {
    for set in sets() {
        let truth: serde_json::Value =
            serde_json::from_reader(File::open(set.join("truth.json")).unwrap()).unwrap();
        let (roster, counts) = pull(&set).await;
        let mut rejected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut told = BTreeSet::new();
        for damage in truth["dirt"].as_array().unwrap() {
            let text = |key: &str| damage[key].as_str().unwrap();
            let (file, line) = (text("file").to_owned(), damage["line"].as_u64().unwrap());
            let Some((code, severity)) = expected(text("kind")) else {
                continue;
            };
            let found = roster
                .problems
                .iter()
                .find(|problem| problem.code == code && place(problem) == (file.clone(), line));
            let problem = found.unwrap_or_else(|| panic!("{}: {damage} is not told", set.display()));
            assert_eq!(problem.severity, severity, "{damage}");
            // Whoever has a shared address first is told of at the line alone: the record was delivered before.
            let is_first_owner = code == codes::SHARED_EMAIL && problem.id.is_none();
            assert!(is_first_owner || problem.id.as_deref() == Some(text("id")), "{damage}");
            if !["", "sourcedId"].contains(&text("field")) {
                assert_eq!(problem.field.as_deref(), Some(text("field")), "{damage}");
            }
            if severity == Severity::Error {
                rejected.entry(file.clone()).or_default().insert(text("id").to_owned());
            }
            told.insert((file, line, code));
        }
        // Nothing else is wrong, so nothing else is told.
        let shared = roster.problems.iter().filter(|problem| problem.code == codes::SHARED_EMAIL);
        assert_eq!(
            shared.count() as u64,
            2 * truth_of(&truth, "duplicate_email"),
            "each address has two owners"
        );
        let others = roster.problems.iter().filter(|it| it.code != codes::SHARED_EMAIL);
        for problem in others.filter(|problem| problem.code != codes::IGNORED_FILE) {
            let (file, line) = place(problem);
            assert!(
                told.contains(&(file, line, &*problem.code)),
                "{}: {problem:?} is too much",
                set.display()
            );
        }
        for (file, arrived) in ids(&roster) {
            let left_out = rejected.remove(file).unwrap_or_default();
            let wanted: BTreeSet<_> = ids_in(&set.join(file)).difference(&left_out).cloned().collect();
            assert_eq!(arrived, wanted, "{}: {file}", set.display());
            let rows = counts[file];
            assert!(rows.add_up(), "{file}: {rows:?}");
            assert_eq!(rows.rows, truth["rows"][file].as_u64().unwrap(), "{file}");
            assert_eq!(rows.used, arrived.len() as u64, "{file}: {rows:?}");
        }
        assert!(roster.ends.iter().all(|(_, _, completeness)| !completeness.is_partial()));
    }
}
