//! What Google has: a district as rows, quotas, who asked what, and what is wrong with it today.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use roster_core::Role;
use serde_json::{Value, json};

use super::{
    GoogleOptions,
    refusal::Quota,
    rows::{self, Rows},
    tokens::Tokens,
};
use crate::{
    district::{DayTruth, District, DistrictSpec},
    sandbox::fault::SandboxFault,
};

/// A server's parts.
pub(super) struct Shared {
    pub(super) options: GoogleOptions,
    pub(super) tokens: Tokens,
    state: Mutex<State>,
    requests: AtomicU64,
    quotas: Mutex<Quotas>,
    /// How often each question was answered.
    answered: Mutex<HashMap<u64, u32>>,
}

/// What Google has.
pub(super) struct State {
    pub(super) district: District,
    pub(super) rows: Rows,
    pub(super) faults: Vec<SandboxFault>,
    pub(super) answers: Vec<Scripted>,
    /// Courses whose name is no text.
    broken: BTreeSet<String>,
    /// Listed, and gone when more of them is asked for.
    pub(super) vanishing: BTreeSet<String>,
    pub(super) registrations: BTreeMap<String, Value>,
    emails: bool,
}

/// An answer that is given instead.
pub(super) struct Scripted {
    pub(super) collection: String,
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) times: u64,
}

/// When the requests of each user, and of all, were answered, as far as that matters.
#[derive(Default)]
struct Quotas {
    users: BTreeMap<String, VecDeque<Instant>>,
    project: VecDeque<Instant>,
    refused: u64,
}

impl Shared {
    pub(super) fn new(district: District, options: GoogleOptions) -> Self {
        let seats = district.enrollments.iter();
        let teacher =
            seats.clone().find(|seat| seat.role == Role::Teacher).map(|seat| rows::account(&seat.person));
        let tokens = Tokens::new(
            district.spec().seed(),
            teacher.unwrap_or_default(),
            options.token_life,
            options.token_requests,
        );
        let state = Mutex::new(State::new(district, options.emails));
        Self {
            options,
            tokens,
            state,
            requests: AtomicU64::new(0),
            quotas: Mutex::default(),
            answered: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(super) fn count_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::SeqCst)
    }

    /// Which quota is used up, of the user or of the project. Counted over a sliding stretch, as Google does.
    pub(super) fn over_quota(&self, user: &str) -> Option<Quota> {
        let mut quotas = self.quotas.lock().unwrap_or_else(PoisonError::into_inner);
        let Quotas { users, project, refused } = &mut *quotas;
        let own = users.entry(user.to_owned()).or_default();
        let over = if is_full(own, self.options.user_quota) {
            Some(Quota::User)
        } else {
            is_full(project, self.options.project_quota).then_some(Quota::Project)
        };
        if over.is_some() {
            *refused += 1;
        } else {
            own.push_back(Instant::now());
            project.push_back(Instant::now());
        }
        over
    }

    pub(super) fn refused(&self) -> u64 {
        self.quotas.lock().unwrap_or_else(PoisonError::into_inner).refused
    }

    pub(super) fn was_answered(&self, question: u64) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner).entry(question).or_default() += 1;
    }

    pub(super) fn answered_again(&self) -> usize {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.values().filter(|times| **times > 1).count()
    }
}

fn is_full(times: &mut VecDeque<Instant>, quota: Option<(u32, Duration)>) -> bool {
    let Some((requests, time)) = quota else {
        times.clear();
        return false;
    };
    while times.front().is_some_and(|first| first.elapsed() >= time) {
        times.pop_front();
    }
    times.len() >= usize::try_from(requests).unwrap_or(usize::MAX)
}

impl State {
    fn new(district: District, emails: bool) -> Self {
        let rows = Rows::of(&district, emails);
        Self {
            district,
            rows,
            faults: Vec::new(),
            answers: Vec::new(),
            broken: BTreeSet::new(),
            vanishing: BTreeSet::new(),
            registrations: BTreeMap::new(),
            emails,
        }
    }

    pub(super) fn next_day(&mut self) -> DayTruth {
        let (tomorrow, truth) = self.district.next_day(u64::from(self.district.day) + 1);
        self.edit(|district| *district = tomorrow);
        truth
    }

    pub(super) fn edit(&mut self, change: impl FnOnce(&mut District)) {
        change(&mut self.district);
        let district = std::mem::replace(&mut self.district, District::empty(DistrictSpec::default()));
        self.district = district.normalized();
        self.rows = Rows::of(&self.district, self.emails);
        self.mark_broken();
    }

    /// The first school's unit gets another name.
    pub(super) fn rename_unit(&mut self) {
        self.edit(|district| {
            if let Some(school) = district.orgs.iter_mut().find(|org| org.parent.is_some()) {
                school.name.push_str(" Renamed");
            }
        });
    }

    /// The first class is put away by its teacher.
    pub(super) fn archive_class(&mut self) {
        self.edit(|district| {
            let mut classes = district.classes.iter_mut();
            if let Some(class) = classes.find(|class| class.state == roster_core::ClassState::Active) {
                class.state = roster_core::ClassState::Archived;
            }
        });
    }

    pub(super) fn break_course(&mut self, id: &str) -> bool {
        let is_there = self.rows.courses.contains_key(id);
        if is_there {
            self.broken.insert(id.to_owned());
            self.mark_broken();
        }
        is_there
    }

    fn mark_broken(&mut self) {
        for id in &self.broken {
            if let Some(name) = self.rows.courses.get_mut(id).and_then(|course| course.row.get_mut("name")) {
                *name = json!([["CanaryValue"]]);
            }
        }
    }
}
