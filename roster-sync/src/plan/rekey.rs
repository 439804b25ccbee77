//! Records that came back under another id.
//!
//! The first rule, and the only one that is applied by itself: a strong id that stands once on both sides, with nothing
//! against it. What is weaker is proposed.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{EntityKind, Record, Result, SourcedId};

use super::{
    BODIES, Draft, Proposal,
    strong::{Strong, contradiction, is_staff, proofs as strong_ids, staff_email, weak_ids},
};
use crate::{
    Key,
    known::{NONE, mark},
    record::derived_id,
    stage::Verdict,
};

/// The kinds that bear strong ids, those that others name first.
const NAMED: [EntityKind; 5] =
    [EntityKind::Org, EntityKind::AcademicSession, EntityKind::Course, EntityKind::Class, EntityKind::Person];
/// How many proposals are made of a kind.
const PROPOSALS: usize = 10_000;

/// A record that would end or be created, with its place.
type Side = Vec<(u32, Record)>;
type Evidence = (&'static str, String);

impl Draft<'_> {
    pub(super) async fn find_rekeys(&mut self) -> Result<()> {
        for kind in NAMED {
            self.rekey_kind(kind).await?;
        }
        if !self.rekeys.is_empty() {
            for kind in [EntityKind::Enrollment, EntityKind::Relationship] {
                self.rekey_derived(kind).await?;
            }
        }
        self.plan.proposals.sort_unstable();
        Ok(())
    }

    /// Active records of a kind that would end.
    fn ending(&self, kind: EntityKind) -> Vec<u32> {
        let known = &self.plan.stage.known;
        let ending = known.marked(|marks| marks & mark::ENDING != 0);
        ending.filter(|place| known.kind(*place) == kind && known.is_active(*place)).collect()
    }

    /// Entries of a kind that would be created.
    pub(super) fn created(&self, kind: EntityKind) -> Vec<u32> {
        let entries = &self.plan.stage.entries;
        entries
            .iter()
            .filter(|(_, entry)| entry.kind == kind && entry.is_create())
            .map(|(place, _)| place)
            .collect()
    }

    async fn rekey_kind(&mut self, kind: EntityKind) -> Result<()> {
        let (ending, created) = (self.ending(kind), self.created(kind));
        if ending.is_empty() || created.is_empty() || !self.ground.asked.kinds.contains(&kind) {
            return Ok(());
        }
        let gone = self.known_records(&ending).await?;
        let mut new: Side = Vec::with_capacity(created.len());
        for place in created {
            new.push((place, self.received(kind, place).await?.0));
        }
        let moved = self.is_change_of_mis(kind, gone.len()) || self.has_new_staff(kind, &gone, &new).await?;
        let proofs = |record: &Record| -> BTreeSet<Evidence> {
            let strong = strong_ids(record, moved).into_iter().map(|id| (word(&id), value(id)));
            strong.chain(staff_email(record).filter(|_| moved).map(|email| ("work e-mail", email))).collect()
        };
        let mut matches = pairs(&gone, &new, proofs);
        if !matches.is_empty() {
            self.count_others(kind, &mut matches, proofs).await?;
        }
        let mut doubts = Vec::new();
        for ((proof, _), found) in &matches {
            if let Err(reason) = judge(found, &gone, &new, moved) {
                doubts.extend(found.some_pairs().map(|pair| (pair, format!("same {proof}, but {reason}"))));
            }
        }
        self.accept(&matches, &gone, &new, moved);
        self.propose(kind, doubts, &gone, &new, moved);
        Ok(())
    }

    /// Whether most of those who work there have new ids, as after a change of MIS in which the pupils kept theirs. It is looked for
    /// only where somebody may be one who is gone, since it takes a look at everybody.
    async fn has_new_staff(&mut self, kind: EntityKind, gone: &Side, new: &Side) -> Result<bool> {
        if kind != EntityKind::Person {
            return Ok(false);
        }
        let signs = |side: &Side| -> BTreeSet<String> {
            let staff = side.iter().map(|(_, record)| record).filter(|record| is_staff(record));
            let signs = |record| {
                let numbers = strong_ids(record, false).into_iter().map(|(_, number)| number);
                numbers.chain(staff_email(record)).collect::<Vec<_>>()
            };
            staff.flat_map(signs).collect()
        };
        if signs(gone).is_disjoint(&signs(new)) {
            return Ok(false);
        }
        let leaving = gone.iter().filter(|(_, record)| is_staff(record)).count();
        let known = &self.plan.stage.known;
        let stay: Vec<_> =
            self.active_of(kind).into_iter().filter(|place| !known.has(*place, mark::ENDING)).collect();
        let mut staying = 0;
        for places in stay.chunks(BODIES) {
            let records = self.stored(places).await?;
            staying += records.iter().flatten().filter(|record| is_staff(record)).count();
        }
        Ok(leaving > staying)
    }

    async fn known_records(&mut self, places: &[u32]) -> Result<Side> {
        let mut side = Vec::with_capacity(places.len());
        for places in places.chunks(BODIES) {
            let records = self.stored(places).await?;
            side.extend(
                places.iter().copied().zip(records).filter_map(|(place, record)| Some((place, record?))),
            );
        }
        Ok(side)
    }

    /// Whether the roster comes from another system, or most of a kind has new ids: then a member of staff is known by the
    /// address at work.
    fn is_change_of_mis(&self, kind: EntityKind, gone: usize) -> bool {
        let other_vendor =
            self.ground.before.as_ref().is_some_and(|before| before.provider != self.ground.provider);
        other_vendor || gone * 2 > self.count_active_of(kind)
    }

    /// Looks for the same ids among the records that stay: an id that stands there too is no proof.
    async fn count_others(
        &mut self,
        kind: EntityKind,
        matches: &mut BTreeMap<Evidence, Found>,
        proofs: impl Fn(&Record) -> BTreeSet<Evidence>,
    ) -> Result<()> {
        let known = &self.plan.stage.known;
        let stay: Vec<_> =
            self.active_of(kind).into_iter().filter(|place| !known.has(*place, mark::ENDING)).collect();
        for places in stay.chunks(BODIES) {
            for record in self.stored(places).await?.into_iter().flatten() {
                note_others(matches, proofs(&record));
            }
        }
        let changed: Vec<_> = self
            .plan
            .stage
            .entries
            .iter()
            .filter(|(_, entry)| entry.kind == kind && entry.known != NONE && entry.verdict == Verdict::Live)
            .map(|(place, _)| place)
            .collect();
        for place in changed {
            let (record, ..) = self.received(kind, place).await?;
            note_others(matches, proofs(&record));
        }
        Ok(())
    }

    /// Takes the pairs that are proven, unless one record is in two of them, or in doubt by another proof.
    fn accept(&mut self, matches: &BTreeMap<Evidence, Found>, gone: &Side, new: &Side, moved: bool) {
        let mut proven = BTreeSet::new();
        let (mut of_gone, mut of_new) = (BTreeMap::new(), BTreeMap::new());
        let (mut doubtful_gone, mut doubtful_new) = (BTreeSet::<usize>::new(), BTreeSet::<usize>::new());
        for found in matches.values() {
            match judge(found, gone, new, moved) {
                Ok((known, entry)) => {
                    if proven.insert((known, entry)) {
                        *of_gone.entry(known).or_insert(0) += 1;
                        *of_new.entry(entry).or_insert(0) += 1;
                    }
                }
                Err(_) => {
                    doubtful_gone.extend(&found.gone);
                    doubtful_new.extend(&found.new);
                }
            }
        }
        for (known, entry) in proven {
            let alone = of_gone.get(&known) == Some(&1) && of_new.get(&entry) == Some(&1);
            let contested = doubtful_gone.contains(&known) || doubtful_new.contains(&entry);
            if let (Some((known, before)), Some((entry, after))) = (gone.get(known), new.get(entry))
                && alone
                && !contested
            {
                self.join(*known, Some(*entry), before.id().clone(), after.id().clone(), before.kind());
            }
        }
    }

    fn join(&mut self, known: u32, entry: Option<u32>, from: SourcedId, to: SourcedId, kind: EntityKind) {
        let marks = self.plan.stage.known.marks(known) & !mark::ENDING | mark::REKEYED;
        self.plan.stage.known.set_marks(known, marks);
        if let Some(entry) = entry {
            self.plan.stage.entries.set_verdict(entry, Verdict::Rekeyed);
        }
        self.rekeys.insert((kind, from), to);
        self.pairs.push((known, entry));
    }

    fn propose(
        &mut self,
        kind: EntityKind,
        doubts: Vec<((usize, usize), String)>,
        gone: &Side,
        new: &Side,
        moved: bool,
    ) {
        let mut proposed: BTreeMap<(usize, usize), String> = BTreeMap::new();
        for (pair, reason) in doubts {
            proposed.entry(pair).or_insert(reason);
        }
        let weak = pairs(gone, new, |record| weak_ids(record, moved).into_iter().collect());
        for ((what, _), found) in &weak {
            if let ([known], [entry]) = (&*found.gone, &*found.new) {
                proposed.entry((*known, *entry)).or_insert_with(|| format!("same {what}, which is no proof"));
            }
        }
        for ((known, entry), reason) in proposed.into_iter().take(PROPOSALS) {
            let (Some((place, before)), Some((_, after))) = (gone.get(known), new.get(entry)) else {
                continue;
            };
            if !self.plan.stage.known.has(*place, mark::REKEYED) {
                let (from, to) = (before.id().clone(), after.id().clone());
                self.plan.proposals.push(Proposal { kind, from, to, reason });
            }
        }
    }

    /// Records whose id is made of their parts follow the parts.
    async fn rekey_derived(&mut self, kind: EntityKind) -> Result<()> {
        let ending = self.ending(kind);
        let gone = self.known_records(&ending).await?;
        for (known, record) in gone {
            if derived_id(&record).as_ref() != Some(record.id()) {
                continue;
            }
            let from = record.id().clone();
            let (renamed, differs) = self.renamed(record);
            let Some(to) = derived_id(&renamed).filter(|_| differs) else { continue };
            let entry = self.plan.stage.entries.find(Key::of(kind, &to));
            let is_new = entry
                .and_then(|entry| self.plan.stage.entries.get(entry))
                .is_some_and(crate::stage::Entry::is_create);
            if is_new {
                self.join(known, entry, from, to, kind);
            }
        }
        Ok(())
    }
}

