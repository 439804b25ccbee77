//! The conformance suite, on a source over one JSON file.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../custom_source/source.rs"]
mod source;

use std::{
    fs,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use roster::{Affiliation, Notice, Observer, Org, OrgType, Person, prelude::*};
use roster_testkit::{Broken, Change, Fault, Harness, Support, Truth};
use serde_json::{Map, Value, json};
use source::JsonSource;
use tempfile::TempDir;

// What one file can't do: it has no secret and no credential, no pages and no feed that forgets, and it is read whole before
// its first event, so that nothing is left to stop. Its records are those of the one page in flight, which the source caps.
// Rows are counted by sources of files with one kind each.
roster_testkit::conformance!(
    json_file,
    || async { Village::new() },
    skips = [
        debug_shows_no_secret,
        drop_stops_the_work,
        empty_page_is_not_the_end,
        foreign_credential_is_refused,
        forgotten_changes_are_told,
        records_alive_are_bounded,
        repeated_page_token_is_an_error,
        row_counts_add_up,
    ]
);

// The suite counts reads as the source tells them to its observer. This one does not take the source's word.
#[tokio::test]
async fn the_file_is_not_opened_before_the_first_poll() {
    let village = Village::new();
    let (path, away) = (village.folder.path().join("village.json"), village.folder.path().join("away"));
    fs::rename(&path, &away).unwrap();
    let mut pull = village.source("village").pull(PullRequest::full(), PullContext::default());
    fs::rename(&away, &path).unwrap();
    assert!(pull.next().await.unwrap().is_ok());
}

/// A village in a file, which knows the truth.
struct Village {
    folder: TempDir,
    state: Mutex<State>,
    reads: Arc<Reads>,
}

struct State {
    people: Vec<Villager>,
    days: usize,
    broken: Option<String>,
    cut: bool,
}

#[derive(Clone, PartialEq)]
struct Villager {
    id: String,
    role: Role,
    school: &'static str,
    name: String,
}

/// Counts how often the file is read.
#[derive(Debug, Default)]
struct Reads(AtomicU64);

impl Observer for Reads {
    fn notice(&self, notice: &Notice<'_>) {
        if matches!(notice, Notice::Request { .. }) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

const SCHOOLS: [&str; 2] = ["s1", "s2"];
const NAMES: [&str; 4] = ["Quillfeather", "Cottersham", "Marrowgate", "Thistlewood"];

impl Village {
    fn new() -> Self {
        let roles = [Role::Student, Role::Teacher, Role::Student, Role::Student, Role::Guardian];
        let people = (0..30).map(|number| Villager {
            id: format!("p{number:02}"),
            role: roles[number % roles.len()].clone(),
            school: SCHOOLS[number % SCHOOLS.len()],
            name: format!("{} Hollowbrook", NAMES[number % NAMES.len()]),
        });
        let state = State { people: people.collect(), days: 0, broken: None, cut: false };
        let village =
            Self { folder: TempDir::new().unwrap(), state: Mutex::new(state), reads: Arc::default() };
        village.write(&village.state());
        village
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Writes the file in one step: a reader sees the old one or the new one.
    fn write(&self, state: &State) {
        let schools: Map<_, _> =
            SCHOOLS.iter().map(|id| ((*id).to_owned(), json!(format!("School {id}")))).collect();
        let people: Map<_, _> =
            state.people.iter().map(|person| (person.id.clone(), row(person, state))).collect();
        let mut text = json!({ "schools": schools, "people": people }).to_string();
        if state.cut {
            text.truncate(text.len() / 2);
        }
        let part = self.folder.path().join("part");
        fs::write(&part, text).unwrap();
        fs::rename(part, self.folder.path().join("village.json")).unwrap();
    }

    fn source(&self, tenant: &str) -> JsonSource {
        JsonSource { tenant: tenant.to_owned(), path: self.folder.path().join("village.json") }
    }
}

fn row(person: &Villager, state: &State) -> Value {
    let born = if state.broken.as_ref() == Some(&person.id) { "Canary" } else { "2012-03-04" };
    json!({
        "role": person.role.as_str(),
        "school": person.school,
        "name": person.name,
        "birth_date": born,
    })
}

impl Harness for Village {
    type Source = JsonSource;

    async fn open(&self) -> JsonSource {
        self.source("village")
    }

    async fn open_other_tenant(&self) -> Option<JsonSource> {
        Some(self.source("hamlet"))
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        let state = self.state();
        let orgs = SCHOOLS.iter().map(|id| Record::from(Org::new(*id, OrgType::School, *id)));
        let people = state.people.iter().map(|villager| {
            let mut person = Person::new(villager.id.as_str());
            person.affiliations = vec![Affiliation::new(villager.role.clone(), Some(villager.school.into()))];
            person.into()
        });
        let records: Vec<Record> = orgs.chain(people).collect();
        Truth::of(&records, request).rejecting(EntityKind::Person, state.broken.clone())
    }

    /// The last one leaves, a new one comes, and the first changes name and school.
    async fn next_day(&self) -> Option<Change> {
        let mut state = self.state();
        state.days += 1;
        let (day, gone) = (state.days, state.people.pop()?);
        let came = Villager { id: format!("q{day:02}"), ..gone.clone() };
        let change = Change::new().upserting(EntityKind::Person, ["p00", &came.id]);
        state.people.insert(0, came);
        let first = state.people.iter_mut().find(|person| person.id == "p00")?;
        first.name = format!("Day{day} Hollowbrook");
        self.write(&state);
        Some(change.deleting(EntityKind::Person, [gone.id]))
    }

    /// A teacher changes to the school in scope.
    async fn enter_scope(&self) -> Option<Change> {
        let mut state = self.state();
        let elsewhere = |person: &&mut Villager| person.school == "s2" && person.role == Role::Teacher;
        let teacher = state.people.iter_mut().find(elsewhere)?;
        teacher.school = "s1";
        let change = Change::new().upserting(EntityKind::Person, [teacher.id.clone()]);
        self.write(&state);
        Some(change)
    }

    async fn break_record(&self) -> Option<Broken> {
        let mut state = self.state();
        state.broken = Some("p07".to_owned());
        self.write(&state);
        Some(Broken::new(EntityKind::Person, "p07"))
    }

    async fn fault(&self, fault: Fault) -> Support {
        if fault != Fault::CutConnection {
            return Support::Unsupported;
        }
        let mut state = self.state();
        state.cut = true;
        self.write(&state);
        Support::Supported
    }

    fn scope(&self) -> Option<Scope> {
        Some(Scope::of_orgs(["s1".into()]))
    }

    fn personal(&self) -> Vec<String> {
        NAMES.into_iter().chain(["Hollowbrook", "Canary", "2012-03-04"]).map(str::to_owned).collect()
    }

    fn work(&self) -> Option<u64> {
        Some(self.reads.0.load(Ordering::SeqCst))
    }

    fn context(&self) -> PullContext {
        PullContext::new(self.reads.clone())
    }
}
