//! The stream: what tells the schools, then who is who, then course after course with many of them under way.

mod ends;
mod intake;
mod people;
mod plan;
mod prove;
mod roster;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use futures::{
    StreamExt,
    future::{BoxFuture, Either, select},
    stream::{self, FuturesUnordered},
};
use roster_core::{
    EntityKind, PullContext, PullEvent, PullRequest, PullStream, Result, SourceInfo, SourcedId,
    jiff::{Timestamp, civil::Date, tz::TimeZone},
};

pub(crate) use self::prove::{Proof, prove};
use self::{
    intake::Intake,
    plan::Needs,
    roster::{Parts, Roster},
};
use crate::{
    changes,
    client::{Ask, List, Walk},
    map::{self, Course, Guardian, Spot, User, Wants},
    rules::Units,
    source::{Mode, Settings, is_withheld, missing_scopes},
    wire,
};

/// So many courses wait for their turn at most, beside those of the page at hand.
const MOST_WAITING: usize = 64;

/// One pull.
pub(crate) struct Pull {
    info: SourceInfo,
    settings: Arc<Settings>,
    request: PullRequest,
    cx: PullContext,
    wants: Arc<Wants>,
    needs: Needs,
    begun: Option<Timestamp>,
    steps: VecDeque<Step>,
    at: Option<At>,
    intake: Intake,
    over: bool,
}

/// What is read, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Prove,
    Units,
    Guardians,
    UsersFirst,
    Courses,
    UsersLast,
    Finish,
}

/// What is being read.
enum At {
    Guardians(Walk<Guardian>),
    Users { walk: Walk<User>, learn: bool, deliver: bool },
    Courses(Courses),
}

/// Courses, and those of them that are under way.
struct Courses {
    walk: Walk<Course>,
    waiting: VecDeque<Course>,
    /// The school of each course that is not done.
    schools: HashMap<SourcedId, SourcedId>,
    under_way: FuturesUnordered<BoxFuture<'static, Roster>>,
    listed: bool,
}

impl Pull {
    pub(crate) fn new(
        info: SourceInfo,
        settings: Arc<Settings>,
        request: PullRequest,
        cx: PullContext,
    ) -> Self {
        let needs = Needs::of(&request, settings.mode, &settings.rules);
        let wants = Arc::new(Wants { sensitive: request.sensitive.clone(), extra: request.extra });
        let due = [
            (Step::Prove, true),
            (Step::Units, needs.units),
            (Step::Guardians, needs.guardians),
            (Step::UsersFirst, needs.users_first),
            (Step::Courses, needs.courses),
            (Step::UsersLast, needs.users_last),
            (Step::Finish, true),
        ];
        let steps = due.into_iter().filter(|(_, is_due)| *is_due).map(|(step, _)| step).collect();
        let intake = Intake::new(&request, settings.mode);
        Self { info, settings, request, cx, wants, needs, begun: None, steps, at: None, intake, over: false }
    }

