//! What a pull would change, decided when its stream is over.
//!
//! In this order, since each step builds on the one before: who is absent (`absent`), who came back under another id
//! (`rekey`), what hangs on what is not there (`parents`) or names it (`notes`), what is new in the records that are known (`compare`), what is to
//! be forgotten (`forget`), what the guards say (`guards`, `id_shape`, `seats`), and the plan's name (`hash`).

mod absent;
mod calendar;
mod compare;
mod counts;
mod cover;
mod forget;
mod guards;
mod hash;
mod id_shape;
mod notes;
mod order;
mod parents;
mod rekey;
mod seats;
mod strong;
mod years;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use roster_core::{EntityKind, FieldSet, Record, Result, SourcedId, jiff};

use self::cover::Cover;
pub(crate) use self::{
    guards::{Effects, still_counts},
    order::Move,
};
use crate::{
    Digest, Guards, Hold, Key, KindCounts, Memory, Op, Seats, Session,
    memory::Asked,
    record,
    spill::{Head, Place, Spill},
    stage::{Census, Stage},
};

/// How many bodies are read from the store at a time.
const BODIES: usize = 512;

/// What a run is drawn up from, beside the stage.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) roster: String,
    pub(crate) provider: String,
    pub(crate) last_seq: u64,
    /// What the run before left; `None` makes this the first.
    pub(crate) before: Option<Memory>,
    pub(crate) asked: Asked,
    pub(crate) guards: Guards,
    /// How many students there are seats for.
    pub(crate) seats: Option<u64>,
    pub(crate) today: Date,
    pub(crate) now: jiff::Timestamp,
    /// Whether the pull went to its end; if not, nothing follows from absence.
    pub(crate) whole: bool,
    /// Whether it was a pull of changes, of which what precedes the last checkpoint counts.
    pub(crate) in_steps: bool,
}

/// What would be written.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stage: Stage,
    /// Records that were merged, or are taken in from quarantine.
    pub(crate) merged: Spill,
    /// Changes of records that are known, and creates out of quarantine. What is new and whole stays among the entries.
    pub(crate) steps: Vec<Step>,
    /// Places of the known that end, with what they look like in the census.
    pub(crate) ends: Vec<Ending>,
    /// Digests to renew, by place of the known.
    pub(crate) restamps: Vec<(u32, Digest)>,
    pub(crate) into_quarantine: Vec<Quarantining>,
    pub(crate) out_of_quarantine: Vec<Key>,
    /// Quarantined records with a uid that nobody delivers any longer.
    pub(crate) forgotten: Vec<u64>,
    /// Records that do not stand in the roster, and that the host wants to know nothing of.
    pub(crate) suppressed: Vec<u64>,
    /// Records whose versions up to a seq hold what is to be forgotten.
    pub(crate) blanks: Vec<(u64, u64)>,
    /// What changes in the groups.
    pub(crate) census: Census,
    pub(crate) counts: BTreeMap<EntityKind, KindCounts>,
    pub(crate) effects: Effects,
    /// Students who need a seat.
    pub(crate) seats: Seats,
    pub(crate) holds: Vec<Hold>,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) hash: String,
}

/// A change of one record.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) kind: EntityKind,
    /// The place among the known; [`NONE`](crate::known::NONE) for a create out of quarantine.
    pub(crate) known: u32,
    pub(crate) key: Key,
    /// Where the new body lies, among the merged.
    pub(crate) body: Place,
    pub(crate) digest: Digest,
    pub(crate) changed: FieldSet,
    /// The id before a re-key.
    pub(crate) from: Option<SourcedId>,
    /// Earlier versions held what the host no longer asks for.
    pub(crate) blank: bool,
}

/// An end.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub(crate) known: u32,
    pub(crate) id: SourcedId,
    pub(crate) blank: bool,
    /// It goes into quarantine at the same time: it is delivered, and its parent is not.
    pub(crate) quarantined: bool,
    /// The host wants to know nothing of it.
    pub(crate) suppressed: bool,
}

/// A record that goes into quarantine, or stays there and is different.
#[derive(Clone, Debug)]
pub(crate) struct Quarantining {
    pub(crate) key: Key,
    pub(crate) kind: EntityKind,
    pub(crate) digest: Digest,
    pub(crate) uid: Option<u64>,
    pub(crate) missing: (EntityKind, SourcedId),
    pub(crate) body: Body,
    /// It was there before.
    pub(crate) again: bool,
}

/// Where the body of a quarantined record is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    /// Among what was received.
    Received(Place),
    /// Among the merged: what was received, with what it does not tell taken from the record that is known.
    Merged(Place),
    /// In the version that the known record has.
    Stored(u32),
    /// Where it was.
    AsItIs,
}

