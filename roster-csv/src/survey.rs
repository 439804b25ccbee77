//! A first look at the set: which files there are, in which dialect, and what can't be read.

use std::{collections::BTreeSet, sync::Arc};

use roster_core::{
    EntityKind, Error, ErrorKind, PartialCode, Place, Problem, Result, Severity, codes,
    table::{Rows, Table},
};
use roster_oneroster::csv::{MANIFEST, Manifest, ManifestFile, Mode};

mod extra;
mod head;
mod manifest;
mod roles;

pub(crate) use self::head::{header, in_encoding};
use self::{head::Head, manifest::read_manifest};
use crate::{
    dialect::{Candidate, Dialect, Header, Unfolding, readings_for, recognize, unfold},
    files::FileSet,
    source::{PROVIDER, Settings},
    text::Form,
};

/// What a set of files holds.
pub(crate) struct Survey {
    pub(crate) dialect: &'static Dialect,
    /// The files that can be read, in the order of the dialect's tables.
    pub(crate) files: Vec<SurveyedFile>,
    /// Tables that can't be read, and why.
    pub(crate) unreadable: Vec<Unreadable>,
    /// What is to be said of the set.
    pub(crate) problems: Vec<Problem>,
    /// Some of its files hold what changed, and files that are not there say that nothing did.
    pub(crate) is_delta: bool,
}

/// A file that can be read.
pub(crate) struct SurveyedFile {
    pub(crate) name: Arc<str>,
    pub(crate) table: &'static Table,
    pub(crate) header: Header,
    /// It holds what changed, not everything.
    pub(crate) is_delta: bool,
    /// How its rows become those of the table, if they are not.
    pub(crate) unfolding: Option<Unfolding>,
    /// How its text is written.
    pub(crate) form: Form,
}

/// A table that can't be read.
pub(crate) struct Unreadable {
    pub(crate) table: &'static Table,
    pub(crate) code: PartialCode,
    pub(crate) reason: String,
}

impl Survey {
    /// Looks at the files' headers. Reads the manifest, and of the other files only their beginnings.
    pub(crate) fn take(files: &mut FileSet, settings: &Settings) -> Result<Self> {
        let limits = &settings.limits;
        let mut problems = std::mem::take(&mut files.problems);
        let manifest = read_manifest(files, limits, &mut problems)?;
        let mut candidates = Vec::new();
        let mut heads = Vec::new();
        for name in files.names().to_vec() {
            if name.eq_ignore_ascii_case(MANIFEST) {
                continue;
            }
            let head = Head::read(files, &name, limits)?;
            if let Ok(header) = &head.header {
                candidates.push(Candidate { name: name.clone(), header: header.clone() });
            }
            heads.push(head);
        }
        let dialect = match settings.dialect {
            Some(dialect) => dialect,
            None => recognize(&candidates, manifest.as_ref().and_then(|manifest| manifest.version))?,
        };
        let mut survey =
            Self { dialect, files: Vec::new(), unreadable: Vec::new(), problems, is_delta: false };
        survey.check_version(manifest.as_ref());
        let with_status: Vec<_> =
            heads.iter().filter(|head| head.fills_status).map(|head| head.name.clone()).collect();
        survey.assign(heads)?;
        if settings.status_means_delta && dialect.version.is_some() {
            survey.take_for_deltas(&with_status);
        }
        survey.compare(manifest.as_ref());
        Ok(survey)
    }

    fn check_version(&mut self, manifest: Option<&Manifest>) {
        let Some(named) = manifest.and_then(|manifest| manifest.version) else {
            return;
        };
        if self.dialect.version != Some(named) {
            let message = format!(
                "the manifest says OneRoster {named}, the files are {}; the files win",
                self.dialect.title
            );
            self.problems.push(of_file(Problem::warning(codes::BAD_MANIFEST, message), MANIFEST));
        }
    }

