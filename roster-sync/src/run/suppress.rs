//! Records that the host wants to know nothing of, ever again.

use std::collections::BTreeSet;

use jiff::tz::Offset;
use roster_core::{Error, ErrorKind, PullContext, PullRequest, Result, jiff};

use super::{RosterSync, host, loading::Loading};
use crate::{
    Failed, Memory, Past, RecordState, RosterInfo, RunEnd, RunStart, Session, Status, SyncReport,
    apply::apply,
    known::{Known, mark},
    plan::{Ground, Plan},
    stage::{Quarantine, Stage},
};

impl RosterSync<'_> {
    /// Suppresses records, by uid, for good: what somebody asked to be forgotten, or what a host deleted and wants to stay
    /// deleted.
    ///
    /// The log tells that those that stand in the roster end. All that was kept of any of them is blanked, but kind, id and
    /// history. However often the vendor delivers such a record, it is left out, and counted as rejected; it is never
    /// created again. What hangs on it ends too, and waits in quarantine while it is delivered. No guard counts any of it.
    ///
    /// It is a run of its own, and nothing is pulled. There is no way back. A vendor that gives the same person another id
    /// makes another record of them, since nothing is left to know them by.
    ///
    /// # Errors
    ///
    /// `Config` if the roster has no record of one of these uids; those of the store. Nothing is written then.
    pub async fn suppress(&self, uids: &[u64], cx: &PullContext) -> Result<SyncReport> {
        let Some(mut session) = self.store.open(&self.roster).await? else {
            return Ok(SyncReport::new(&self.roster, "", Status::Busy));
        };
        let mut known = Known::default();
        Loading::of(&mut *session).all(&mut known).await?;
        let past = session.past().await?;
        let places = self.places(&known, uids)?;
        let tenant = past.memory.as_ref().map(|memory| memory.tenant.clone()).unwrap_or_default();
        let mut report = SyncReport::new(&self.roster, tenant, Status::Unchanged);
        let Some(memory) = past.memory.clone().filter(|_| !places.is_empty()) else { return Ok(report) };
        let now = cx.clock().now();
        let info = self.store.rosters().await?.into_iter().find(|info| info.name == self.roster);
        let origin = info.and_then(|RosterInfo { origin, .. }| origin);
        let run = session.begin(RunStart::new(&memory.provider, &memory.tenant, origin, now)).await?;
        report.run = Some(run);
        let ground = self.ground(&past, &memory, now);
        let written = write(&mut report, known, &places, &ground, &mut *session).await;
        if let Err(error) = &written {
            (report.status, report.error) = (Status::Failed, Some(Failed::from(error)));
        }
        let mut end = RunEnd::new(cx.clock().now(), report.clone());
        // What was to be known by the next run still is.
        end.memory = written.is_ok().then_some(memory);
        let finished = session.finish(end).await;
        // Where both fail, the first error tells why.
        written.and(finished).map(|()| report)
    }

    /// The places of those that are not suppressed yet.
    fn places(&self, known: &Known, uids: &[u64]) -> Result<BTreeSet<u32>> {
        let place = |uid: &u64| known.place_of(*uid).ok_or_else(|| self.no_record(*uid));
        let places = uids.iter().map(place).collect::<Result<BTreeSet<_>>>()?;
        Ok(places.into_iter().filter(|place| known.state(*place) != RecordState::Suppressed).collect())
    }

    fn no_record(&self, uid: u64) -> Error {
        let roster = &self.roster;
        let message = format!(
            "the roster `{roster}` has no record of the uid {uid}; `records` and `changes` tell uids"
        );
        host(ErrorKind::Config, "suppressing records", message)
    }

    fn ground(&self, past: &Past, memory: &Memory, now: jiff::Timestamp) -> Ground {
        Ground {
            roster: self.roster.clone(),
            provider: memory.provider.clone(),
            last_seq: past.last_seq,
            asked: memory.asked.clone(),
            before: Some(memory.clone()),
            guards: self.guards,
            seats: None,
            today: Offset::UTC.to_datetime(now).date(),
            now,
            whole: false,
            in_steps: false,
        }
    }
}

/// Plans it as if the vendor had said that these are gone and all else is as it was, and applies that.
async fn write(
    report: &mut SyncReport,
    known: Known,
    places: &BTreeSet<u32>,
    ground: &Ground,
    session: &mut dyn Session,
) -> Result<()> {
    let quarantine = Quarantine::new(session.quarantined().await?);
    let mut stage = Stage::new(quarantine, &PullRequest::full(), false);
    stage.known = known;
    for place in stage.known.places() {
        let said = if places.contains(&place) { mark::DELETED } else { mark::SEEN };
        stage.known.mark(place, said);
        if said == mark::DELETED
            && let Some(held) = stage.known.key(place).and_then(|key| stage.quarantine.get_mut(key))
        {
            held.deleted = true;
        }
    }
    let mut plan = Plan::draw(stage, ground, session).await?;
    for end in plan.ends.iter_mut().filter(|end| places.contains(&end.known)) {
        (end.suppressed, end.blank) = (true, true);
    }
    let known = &plan.stage.known;
    for place in places.iter().copied().filter(|place| !known.is_active(*place)) {
        plan.suppressed.push(known.uid(place));
        plan.blanks.push((known.uid(place), known.seq(place)));
    }
    for end in &plan.ends {
        let counts = report.kinds.entry(known.kind(end.known)).or_default();
        (counts.supported, counts.complete) = (true, true);
        counts.ended += 1;
    }
    apply(&mut plan, session, ground.last_seq).await?;
    report.status = Status::Applied;
    Ok(())
}

/// Says how many suppressed records were delivered: they are left out, and nothing is wrong with them.
pub(super) fn note(stage: &Stage) -> Option<String> {
    let is_suppressed = |place| stage.known.state(place) == RecordState::Suppressed;
    let count =
        stage.rejected.keys().filter(|key| stage.known.find(**key).is_some_and(is_suppressed)).count();
    let subject = if count == 1 { "1 record is" } else { &format!("{count} records are") };
    (count > 0).then(|| format!("{subject} suppressed, and left out."))
}
