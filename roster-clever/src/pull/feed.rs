//! The feed: events in their order, after a position.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use roster_core::{
    Completeness, EntityKind, PartialCode, Problem, PullContext, PullEvent, Result, SensitiveField,
    SourcedId, codes,
    hashed::{HashedMap, hash},
    jiff::Timestamp,
};
use roster_http::paging::ChainReader;

use super::{DENIED, Pull, Stage, plan::Step};
use crate::{
    changes::{Position, expired},
    client::{Ask, Client, FEED},
    collection::{Collection, Walk},
    error::is_withheld,
    event::{Event, Tells},
    map::{self, Said, Wants},
    pages::FeedPages,
};

/// How many contacts may go in one pull before it is asked whether contacts are shared at all.
const CONTACTS_GONE: usize = 5;

/// A pull of changes.
pub(super) struct Feed {
    position: Position,
    reader: ChainReader<FeedPages>,
    begun: Timestamp,
    events: std::vec::IntoIter<Event>,
    page: u64,
    /// The newest event that was applied to an object: events that come again, or too late, change nothing.
    applied: HashedMap<u128>,
    /// Terms and courses were read.
    has_catalogue: bool,
    /// Terms and courses of which events came, by hashed id, and whether the last one says that they are there.
    catalogue_events: HashedMap<bool>,
    /// Nothing happened: the feed is not read at all.
    is_quiet: bool,
    /// Contacts whom the feed takes away. They go at its end: many of them may mean that contacts are no longer shared.
    contacts_gone: BTreeSet<SourcedId>,
    /// A contact was told of after the last that went: they are shared still.
    contact_told_last: bool,
    /// Types of events that are not known, and how many came.
    unknown: BTreeMap<String, u64>,
}

impl Feed {
    pub(super) fn new(
        position: Position,
        event: &str,
        is_quiet: bool,
        page_size: Option<u32>,
        client: &Client,
        wants: &Arc<Wants>,
        cx: &PullContext,
    ) -> Self {
        let limit = client.limit(page_size);
        let reader = client.follow(event, limit, wants, cx);
        Self {
            begun: position.at,
            position,
            reader,
            events: Vec::new().into_iter(),
            page: 0,
            applied: HashedMap::default(),
            has_catalogue: false,
            catalogue_events: HashedMap::default(),
            is_quiet,
            contacts_gone: BTreeSet::new(),
            contact_told_last: false,
            unknown: BTreeMap::new(),
        }
    }
}

impl Pull {
    pub(super) fn begin_feed(&mut self, begun: Timestamp) {
        for collection in [
            Collection::Schools,
            Collection::Terms,
            Collection::Courses,
            Collection::Sections,
            Collection::Users,
        ] {
            self.intake.begin(collection);
        }
        if let Stage::Feed(feed) = &mut self.stage {
            feed.begun = begun;
        }
    }

    pub(super) async fn advance_feed(&mut self) -> Result<()> {
        let Stage::Feed(feed) = &mut self.stage else { return Ok(()) };
        if feed.is_quiet {
            return self.finish_feed();
        }
        if feed.position.catalogue_due && !feed.has_catalogue {
            return self.read_catalogue().await;
        }
        if let Some(event) = feed.events.next() {
            return self.event(event).await;
        }
        if feed.page > 0 {
            self.close_page()?;
        }
        let Stage::Feed(feed) = &mut self.stage else { return Ok(()) };
        match feed.reader.next().await {
            Ok(Some(page)) => {
                feed.page = feed.reader.page();
                feed.events = page.events.into_iter();
                Ok(())
            }
            Ok(None) => {
                self.end_contacts().await?;
                self.finish_feed()
            }
            Err(error) if feed.page == 0 && is_withheld(&error) => Err(expired(&self.info, DENIED)),
            Err(error) => Err(error),
        }
    }

