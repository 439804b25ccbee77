//! A district that lives in a folder and knows the truth.

use std::{
    fs,
    sync::{Mutex, MutexGuard},
};

use roster_core::{Class, EntityKind, PullRequest, Record, Scope, SourcedId};
use roster_csv::{CsvSource, Limits};
use roster_testkit::{
    Broken, Change, Fault, Harness, Support, Truth,
    district::{
        DayTruth, District, DistrictSpec, OneRosterCsv, OneRosterVersion, oneroster_csv_files,
        what_oneroster_says,
    },
};
use tempfile::TempDir;

/// A district in a folder.
pub(crate) struct FilesHarness {
    folder: TempDir,
    version: OneRosterVersion,
    state: Mutex<State>,
}

struct State {
    district: District,
    days: u64,
    broken: Option<SourcedId>,
    cut: bool,
}

impl FilesHarness {
    pub(crate) fn new(version: OneRosterVersion) -> Self {
        let district = DistrictSpec::new(11).schools(2).students(40).generate();
        let harness = Self {
            folder: TempDir::new().unwrap(),
            version,
            state: Mutex::new(State { district, days: 0, broken: None, cut: false }),
        };
        harness.write(&harness.state());
        harness
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Writes the files, each in one step: a reader sees the old one or the new one.
    fn write(&self, state: &State) {
        for (name, bytes) in oneroster_csv_files(&state.district, &OneRosterCsv::new(self.version)) {
            let bytes = match &state.broken {
                Some(id) if name == "enrollments.csv" => damage(&bytes, id),
                _ => bytes,
            };
            let part = self.folder.path().join(format!(".{name}.part"));
            fs::write(&part, bytes).unwrap();
            fs::rename(&part, self.folder.path().join(name)).unwrap();
        }
    }
}

/// Gives the row of that id one cell too many.
fn damage(bytes: &[u8], id: &SourcedId) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let start = format!("{id},");
    let lines = text.lines().map(|line| {
        let more = if line.starts_with(&start) { ",CanaryCell" } else { "" };
        format!("{line}{more}\n")
    });
    lines.collect::<String>().into_bytes()
}

impl Harness for FilesHarness {
    type Source = CsvSource;

    async fn open(&self) -> CsvSource {
        let mut limits = Limits::default();
        if self.state().cut {
            // The largest file breaks off in the middle: it passes the limit there.
            let sizes =
                fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
            limits.file_bytes = sizes.max().unwrap() - 1;
        }
        CsvSource::builder().path(self.folder.path()).limits(limits).build().unwrap()
    }

    async fn fault(&self, fault: Fault) -> Support {
        self.state().cut |= fault == Fault::CutConnection;
        if fault == Fault::CutConnection { Support::Supported } else { Support::Unsupported }
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        let state = self.state();
        let said: Vec<Record> = what_oneroster_says(&state.district, self.version).records().collect();
        let mut truth = Truth::of(&said, request);
        if let Some(id) = &state.broken {
            truth.present.remove(EntityKind::Enrollment, id);
            truth = truth.rejecting(EntityKind::Enrollment, [id.clone()]);
        }
        truth
    }

    async fn open_other_tenant(&self) -> Option<CsvSource> {
        // Another data set: the same files under another name.
        CsvSource::builder().path(self.folder.path()).tenant("another district").build().ok()
    }

    async fn next_day(&self) -> Option<Change> {
        let mut state = self.state();
        state.days += 1;
        let (tomorrow, _) = state.district.next_day(state.days);
        let truth = DayTruth::between(
            &what_oneroster_says(&state.district, self.version),
            &what_oneroster_says(&tomorrow, self.version),
        );
        state.district = tomorrow;
        self.write(&state);
        Some(truth.into())
    }

    /// A class moves to the school in scope, with the seats and the people in them.
    async fn enter_scope(&self) -> Option<Change> {
        let request = PullRequest::full().scoped(self.scope()?);
        let before = self.truth(&request).await.present;
        let school = request.scope.orgs.iter().flatten().next()?.clone();
        {
            let mut state = self.state();
            let elsewhere = |class: &&mut Class| class.org.as_ref() != Some(&school);
            state.district.classes.iter_mut().find(elsewhere)?.org = Some(school.clone());
            self.write(&state);
        }
        let after = self.truth(&request).await.present;
        let came = after.iter().filter(|(kind, id)| !before.contains(*kind, id));
        Some(came.fold(Change::new(), |change, (kind, id)| change.upserting(kind, [id.clone()])))
    }

    async fn break_record(&self) -> Option<Broken> {
        let mut state = self.state();
        let id = state.district.enrollments.get(7)?.id.clone();
        state.broken = Some(id.clone());
        self.write(&state);
        Some(Broken::new(EntityKind::Enrollment, id))
    }

    fn scope(&self) -> Option<Scope> {
        let state = self.state();
        let school = state.district.classes.first()?.org.clone()?;
        Some(Scope::of_orgs([school]))
    }

    fn personal(&self) -> Vec<String> {
        let state = self.state();
        let names = state.district.people.iter().filter_map(|person| person.name.family.clone());
        names.filter(|name| name.len() > 5).chain(["CanaryCell".to_owned()]).collect()
    }
}
