//! Reads a set, with its counts.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use roster_core::{
    Affiliation, EntityKind, Notice, Observer, Person, Place, Problem, PullContext, PullRequest, Roster,
    RosterSourceExt, RowCounts, SensitiveField, Severity,
};
use roster_csv::{CsvSource, CsvSourceBuilder};

#[derive(Debug, Default)]
struct Files(Mutex<BTreeMap<String, RowCounts>>);

impl Observer for Files {
    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::File { file, rows } = notice {
            assert!(rows.add_up(), "{file}: {rows:?}");
            let told = self.0.lock().unwrap().insert((*file).to_owned(), *rows);
            assert!(told.is_none(), "{file} was told twice");
        }
    }
}

pub(crate) struct Read {
    pub(crate) roster: Roster,
    pub(crate) files: BTreeMap<String, RowCounts>,
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

#[expect(clippy::disallowed_methods, reason = "fixtures are small")]
pub(crate) fn text_of(path: &Path) -> String {
    String::from_utf8(std::fs::read(path).unwrap()).unwrap()
}

pub(crate) async fn read(builder: CsvSourceBuilder, request: PullRequest) -> Read {
    let files = Arc::new(Files::default());
    let cx = PullContext::new(Arc::clone(&files) as Arc<dyn Observer>);
    let roster = builder.build().unwrap().collect(request, cx, 1_000_000).await.unwrap();
    let files = files.0.lock().unwrap().clone();
    Read { roster, files }
}

pub(crate) async fn read_path(path: impl AsRef<Path>) -> Read {
    read(CsvSource::builder().path(path.as_ref()), PullRequest::full()).await
}

pub(crate) async fn read_all(path: impl AsRef<Path>) -> Read {
    let request = PullRequest::full().with_sensitive(SensitiveField::ALL);
    read(CsvSource::builder().path(path.as_ref()), request).await
}

impl Read {
    /// Orgs, sessions, courses, classes, people, enrollments, relationships.
    pub(crate) fn sizes(&self) -> [usize; 7] {
        let roster = &self.roster;
        [
            roster.orgs.len(),
            roster.sessions.len(),
            roster.courses.len(),
            roster.classes.len(),
            roster.people.len(),
            roster.enrollments.len(),
            roster.relationships.len(),
        ]
    }

    /// Used, rejected, skipped, duplicate.
    pub(crate) fn counts(&self, file: &str) -> [u64; 4] {
        let rows = self.files[file];
        [rows.used, rows.rejected, rows.skipped, rows.duplicate]
    }

    /// Code, severity and line of each problem.
    pub(crate) fn told(&self) -> Vec<(&str, Severity, u64)> {
        self.roster.problems.iter().map(|problem| (&*problem.code, problem.severity, line(problem))).collect()
    }

    pub(crate) fn person(&self, given: &str) -> &Person {
        let mut people =
            self.roster.people.iter().filter(|person| person.name.given.as_deref() == Some(given));
        let person = people.next().unwrap_or_else(|| panic!("there is no {given}"));
        assert!(people.next().is_none(), "there are two {given}");
        person
    }

    pub(crate) fn partial(&self) -> Vec<EntityKind> {
        let partial = self.roster.ends.iter().filter(|(_, _, completeness)| completeness.is_partial());
        partial.map(|(kind, ..)| *kind).collect()
    }
}

pub(crate) fn line(problem: &Problem) -> u64 {
    match &problem.place {
        Some(Place::File { line, .. }) => *line,
        _ => 0,
    }
}

/// Role and org of each affiliation.
pub(crate) fn roles(affiliations: &[Affiliation]) -> Vec<(&str, &str)> {
    affiliations.iter().map(|a| (a.role.as_str(), a.org.as_deref().unwrap_or(""))).collect()
}