    /// Gives each table its file.
    fn assign(&mut self, heads: Vec<Head>) -> Result<()> {
        let alone = self.dialect.tables.first().filter(|_| self.dialect.is_one_file() && heads.len() == 1);
        for head in heads {
            let header = head.header.as_deref().unwrap_or(&[]).to_vec();
            let candidate = Candidate { name: head.name.clone(), header };
            // What is wrong with the one file of the dialect is to be told.
            let reading = readings_for(self.dialect, &candidate).or(alone.map(|table| (table.name, true)));
            let Some((name, by_name)) = reading else {
                self.ignore(&head.name, &format!("it is no file of {}", self.dialect.title));
                continue;
            };
            let Some(table) = self.dialect.readings(name).next().filter(|table| table.rows != Rows::Other)
            else {
                self.ignore(&head.name, "it is not a part of the roster");
                continue;
            };
            if self.has(table) {
                let message =
                    format!("there are two files for `{}`, {} among them; leave one", table.name, head.name);
                return Err(Error::new(ErrorKind::Config, PROVIDER, "recognizing the files", message));
            }
            if !self.dialect.is_one_file() && head.name != format!("{}.csv", table.name) {
                let message = format!("{} was read as {}.csv", head.name, table.name);
                self.problems.push(of_file(Problem::warning(codes::FILE_NAME, message), &head.name));
            }
            // A file known by its header alone has one that binds.
            debug_assert!(by_name || head.header.is_ok());
            if self.dialect.is_folded(table) {
                self.take_folded(table.name, &head);
            } else {
                self.take_file(table, head);
            }
        }
        let order = |table: &Table| self.dialect.tables.iter().position(|other| std::ptr::eq(other, table));
        self.files.sort_by_key(|file| order(file.table));
        self.join_roles();
        Ok(())
    }

    fn take_file(&mut self, table: &'static Table, head: Head) {
        let name = head.name;
        let bound = head.header.and_then(|header| Header::bind(header.iter().map(String::as_str), table));
        match bound {
            Ok(mut header) => {
                self.problems.extend(header.problems.drain(..).map(|problem| of_file(problem, &name)));
                self.problems.extend(head.guessed.map(|encoding| in_encoding(&name, encoding)));
                let (unfolding, form) = (None, head.form);
                let is_delta = false;
                self.files.push(SurveyedFile { name: name.into(), table, header, is_delta, unfolding, form });
            }
            Err(problem) => {
                let reason = format!("{name} can't be read: {}", problem.message);
                self.fail(table, of_file(*problem, &name), PartialCode::Unreadable, reason);
            }
        }
    }

    /// Takes in a file that several tables read.
    fn take_folded(&mut self, tables: &str, head: &Head) {
        let name: Arc<str> = head.name.as_str().into();
        self.problems.extend(head.guessed.map(|encoding| in_encoding(&name, encoding)));
        let mut said = BTreeSet::new();
        let (dialect, before) = (self.dialect, self.files.len() + self.unreadable.len());
        for table in dialect.readings(tables) {
            let bound = match &head.header {
                Ok(header) => unfold(header, table, dialect),
                Err(problem) => Err(problem.clone()),
            };
            match bound {
                Ok(None) => {}
                Ok(Some((mut header, mut unfolding))) => {
                    let problems = header.problems.drain(..).chain(unfolding.file.problems.drain(..));
                    // A column may be wanted by several of the tables, and one that none knows is told by each.
                    let fresh = problems.filter(|problem| said.insert(problem.field.clone()));
                    self.problems.extend(fresh.map(|problem| of_file(problem, &name)));
                    let (name, form) = (Arc::clone(&name), head.form);
                    let (unfolding, is_delta) = (Some(unfolding), false);
                    self.files.push(SurveyedFile { name, table, header, is_delta, unfolding, form });
                }
                Err(problem) => {
                    let reason = format!("{name} can't be read: {}", problem.message);
                    self.fail(table, of_file(*problem, &name), PartialCode::Unreadable, reason);
                }
            }
        }
        if self.files.len() + self.unreadable.len() == before {
            self.ignore(&name, "its header lacks the columns that tell what its rows are about");
        }
    }

    fn ignore(&mut self, name: &str, why: &str) {
        let problem = Problem::warning(codes::IGNORED_FILE, format!("{name} was not read: {why}"));
        self.problems.push(of_file(problem, name));
    }

    fn has(&self, table: &Table) -> bool {
        self.files.iter().any(|file| file.table.name == table.name)
            || self.unreadable.iter().any(|file| file.table.name == table.name)
    }

