//! Every dirt in every dialect: it is told at its line, and nobody is lost silently.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use roster_core::{EntityKind, PullRequest, Record, Roster, SensitiveField, Severity};
use roster_csv::CsvSource;
use roster_testkit::district::{
    Dirt, DistrictSpec, FileDialect, FileSet, OneRosterCsv, OneRosterVersion, Outcome, SetShape, dirty,
    files_as, oneroster_csv_files,
};
use tempfile::TempDir;

use crate::reading::{Read, line, read};

fn sets() -> Vec<(String, SetShape, FileSet)> {
    let district = DistrictSpec::new(4).schools(2).students(30).siblings_share_email(false).generate();
    let oneroster = |version| oneroster_csv_files(&district, &OneRosterCsv::new(version));
    let mut sets = vec![
        ("oneroster_1_1".to_owned(), SetShape::of_oneroster(), oneroster(OneRosterVersion::V1_1)),
        ("oneroster_1_2".to_owned(), SetShape::of_oneroster(), oneroster(OneRosterVersion::V1_2)),
    ];
    sets.extend(
        FileDialect::ALL.map(|dialect| {
            (dialect.as_str().to_owned(), SetShape::of(dialect), files_as(&district, dialect))
        }),
    );
    sets
}

fn write(files: &FileSet, folder: &Path) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

async fn pulled(files: &FileSet, dialect: &str) -> Read {
    let folder = TempDir::new().unwrap();
    write(files, folder.path());
    let contacts = [SensitiveField::Contacts];
    read(
        CsvSource::builder().path(folder.path()).dialect(dialect),
        PullRequest::full().with_sensitive(contacts),
    )
    .await
}

fn records(roster: &Roster) -> impl Iterator<Item = Record> + '_ {
    let records = roster.orgs.iter().cloned().map(Record::from);
    let records = records.chain(roster.sessions.iter().cloned().map(Record::from));
    let records = records.chain(roster.courses.iter().cloned().map(Record::from));
    let records = records.chain(roster.classes.iter().cloned().map(Record::from));
    let records = records.chain(roster.people.iter().cloned().map(Record::from));
    let records = records.chain(roster.enrollments.iter().cloned().map(Record::from));
    records.chain(roster.relationships.iter().cloned().map(Record::from))
}

/// The ids of each kind.
fn ids(roster: &Roster) -> BTreeMap<EntityKind, BTreeSet<String>> {
    let mut ids: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for record in records(roster) {
        ids.entry(record.kind()).or_default().insert(record.id().to_string());
    }
    ids
}

/// What the records say.
fn said(roster: &Roster) -> BTreeSet<String> {
    records(roster).map(|record| serde_json::to_string(&record).unwrap()).collect()
}

/// The records that are gone, though no error names them and their kind is whole.
fn gone_silently(clean: &Read, dirty: &Read) -> Vec<String> {
    let (before, after) = (ids(&clean.roster), ids(&dirty.roster));
    let protected: BTreeSet<_> = dirty
        .roster
        .problems
        .iter()
        .filter_map(|problem| problem.protects().map(|(kind, id)| (kind, id.to_string())))
        .collect();
    let mut gone = Vec::new();
    // Of a kind that did not end nothing is known either.
    let is_whole = |kind: &EntityKind| {
        let mut ends = dirty.roster.ends.iter().filter(|(of, ..)| of == kind).peekable();
        ends.peek().is_some() && ends.all(|(.., completeness)| !completeness.is_partial())
    };
    for (kind, before) in before.into_iter().filter(|(kind, _)| is_whole(kind)) {
        let after = after.get(&kind).cloned().unwrap_or_default();
        let lost = before.difference(&after).filter(|id| !protected.contains(&(kind, (*id).clone())));
        gone.extend(lost.map(|id| format!("the {kind} {id} is gone silently")));
    }
    gone
}

#[tokio::test]
async fn every_dirt_is_told_at_its_line_in_every_dialect() {
    let (mut done, mut all_wrong): (BTreeMap<Dirt, usize>, Vec<String>) = Default::default();
    for (dialect, shape, files) in sets() {
        let base = pulled(&files, &dialect).await;
        for dirt in Dirt::ALL.iter().copied() {
            let Some(set) = dirty(&files, &shape, dirt, 3) else { continue };
            let what = format!("{dialect}, {dirt}");
            *done.entry(dirt).or_default() += 1;
            let read = pulled(&set.files, &dialect).await;
            // Most dirt leaves the clean files as they are.
            let own = if set.clean == files { None } else { Some(pulled(&set.clean, &dialect).await) };
            let clean = own.as_ref().unwrap_or(&base);
            let mut wrong = |message: String| all_wrong.push(format!("{what}: {message}"));
            for told in &set.told {
                let is_it = |problem: &&roster_core::Problem| {
                    let file = match &problem.place {
                        Some(roster_core::Place::File { file, .. }) => &**file,
                        _ => "",
                    };
                    problem.code == told.code && line(problem) == told.line && file == told.file
                };
                if !read.roster.problems.iter().any(|problem| is_it(&problem)) {
                    let problems: Vec<_> = read.roster.problems.iter().take(8).collect();
                    wrong(format!("{told:?} is not told: {problems:?}"));
                }
            }
            match set.outcome {
                Outcome::Same => {
                    let (before, after) = (said(&clean.roster), said(&read.roster));
                    let differ: Vec<_> = before.symmetric_difference(&after).take(4).cloned().collect();
                    if !differ.is_empty() {
                        wrong(format!("the records differ: {differ:?}"));
                    }
                }
                Outcome::ValuesDiffer => {
                    let is_seat = dirt == Dirt::DanglingReference;
                    let same_ids = ids(&clean.roster) == ids(&read.roster);
                    if said(&clean.roster) == said(&read.roster) || !(same_ids || is_seat) {
                        wrong(format!("no value differs, or an id does: {same_ids}"));
                    }
                }
                Outcome::RecordsMiss if dirt == Dirt::HeaderOnly => {}
                Outcome::RecordsMiss => {
                    let is_error = |problem: &roster_core::Problem| problem.severity == Severity::Error;
                    if !read.roster.problems.iter().any(is_error) {
                        wrong("there is no error".to_owned());
                    }
                    gone_silently(clean, &read).into_iter().take(4).for_each(wrong);
                }
                _ => {}
            }
        }
    }
    assert!(all_wrong.is_empty(), "{} are wrong:\n{}", all_wrong.len(), all_wrong.join("\n"));
    for dirt in Dirt::ALL {
        assert!(done.get(dirt).is_some_and(|sets| *sets > 0), "no dialect shows {dirt}");
    }
}
