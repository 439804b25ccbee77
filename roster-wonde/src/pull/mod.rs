//! The stream: the school, then resource after resource, page after page, row after row.

mod contacts;
mod deletions;
mod ends;
mod grants;
mod intake;
pub(crate) mod plan;
mod survey;
pub(crate) mod values;

use std::{collections::VecDeque, sync::Arc};

use futures::{StreamExt, stream};
use roster_core::{
    Error, ErrorKind, InScope, PartialCode, Place, Problem, PullContext, PullEvent, PullMode, PullRequest,
    PullStream, Result, SourceInfo, jiff::Timestamp,
};
use roster_http::paging::ChainReader;
use serde_json::value::RawValue;

use self::{
    intake::Intake,
    plan::{Purpose, Step},
};
use crate::{
    changes::Position,
    client::{Habits, Pages, Reading, get_one, read},
    codes,
    config::ClassSource,
    error::{broken, is_withheld, refused},
    map::{self, Wants},
    opening::{NOT_GIVEN, Opened, Standing},
    resource::Resource,
    source::Settings,
    wire::{self, Part, one},
};

const PULLING: &str = "pulling";

/// One pull.
pub(crate) struct Pull {
    info: SourceInfo,
    settings: Arc<Settings>,
    habits: Arc<Habits>,
    request: PullRequest,
    /// Where the last pull ended.
    before: Option<Position>,
    begun: Option<Timestamp>,
    cx: PullContext,
    opened: Option<Opened>,
    steps: VecDeque<Step>,
    at: Option<At>,
    intake: Intake,
    over: bool,
}

/// The resource at hand.
struct At {
    step: Step,
    reader: ChainReader<Pages>,
    includes: Vec<&'static str>,
    filtered: bool,
    begun: bool,
    rows: std::vec::IntoIter<Box<RawValue>>,
    place: Place,
}