    pub(crate) fn into_stream(self) -> PullStream {
        stream::unfold(self, |mut pull| async move {
            let item = pull.next().await?;
            Some((item, pull))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Result<PullEvent>> {
        loop {
            if let Some(event) = self.intake.pop() {
                return Some(Ok(event));
            }
            if self.over {
                return None;
            }
            if let Err(error) = self.advance().await {
                self.over = true;
                return Some(Err(error));
            }
        }
    }

    async fn advance(&mut self) -> Result<()> {
        match &mut self.at {
            None => {
                let step = self.steps.pop_front().unwrap_or(Step::Finish);
                self.open(step).await
            }
            Some(At::Guardians(walk)) => {
                match walk.next().await {
                    Ok(Some(rows)) => rows.into_iter().for_each(|row| self.intake.guardian(row)),
                    Ok(None) => self.at = None,
                    // Guardians are no more than an addition: without leave for them, or with Classroom's part for them down, the
                    // rest is read all the same.
                    Err(error) => {
                        self.at = None;
                        self.intake.refused(List::Guardians, &error);
                    }
                }
                Ok(())
            }
            Some(At::Users { walk, learn, deliver }) => {
                let (learn, deliver) = (*learn, *deliver);
                match walk.next().await {
                    Ok(Some(rows)) => rows.into_iter().for_each(|row| self.intake.user(row, learn, deliver)),
                    Ok(None) => self.at = None,
                    Err(error) if is_withheld(&error) => {
                        self.at = None;
                        self.intake.refused(List::Users, &error);
                    }
                    Err(error) => return Err(error),
                }
                Ok(())
            }
            Some(At::Courses(courses)) => {
                let turn = courses
                    .turn(&self.settings, &self.request, &self.cx, self.needs, &mut self.intake)
                    .await?;
                if turn == Turn::Over {
                    self.at = None;
                }
                Ok(())
            }
        }
    }

    async fn open(&mut self, step: Step) -> Result<()> {
        // Before the first request.
        let begun = *self.begun.get_or_insert_with(|| self.cx.clock().now());
        tracing::debug!(?step, "reading");
        match step {
            Step::Prove => return self.prove().await,
            Step::Units => return self.units().await,
            Step::Guardians => self.at = Some(At::Guardians(self.walk_guardians())),
            Step::UsersFirst | Step::UsersLast => {
                let learn = step == Step::UsersFirst;
                let deliver = self.request.scope.is_everything() || !learn;
                let walk = self.walk_users(TimeZone::UTC.to_datetime(begun).date());
                self.at = Some(At::Users { walk, learn, deliver });
            }
            Step::Courses => {
                self.at = Some(At::Courses(Courses {
                    walk: self.walk_courses(),
                    waiting: VecDeque::new(),
                    schools: HashMap::new(),
                    under_way: FuturesUnordered::new(),
                    listed: false,
                }));
            }
            Step::Finish => {
                self.over = true;
                let cursor = changes::cursor(begun, &self.info, &self.request)?;
                // The token that was used last tells what was granted.
                let missing: Vec<_> = missing_scopes(&self.settings.client, self.settings.mode).collect();
                self.intake.finish(self.settings.rules.has_people(), &missing, cursor);
            }
        }
        Ok(())
    }

    async fn prove(&mut self) -> Result<()> {
        let mut proof = Proof::Administrator;
        if self.settings.mode == Mode::District {
            proof = prove(&self.settings, &self.cx).await?;
        }
        self.intake.begin(&self.settings);
        match proof {
            Proof::Administrator => {}
            Proof::NoAdministrator(reason) => self.intake.not_proven(&reason),
            Proof::Refused(error) => {
                self.intake.not_proven(error.message());
                // Whose users, units and guardians would come can't be told.
                let lists = [
                    (Step::Units, List::OrgUnits),
                    (Step::Guardians, List::Guardians),
                    (Step::UsersFirst, List::Users),
                ];
                for (_, list) in lists.iter().filter(|(step, _)| self.steps.contains(step)) {
                    self.intake.refused(*list, &error);
                }
                self.steps.retain(|step| matches!(step, Step::Courses | Step::Finish));
            }
        }
        Ok(())
    }

    async fn units(&mut self) -> Result<()> {
        let ask = Ask::of(List::OrgUnits).with("type", "allIncludingParent").fields(plan::UNIT_FIELDS);
        let spot = Spot::new(EntityKind::Org, List::OrgUnits.path(), 1);
        let read = |body: &[u8]| map::page(body, List::OrgUnits.key(), &spot, map::unit);
        match self.settings.client.page(&ask, None, 1, &self.cx, read).await {
            Ok(page) => self.intake.orgs(page.rows, &self.settings, &spot.place),
            Err(error) if is_withheld(&error) => self.intake.refused(List::OrgUnits, &error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn walk_guardians(&self) -> Walk<Guardian> {
        let client = &self.settings.guardians;
        let ask = Ask::of(List::Guardians).fields(plan::GUARDIAN_FIELDS).sized(self.request.page_size);
        let fetch = client.fetch(ask, &self.cx, |body, number| {
            let spot = Spot::new(EntityKind::Relationship, List::Guardians.path(), number);
            map::page(body, List::Guardians.key(), &spot, map::guardian)
        });
        Walk::new(fetch, client)
    }

    fn walk_users(&self, today: Date) -> Walk<User> {
        let Settings { client, rules, .. } = &*self.settings;
        let mut ask = Ask::of(List::Users)
            .with("customer", "my_customer")
            .fields(&plan::user_fields(&self.wants, rules))
            .sized(self.request.page_size.filter(|size| *size > 0));
        let schemas = rules.custom_schemas();
        if self.wants.extra {
            ask = ask.with("projection", "full");
        } else if !schemas.is_empty() {
            ask = ask.with("projection", "custom").with("customFieldMask", schemas.join(","));
        }
        let (settings, wants) = (Arc::clone(&self.settings), Arc::clone(&self.wants));
        let units: Arc<Units> = Arc::new(self.intake.units.clone());
        let fetch = client.fetch(ask, &self.cx, move |body, number| {
            let spot = Spot::new(EntityKind::Person, List::Users.path(), number);
            map::page(body, List::Users.key(), &spot, |row: &wire::User<'_>, spot| {
                map::user(row, &settings.rules, &units, &wants, today, spot)
            })
        });
        Walk::new(fetch, client)
    }

    fn walk_courses(&self) -> Walk<Course> {
        let Settings { client, rules, mode, .. } = &*self.settings;
        // All states are listed, so that those that are left out can be counted.
        let mut ask = Ask::of(List::Courses)
            .fields(&plan::course_fields(&self.wants, rules))
            .sized(self.request.page_size);
        if *mode == Mode::Teacher {
            ask = ask.with("teacherId", "me");
        }
        let (settings, wants) = (Arc::clone(&self.settings), Arc::clone(&self.wants));
        let fetch = client.fetch(ask, &self.cx, move |body, number| {
            let spot = Spot::new(EntityKind::Class, List::Courses.path(), number);
            map::page(body, List::Courses.key(), &spot, |row: &wire::Course<'_>, spot| {
                map::course(row, &settings.rules, &wants, spot)
            })
        });
        Walk::new(fetch, client)
    }
}

/// What a turn of reading courses brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    More,
    Over,
}

impl Courses {
    /// One turn: a page of courses, or one course with those who are in it, whichever is there first.
    async fn turn(
        &mut self,
        settings: &Settings,
        request: &PullRequest,
        cx: &PullContext,
        needs: Needs,
        intake: &mut Intake,
    ) -> Result<Turn> {
        let at_once = settings.client.in_flight();
        while self.under_way.len() < at_once
            && let Some(course) = self.waiting.pop_front()
        {
            let members = needs.rosters && !intake.rosters_refused;
            let aliases = settings.rules.alias.is_some() && request.wants(EntityKind::Class);
            let parts = Parts { members, aliases };
            self.under_way.push(roster::read(
                settings.client.clone(),
                course,
                parts,
                request.page_size,
                cx.clone(),
            ));
        }
        let lists = !self.walk.is_over() && self.waiting.len() < MOST_WAITING;
        let done = match (lists, self.under_way.is_empty()) {
            (true, true) => Either::Left(self.walk.next().await?),
            (true, false) => {
                let page = std::pin::pin!(self.walk.next());
                match select(page, self.under_way.next()).await {
                    Either::Left((page, _)) => Either::Left(page?),
                    Either::Right((roster, _)) => Either::Right(roster),
                }
            }
            (false, false) => {
                let arrived = std::pin::pin!(self.walk.arrive());
                Either::Right(match select(arrived, self.under_way.next()).await {
                    Either::Left(((), roster)) => roster.await,
                    Either::Right((roster, _)) => roster,
                })
            }
            (false, true) => return Ok(self.over(intake)),
        };
        match done {
            Either::Left(page) => {
                for row in page.into_iter().flatten() {
                    if let Some((course, school)) = intake.course(row, &settings.states) {
                        self.schools.extend(school.map(|school| (course.id.clone(), school)));
                        self.waiting.push_back(course);
                    }
                }
            }
            Either::Right(Some(roster)) => {
                let school = self.schools.remove(&roster.course.id);
                intake.roster(roster, school, settings, needs.rosters)?;
            }
            Either::Right(None) => {}
        }
        if self.walk.is_over() && !std::mem::replace(&mut self.listed, true) {
            intake.courses_listed();
        }
        Ok(Turn::More)
    }

    fn over(&mut self, intake: &mut Intake) -> Turn {
        if !std::mem::replace(&mut self.listed, true) {
            intake.courses_listed();
        }
        Turn::Over
    }
}