/// Two records that may be one, without proof enough.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Proposal {
    /// The kind.
    pub kind: EntityKind,
    /// The id of the one that would end.
    pub from: SourcedId,
    /// The id of the one that would be created.
    pub to: SourcedId,
    /// What speaks for it, and why that is not enough.
    pub reason: String,
}

/// The plan while it is drawn up.
pub(crate) struct Draft<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) session: &'a mut dyn Session,
    pub(crate) plan: Plan,
    /// Ids that were re-keyed: old to new.
    rekeys: HashMap<(EntityKind, SourcedId), SourcedId>,
    /// Records that were re-keyed, with the entry that has the new id, if one was delivered.
    pairs: Vec<(u32, Option<u32>)>,
    /// Half keys of records that are taken in from quarantine.
    admitted: HashSet<(EntityKind, u64)>,
    /// The school years that sources made up, once they are asked for.
    made_up: Option<years::MadeUp>,
    /// By kind, what follows from absence.
    covers: [Cover; EntityKind::ALL.len()],
}

impl Plan {
    /// Draws up the plan.
    pub(crate) async fn draw(mut stage: Stage, ground: &Ground, session: &mut dyn Session) -> Result<Self> {
        let covers = EntityKind::ALL.map(|kind| {
            // Of a full pull that broke off, nothing is known to be absent. Of a feed, what ended before its last checkpoint is.
            if ground.whole || ground.in_steps { Cover::of(kind, &stage.slices) } else { Cover::default() }
        });
        let census = std::mem::take(&mut stage.arrivals);
        let plan = Self {
            stage,
            merged: Spill::default(),
            steps: Vec::new(),
            ends: Vec::new(),
            restamps: Vec::new(),
            into_quarantine: Vec::new(),
            out_of_quarantine: Vec::new(),
            forgotten: Vec::new(),
            suppressed: Vec::new(),
            blanks: Vec::new(),
            census,
            counts: BTreeMap::new(),
            effects: Effects::default(),
            seats: Seats::default(),
            holds: Vec::new(),
            proposals: Vec::new(),
            hash: String::new(),
        };
        let mut draft = Draft {
            ground,
            session,
            plan,
            rekeys: HashMap::new(),
            pairs: Vec::new(),
            admitted: HashSet::new(),
            made_up: None,
            covers,
        };
        draft.find_absent().await?;
        draft.find_rekeys().await?;
        draft.check_parents().await?;
        draft.note_dangling().await?;
        draft.compare().await?;
        draft.end().await?;
        draft.forget().await?;
        draft.count();
        draft.guard().await?;
        draft.name();
        Ok(draft.plan)
    }

    /// Whether a run would have nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
            && self.ends.is_empty()
            && self.restamps.is_empty()
            && self.into_quarantine.is_empty()
            && self.out_of_quarantine.is_empty()
            && self.forgotten.is_empty()
            && self.blanks.is_empty()
            && !self.stage.entries.iter().any(|(_, entry)| entry.is_create())
    }
}

impl Draft<'_> {
    /// Reads the stored records at these places; one that was blanked is `None`.
    async fn stored(&mut self, places: &[u32]) -> Result<Vec<Option<Record>>> {
        let known = &self.plan.stage.known;
        let seqs = places.iter().map(|place| known.seq(*place)).collect();
        let bodies = self.session.bodies(seqs).await?;
        let known = &self.plan.stage.known;
        places
            .iter()
            .zip(bodies)
            .map(|(place, body)| {
                body.map(|body| record::read(known.kind(*place), body.as_bytes())).transpose()
            })
            .collect()
    }

    /// Keeps a record for the plan.
    async fn keep(&mut self, record: &Record, digest: Digest) -> Result<Place> {
        let head = Head { digest, links: record::links(record), taken: FieldSet::all(record.kind()) };
        let place = self.plan.merged.add(head, record)?;
        self.plan.merged.relax().await?;
        Ok(place)
    }

    /// The record under the names that its references have after the re-keys, and whether that made a difference.
    fn renamed(&self, mut record: Record) -> (Record, bool) {
        let mut differs = false;
        record::visit(&mut record, |kind, id| {
            if let Some(new) = self.rekeys.get(&(kind, id.clone())) {
                *id = new.clone();
                differs = true;
            }
        });
        if differs {
            record.normalize();
        }
        (record, differs)
    }

    /// Whether all of a kind that is absent is gone.
    fn is_whole(&self, kind: EntityKind) -> bool {
        self.covers.get(kind as usize).is_some_and(Cover::is_whole)
    }

    fn is_first(&self) -> bool {
        self.ground.before.is_none()
    }
}