/// Whether what was found proves that two records are one, or why not.
fn judge(found: &Found, gone: &Side, new: &Side, moved: bool) -> Result<(usize, usize), &'static str> {
    let ([known], [entry]) = (&*found.gone, &*found.new) else {
        return Err("several bear it");
    };
    if found.others {
        return Err("another one bears it too");
    }
    let (Some((_, one)), Some((_, other))) = (gone.get(*known), new.get(*entry)) else {
        return Err("it is not there");
    };
    contradiction(one, other, moved).map_or(Ok((*known, *entry)), Err)
}

/// Records that bear one id, by their numbers on each side.
#[derive(Debug, Default)]
struct Found {
    gone: Vec<usize>,
    new: Vec<usize>,
    /// A record that neither ends nor is created bears it too.
    others: bool,
}

impl Found {
    fn some_pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        // Somebody's placeholder may stand on hundreds: one look is enough.
        self.gone.iter().take(3).flat_map(|known| self.new.iter().take(3).map(|entry| (*known, *entry)))
    }
}

fn note_others(matches: &mut BTreeMap<Evidence, Found>, ids: BTreeSet<Evidence>) {
    for id in ids {
        if let Some(found) = matches.get_mut(&id) {
            found.others = true;
        }
    }
}

/// What stands on both sides.
fn pairs(gone: &Side, new: &Side, ids: impl Fn(&Record) -> BTreeSet<Evidence>) -> BTreeMap<Evidence, Found> {
    let mut found: BTreeMap<Evidence, Found> = BTreeMap::new();
    for (number, (_, record)) in gone.iter().enumerate() {
        for id in ids(record) {
            found.entry(id).or_default().gone.push(number);
        }
    }
    for (number, (_, record)) in new.iter().enumerate() {
        for id in ids(record) {
            if let Some(found) = found.get_mut(&id) {
                found.new.push(number);
            }
        }
    }
    found.retain(|_, found| !found.new.is_empty());
    found
}

fn word(id: &Strong) -> &'static str {
    use roster_core::IdentifierScheme;

    match id.0 {
        IdentifierScheme::StateId => "state id",
        IdentifierScheme::Upn => "UPN",
        IdentifierScheme::CleverLegacy => "legacy id",
        _ => "SIS id",
    }
}

fn value(id: Strong) -> String {
    id.1
}