impl Pull {
    pub(crate) fn new(
        info: SourceInfo,
        settings: Arc<Settings>,
        request: PullRequest,
        before: Option<Position>,
        cx: PullContext,
    ) -> Self {
        let wants = Wants {
            sensitive: request.sensitive.clone(),
            extra: request.extra,
            emails: settings.choices.emails.clone(),
            keeps: settings.choices.frozen_fields,
        };
        let intake = Intake::new(&request, wants, InScope::new(request.scope.clone()), before.as_ref());
        Self {
            info,
            settings,
            habits: Arc::default(),
            request,
            before,
            begun: None,
            cx,
            opened: None,
            steps: VecDeque::new(),
            at: None,
            intake,
            over: false,
        }
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
            if let Some(event) = self.intake.out.pop_front() {
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
        // Before the first request, so that nothing falls between.
        self.begun.get_or_insert_with(|| self.cx.clock().now());
        if self.opened.is_none() {
            return self.open().await;
        }
        if let Some(at) = &mut self.at {
            if let Some(row) = at.rows.next() {
                self.intake.row(at.step, &row, &at.place, at.filtered);
                if at.step.tells_values() && self.intake.values.has_memory() {
                    return self.rest_of_page().await;
                }
                return Ok(());
            }
            return self.turn().await;
        }
        if self.steps.is_empty() && self.intake.relationship() {
            return Ok(());
        }
        match self.steps.pop_front() {
            Some(step) => {
                self.begin(step);
                Ok(())
            }
            None => self.finish().await,
        }
    }

    /// Opens the school, and decides what follows from what is known of it.
    async fn open(&mut self) -> Result<()> {
        let opened = self.settings.account.open(&self.settings.school, &self.cx).await?;
        may_be_read(opened.standing)?;
        let changes = self.request.mode == PullMode::Changes;
        let now = opened.date.unwrap_or_else(|| self.cx.clock().now());
        let year = opened.school.year_at(now);
        let mut mis_changed = false;
        if let Some(before) = &self.before {
            mis_changed =
                before.mis.is_some() && opened.school.mis.is_some() && before.mis != opened.school.mis;
            if changes && mis_changed {
                return Err(expired("the school changed its MIS, so its ids may all be new"));
            }
            if changes && before.year != year.title() {
                return Err(expired(
                    "another school year has begun, which classes that did not change do not tell",
                ));
            }
            if mis_changed {
                let message = "the school changed its MIS since the last pull: its ids may all be new, and who is who has \
                               to be told by other numbers";
                self.intake.tell(Problem::warning(codes::MIS_CHANGED, message));
            }
        }
        if self.settings.choices.frozen {
            self.intake.freeze("a change of the school's MIS was announced and is not over");
        } else if opened.standing.online == Some(false) {
            self.intake.freeze("the school's MIS can't be reached by Wonde, so its data may be old");
        }
        let source = self.class_source();
        // In a scope changes can't tell what came into it: then the whole set is read.
        let filters = changes && self.request.scope.is_everything();
        // While ids are being changed, a row would be told under an id that is not to be matched yet: none is read.
        if !self.intake.is_frozen() {
            self.steps = plan::steps(&self.request, source, filters);
        }
        if mis_changed {
            self.intake.values.forget_numbers();
        }
        self.intake.open(&opened, year, source, &self.steps, filters);
        self.opened = Some(opened);
        Ok(())
    }

    /// What classes are taken from: as the host says, else as it was decided before.
    fn class_source(&self) -> ClassSource {
        match self.settings.choices.class_source {
            ClassSource::Auto => self.before.as_ref().and_then(|before| before.classes).unwrap_or_default(),
            said => said,
        }
    }

    /// Since when changes of a resource are asked for. Who left and what campuses there are is always read whole, and so is a list
    /// that classes were not taken from before: what did not change there was never told.
    fn since(&self, step: Step) -> Option<Timestamp> {
        let changes = self.request.mode == PullMode::Changes && self.request.scope.is_everything();
        let before = self.before.as_ref().filter(|_| changes)?;
        let was_read = match step.resource {
            Resource::Campuses => false,
            Resource::Classes => before.classes.is_some_and(ClassSource::has_classes),
            Resource::Registrations => before.classes.is_some_and(ClassSource::has_groups),
            _ => step.purpose != Purpose::Learn,
        };
        was_read.then(|| before.since())
    }

    fn begin(&mut self, step: Step) {
        let Some(opened) = &self.opened else { return };
        let permissions = opened.permissions.as_ref();
        if permissions.and_then(|said| said.resource(step.resource)) == Some(false) {
            let reason = format!("{}: the school does not share it", step.resource.path());
            self.intake.refuse(step, &reason);
            return;
        }
        let wanted = plan::includes(step, &self.request);
        let granted = |include: &&'static str| {
            let parent = include.split_once('.').map(|(parent, _)| parent);
            let one = |include: &str| {
                permissions.and_then(|said| said.include(step.resource, include)) != Some(false)
            };
            one(include) && parent.is_none_or(one)
        };
        let includes: Vec<_> = wanted.into_iter().filter(granted).collect();
        let since = self.since(step);
        let reading = Reading {
            resource: step.resource,
            school: self.settings.school.clone(),
            includes: includes.clone(),
            since,
            page_size: self.request.page_size,
        };
        tracing::debug!(endpoint = step.resource.path(), purpose = ?step.purpose, changes = since.is_some(), "reading");
        self.at = Some(At {
            step,
            reader: read(&opened.wire, &self.habits, reading, &self.cx),
            includes,
            filtered: since.is_some(),
            begun: false,
            rows: Vec::new().into_iter(),
            place: map::place(step.resource.path(), 1),
        });
    }