    async fn event(&mut self, event: Event) -> Result<()> {
        let Stage::Feed(feed) = &mut self.stage else { return Ok(()) };
        let place = map::place(FEED, feed.page);
        let number = event.id.as_deref().and_then(number);
        if let Some(id) = event.id {
            let newest = feed.position.event.as_deref().and_then(self::number);
            if newest.is_none() || number.is_none() || number > newest {
                feed.position.event = Some(id);
            }
        }
        match event.tells {
            Tells::Nothing => {}
            Tells::Unknown(name) => {
                let name = name.unwrap_or_else(|| "a type that can't be shown".to_owned());
                *feed.unknown.entry(name.clone()).or_default() += 1;
                let message =
                    format!("an event of the type {name} was passed over; nothing is known of such");
                self.intake.tell(Problem::warning(codes::UNKNOWN_EVENT, message).at(place));
            }
            Tells::Unreadable(kind) => self.nameless(kind, place),
            Tells::Is(collection, row) => {
                let Some(id) = row.id.clone() else { return Ok(()) };
                if !feed.is_newest(collection, &id, number) {
                    return Ok(());
                }
                match collection {
                    Collection::Terms | Collection::Courses => {
                        feed.catalogue_events.insert(hash(&id), true);
                        // What it says tells what sections name; it is itself delivered with all others.
                        if let Said::Catalogued(record) = &row.said {
                            self.intake.catalogue.learn(&id, record);
                        }
                        return self.read_catalogue().await;
                    }
                    Collection::Sections => self.read_catalogue().await?,
                    Collection::Users => {
                        if let Stage::Feed(feed) = &mut self.stage {
                            feed.contacts_gone.remove(&id);
                            feed.contact_told_last |= row.is_contact();
                        }
                    }
                    _ => {}
                }
                self.intake.row(Step { collection, walk: None }, *row, &place);
            }
            Tells::Gone(collection, id, is_contact) => {
                if feed.is_newest(collection, &id, number) {
                    return self.gone(collection, id, is_contact).await;
                }
            }
        }
        Ok(())
    }

    /// An event that names no record: of its kind, if that can be told, not all is known then.
    fn nameless(&mut self, kind: Option<EntityKind>, place: roster_core::Place) {
        let reason = format!("{place}: an event could not be read, and what it is about can't be told");
        let kinds: Vec<_> = match kind {
            Some(EntityKind::Class) => vec![EntityKind::Class, EntityKind::Enrollment],
            Some(EntityKind::Person) => vec![EntityKind::Person, EntityKind::Relationship],
            Some(kind) => vec![kind],
            None => EntityKind::ALL.into(),
        };
        self.intake.ends.doubt(&kinds, PartialCode::NeedsFull, &reason);
        // Without a kind it is no error of a record; that the next pull is a full one says `NeedsFull`.
        self.intake.tell(Problem::warning(codes::MALFORMED_RECORD, reason).at(place));
    }

    async fn gone(&mut self, collection: Collection, id: SourcedId, is_contact: Option<bool>) -> Result<()> {
        match collection {
            // A district that is gone has lost its connection: that says nothing of its people.
            Collection::Districts => {
                let message = "Clever says that the district is gone: the connection is lost, and nothing of it is ended";
                self.intake.tell(Problem::warning(codes::TENANT_STATE, message));
            }
            Collection::Schools => self.delete(EntityKind::Org, id),
            // Another one may say the same: only all of them together tell.
            Collection::Terms | Collection::Courses => {
                if let Stage::Feed(feed) = &mut self.stage {
                    feed.catalogue_events.insert(hash(&id), false);
                }
                return self.read_catalogue().await;
            }
            Collection::Sections => {
                self.intake.drop_section(&id);
                self.delete(EntityKind::Class, id);
            }
            Collection::Users if is_contact == Some(true) => {
                if self.request.sees(SensitiveField::Contacts)
                    && let Stage::Feed(feed) = &mut self.stage
                {
                    feed.contacts_gone.insert(id);
                    feed.contact_told_last = false;
                }
            }
            Collection::Users => self.delete(EntityKind::Person, id),
        }
        Ok(())
    }

    fn delete(&mut self, kind: EntityKind, id: SourcedId) {
        if self.request.wants(kind) {
            self.intake.out.push_back(PullEvent::Delete { kind, id });
        }
    }

    /// All events of a page were applied. While contacts wait to go, a pull that broke off has to come by their events again.
    fn close_page(&mut self) -> Result<()> {
        let Stage::Feed(feed) = &self.stage else { return Ok(()) };
        if feed.contacts_gone.is_empty() { self.mark(true) } else { Ok(()) }
    }