    /// Compares what is there with what the manifest says, and finds the tables that miss.
    fn compare(&mut self, manifest: Option<&Manifest>) {
        let delta = ManifestFile::Present(Mode::Delta);
        self.is_delta |= manifest.is_some_and(|manifest| manifest.files.values().any(|said| *said == delta));
        for table in self.dialect.tables.iter().filter(|table| table.rows != Rows::Other) {
            let said = manifest.and_then(|manifest| manifest.files.get(table.name)).copied();
            let there = self.has(table);
            match said {
                Some(ManifestFile::Present(Mode::Delta)) if there => {
                    let files = self.files.iter_mut().filter(|file| file.table.name == table.name);
                    files.for_each(|file| file.is_delta = true);
                }
                Some(ManifestFile::Absent) if there => {
                    let message = format!(
                        "the manifest says that {}.csv is absent, and it is there; it was read",
                        table.name
                    );
                    self.problems.push(of_file(Problem::warning(codes::BAD_MANIFEST, message), MANIFEST));
                }
                Some(ManifestFile::Unknown) => {
                    let message =
                        format!("the manifest's word for {}.csv is none of absent, bulk, delta", table.name);
                    self.problems.push(of_file(Problem::warning(codes::BAD_MANIFEST, message), MANIFEST));
                    self.miss(table, there, said);
                }
                _ => self.miss(table, there, said),
            }
        }
    }

    /// Takes these files for what changed, though the manifest does not say so.
    fn take_for_deltas(&mut self, names: &[String]) {
        for file in self.files.iter_mut().filter(|file| names.iter().any(|name| **name == *file.name)) {
            file.is_delta = true;
            self.is_delta = true;
        }
    }

    /// Whether what the set says of a kind is what changed of it, not everything.
    pub(crate) fn tells_changes(&self, kind: EntityKind) -> bool {
        let is_of = |rows: Rows| match rows {
            Rows::Records(of) => of == kind || kind == EntityKind::Relationship && of == EntityKind::Person,
            Rows::Other => false,
            _ => matches!(kind, EntityKind::Person | EntityKind::Relationship),
        };
        let mut files = self.files.iter().filter(|file| is_of(file.table.rows)).peekable();
        self.is_delta && (files.peek().is_none() || files.any(|file| file.is_delta))
    }

    /// Notes a table without a file, if the set should have one.
    fn miss(&mut self, table: &'static Table, there: bool, said: Option<ManifestFile>) {
        // Files that a set may do without are missed if the manifest announces them.
        let expected = !table.optional || matches!(said, Some(ManifestFile::Present(_)));
        let nothing_changed = self.is_delta && !matches!(said, Some(ManifestFile::Present(_)));
        if there || !expected || nothing_changed {
            return;
        }
        let reason = format!("{}.csv is missing", table.name);
        if said == Some(ManifestFile::Absent) && matches!(table.rows, Rows::Records(_)) {
            let reason = format!("the manifest says that {}.csv is absent", table.name);
            self.unreadable.push(Unreadable { table, code: PartialCode::Withheld, reason });
            return;
        }
        let problem =
            of_file(Problem::error(codes::MISSING_FILE, reason.clone()), &format!("{}.csv", table.name));
        self.fail(table, problem, PartialCode::Unreadable, reason);
    }

    fn fail(&mut self, table: &'static Table, mut problem: Problem, code: PartialCode, reason: String) {
        let kind = match table.rows {
            Rows::Records(kind) => kind,
            _ => EntityKind::Person,
        };
        // What only adds fields leaves nobody out: its fields are unknown, and people come without them.
        if matches!(table.rows, Rows::Accounts | Rows::Demographics) {
            problem.severity = Severity::Warning;
        }
        self.problems.push(problem.of(kind));
        self.unreadable.push(Unreadable { table, code, reason });
    }

    /// The files whose rows are these.
    pub(crate) fn files_of(&self, rows: Rows) -> impl Iterator<Item = usize> {
        let files = self.files.iter().enumerate();
        files.filter(move |(_, file)| file.table.rows == rows).map(|(index, _)| index)
    }

    /// Whether the set can say anything of a kind.
    pub(crate) fn supports(&self, kind: EntityKind) -> bool {
        let tables = self.dialect.tables.iter().filter(|table| table.rows == Rows::Records(kind));
        let is_there = |table: &Table| {
            self.files.iter().any(|file| std::ptr::eq(file.table, table))
                || self.unreadable.iter().any(|file| std::ptr::eq(file.table, table))
        };
        tables.into_iter().any(|table| !table.optional || is_there(table))
            || kind == EntityKind::Relationship && self.dialect.has_agents()
    }

    /// Why a table can't be read, if it can't.
    pub(crate) fn unreadable(&self, rows: Rows) -> Option<&Unreadable> {
        self.unreadable.iter().find(|file| file.table.rows == rows)
    }
}

fn of_file(problem: Problem, name: &str) -> Problem {
    problem.at(Place::File { file: name.into(), line: 1, record: 0 })
}