    async fn turn(&mut self) -> Result<()> {
        let Some(at) = &mut self.at else { return Ok(()) };
        let step = at.step;
        match at.reader.next().await {
            Ok(Some(page)) => {
                if !std::mem::replace(&mut at.begun, true) {
                    let refused = self.habits.refused(step.resource);
                    let used: Vec<_> =
                        at.includes.iter().copied().filter(|include| !refused.contains(include)).collect();
                    self.intake.begin(step, &used, at.filtered);
                }
                if page.odd {
                    self.intake.note_odd(step);
                }
                at.place = map::place(step.resource.path(), at.reader.page());
                at.rows = page.rows.into_iter();
            }
            Ok(None) => {
                self.at = None;
                if let Some(more) = self.intake.end(step) {
                    self.steps.push_front(more);
                }
            }
            Err(error) if is_withheld(&error) => {
                self.at = None;
                self.intake.refuse(step, error.message());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<()> {
        self.over = true;
        let filters = self.request.mode == PullMode::Changes && self.request.scope.is_everything();
        if !filters {
            self.intake.refuse_nobody()?;
            self.count().await?;
        }
        self.intake.finish();
        if self.intake.is_frozen() {
            // Nothing was read: the next pull goes on from where the last one ended.
            if let Some(before) = &self.before {
                let cursor = before.encode(&self.info, &self.request)?;
                self.intake.out.push_back(PullEvent::Checkpoint(Box::new(cursor)));
            }
            return Ok(());
        }
        let (Some(opened), Some(year)) = (&self.opened, self.intake.year()) else { return Ok(()) };
        let (granted, lost) = self.intake.grants.kept();
        let begun = self.begun.unwrap_or_else(|| self.cx.clock().now());
        // The server's own clock at its first answer is better: its stamps are of that, and the overlap is a day.
        let begun = opened.date.unwrap_or(begun);
        let position = Position {
            begun,
            classes: self.intake.decided().or_else(|| self.before.as_ref().and_then(|before| before.classes)),
            // A school that does not name its MIS this once has not changed it.
            mis: opened
                .school
                .mis
                .clone()
                .or_else(|| self.before.as_ref().and_then(|before| before.mis.clone())),
            year: year.title(),
            granted,
            frozen: lost,
            shares: self.intake.values.kept(),
            one_sided: self.intake.is_one_sided(),
        };
        let cursor = position.encode(&self.info, &self.request)?;
        self.intake.out.push_back(PullEvent::Checkpoint(Box::new(cursor)));
        Ok(())
    }

    /// Compares what came with what Wonde counts, where it says so.
    async fn count(&mut self) -> Result<()> {
        let due = self.intake.counted();
        let Some(opened) = &self.opened else { return Ok(()) };
        if due.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = due.iter().map(|(resource, _)| resource.word()).collect();
        let mut url = opened.wire.base().endpoint(["schools", &self.settings.school, "counts"]);
        url.set_query(crate::client::encoded(&[("include", names.join(","))]).as_deref());
        let counts = match get_one(&opened.wire, "/schools/{id}/counts", url, &self.cx).await {
            Ok((counts, _)) => counts,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
            // Not every school has it, and it is a check, no more.
            Err(error) if error.status().is_some_and(|status| status < 500) => None,
            Err(error) => {
                let message =
                    format!("{}; what came could not be compared with Wonde's counts", error.message());
                self.intake.tell(Problem::warning(codes::COUNT_DIFFERS, message));
                None
            }
        };
        for (resource, came) in due {
            let said = counts.as_deref().and_then(|counts| count_of(counts, resource.word()));
            self.intake.compare(resource, came, said);
        }
        Ok(())
    }
}

/// Whether a school's data may be read at all.
fn may_be_read(standing: Standing) -> Result<()> {
    if standing.approved == Some(false) {
        return Err(refused(PULLING, NOT_GIVEN));
    }
    if standing.audited == Some(false) {
        return Err(refused(
            PULLING,
            "the school has given access, and Wonde has yet to check its data: try again later, usually within a day",
        ));
    }
    Ok(())
}

fn expired(why: &str) -> Error {
    Error::new(ErrorKind::CursorExpired, crate::source::PROVIDER, PULLING, format!("{why}; pull in full"))
}

/// A count, such as `{"students": {"data": {"count": 4}}}`, or the bare number.
fn count_of(counts: &RawValue, name: &str) -> Option<u64> {
    let all: std::collections::BTreeMap<String, Part<'_>> = serde_json::from_str(counts.get()).ok()?;
    let part = *all.get(name)?;
    if let Some(count) = one::<wire::Count<'_>>(part) {
        return count.count.get()?.parse().ok();
    }
    serde_json::from_str(part?.get()).ok()
}

/// Nobody at all, which no school is.
fn nobody() -> Error {
    broken(
        PULLING,
        "neither a student nor a member of staff came: the host of another region answers so, and a school whose data are \
         not released yet. Nothing follows from it; check `region`, and try again later",
    )
}

/// A kind that can't be told since its resource is withheld.
fn withheld_code() -> PartialCode {
    PartialCode::Withheld
}