    /// Contacts that are gone go, unless no contact is left to be seen: then they are no longer shared.
    async fn end_contacts(&mut self) -> Result<()> {
        let Stage::Feed(feed) = &mut self.stage else { return Ok(()) };
        let gone = std::mem::take(&mut feed.contacts_gone);
        if gone.len() > CONTACTS_GONE && !feed.contact_told_last {
            let is_shared = match self.client.probe(Collection::Users, Some(Walk::Contact), &self.cx).await {
                Ok(is_shared) => is_shared,
                Err(error) if is_withheld(&error) => false,
                Err(error) => return Err(error),
            };
            if !is_shared {
                let reason = "contacts are no longer shared; those that are known are frozen as they are";
                self.intake.tell(Problem::warning(codes::NOT_SHARED, reason));
                self.intake.ends.doubt_walk(Walk::Contact, PartialCode::Frozen, reason);
                return Ok(());
            }
        }
        for id in gone {
            self.intake.drop_contact(&id);
            self.delete(EntityKind::Person, id);
        }
        Ok(())
    }

    /// A place to go on from.
    fn mark(&mut self, is_midway: bool) -> Result<()> {
        let (saw_contact, shared) = (self.intake.saw_contact, self.intake.sharing.remembered());
        let Stage::Feed(feed) = &mut self.stage else { return Ok(()) };
        feed.position.at = feed.begun;
        feed.position.had_contacts |= saw_contact;
        feed.position.remember(shared);
        let mut position = feed.position.clone();
        // What changed after it was read is read with the next pull.
        let catalogue = &self.intake.catalogue;
        let is_behind =
            feed.catalogue_events.iter().any(|(id, is_there)| catalogue.has_read(*id) != *is_there);
        position.catalogue_due =
            if is_midway { feed.has_catalogue || position.catalogue_due } else { is_behind };
        let cursor = position.encode(&self.info, &self.request)?;
        self.intake.checkpoint(cursor);
        Ok(())
    }

    fn finish_feed(&mut self) -> Result<()> {
        self.over = true;
        let Stage::Feed(feed) = &self.stage else { return Ok(()) };
        let has_catalogue = feed.has_catalogue;
        let whole = |collection| {
            let is_whole = has_catalogue && matches!(collection, Collection::Terms | Collection::Courses);
            if is_whole { Completeness::Complete } else { Completeness::Changes }
        };
        for collection in [
            Collection::Schools,
            Collection::Terms,
            Collection::Courses,
            Collection::Sections,
            Collection::Users,
        ] {
            self.intake.end(collection, &whole(collection));
        }
        self.mark(false)
    }

    /// Reads all terms and courses: their ids are not stable, so that only all of them together tell which are there, and what
    /// sections name.
    async fn read_catalogue(&mut self) -> Result<()> {
        let Stage::Feed(feed) = &mut self.stage else { return Ok(()) };
        if std::mem::replace(&mut feed.has_catalogue, true) {
            return Ok(());
        }
        self.intake.catalogue.read_anew();
        for collection in [Collection::Terms, Collection::Courses] {
            let is_term = collection == Collection::Terms;
            let kind = collection.kind();
            if !self.request.wants(kind) && !self.request.wants(EntityKind::Class) {
                continue;
            }
            let step = Step { collection, walk: None };
            let ask =
                Ask { collection, walk: None, limit: self.client.limit(self.request.page_size), from: None };
            let mut reader = self.client.read(ask, &self.wants, &self.cx);
            loop {
                match reader.next().await {
                    Ok(Some(page)) => {
                        let place = map::place(collection.path(), reader.page());
                        page.rows.into_iter().for_each(|row| self.intake.row(step, row, &place));
                    }
                    Ok(None) => {
                        let catalogue = &mut self.intake.catalogue;
                        if is_term {
                            catalogue.knows_terms = true;
                        } else {
                            catalogue.knows_courses = true;
                        }
                        break;
                    }
                    Err(error) if is_withheld(&error) => {
                        self.intake.refuse(step, &error, PartialCode::Withheld);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

impl Feed {
    /// Whether no newer event of the object was applied. Ids grow with time; of others the order is the feed's.
    fn is_newest(&mut self, collection: Collection, id: &SourcedId, number: Option<u128>) -> bool {
        let Some(number) = number else { return true };
        let applied = self.applied.entry(hash(&format!("{} {id}", collection.segment()))).or_default();
        if number <= *applied {
            return false;
        }
        *applied = number;
        true
    }
}

/// The number that an event's id is: 24 hexadecimal digits.
fn number(id: &str) -> Option<u128> {
    (id.len() <= 32).then(|| u128::from_str_radix(id, 16).ok()).flatten()
}
