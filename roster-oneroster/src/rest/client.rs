//! Endpoints to pages of rows.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use roster_core::{Error, ErrorKind, PullContext, Result, SourcedId, jiff::Timestamp};
use roster_http::{
    Call, Wire,
    paging::{Ascent, Ask, Key, OffsetReader, Page, Pages},
    percent_encode,
};

use super::{
    collection::Collection,
    error::{classify_wide, is_too_heavy, misshapen},
    fields,
    learnt::Learnt,
    map::{self, Row, Stamp, Wants},
    profile::{Dates, Habits, Profile},
    vendor::Vendor,
};
use crate::Version;

pub(crate) const READING: &str = "reading a page";
/// What every server can send: the standard's own default.
const MODEST_PAGE_SIZE: u32 = 100;

/// The fewest rows a page that are asked for where a server can't answer more.
pub(crate) const SMALLEST_PAGE: u32 = 50;
/// The most that any server is known to send.
pub(crate) const LARGEST_PAGE: u32 = 10_000;

/// Talks to one server. Cheap to clone: clones share what they learn.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    wire: Wire,
    /// For pages that can be made smaller where they are too much for the server.
    for_large_pages: Wire,
    pub(crate) vendor: Vendor,
    version: Version,
    habits: Arc<Habits>,
    /// The seats of schools are asked for school by school.
    pub(crate) school_endpoints: bool,
}

/// One collection to be read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) collection: Collection,
    /// Of this school alone.
    pub(crate) school: Option<SourcedId>,
    pub(crate) wants: Arc<Wants>,
    /// Changed since.
    pub(crate) since: Option<Timestamp>,
    pub(crate) page_size: Option<u32>,
    /// A page said that it has another number of rows than it has.
    pub(crate) miscounted: Arc<AtomicBool>,
}

/// Gets the pages of one collection.
pub(crate) struct CollectionPages {
    client: Client,
    reading: Reading,
    cx: PullContext,
    learnt: Arc<Mutex<Learnt>>,
}

/// A page.
pub(crate) struct RowsPage {
    pub(crate) rows: Vec<Row>,
    total: Option<u64>,
    narrowed: Option<u32>,
    /// The server says by its status that there are no rows.
    no_content: bool,
    /// How many rows it says that it has, if that is not so.
    pub(crate) miscounted: Option<u64>,
}

impl Page for RowsPage {
    fn keys(&self) -> Vec<Key> {
        self.rows.iter().map(Row::key).collect()
    }

    fn ascent(&self) -> Ascent {
        Ascent::of(self.rows.iter().map(|row| row.id.as_deref()))
    }

    fn total(&self) -> Option<u64> {
        self.total
    }

    fn narrowed(&self) -> Option<u32> {
        self.narrowed
    }
}

impl Client {
    pub(crate) fn new(
        wire: Wire,
        vendor: Vendor,
        version: Version,
        profile: Option<Profile>,
        school_endpoints: bool,
    ) -> Self {
        let for_large_pages = wire.with_classifier(classify_wide);
        let habits = Arc::new(Habits::new(profile));
        Self { wire, for_large_pages, vendor, version, habits, school_endpoints }
    }

    /// What is known of the server.
    pub(crate) fn habits(&self) -> &Habits {
        &self.habits
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Whether the server is worth asking what changed.
    pub(crate) fn filters(&self) -> bool {
        self.vendor.filters_changes && self.habits.get(|profile| profile.filters)
    }

    /// What is known before the first answer.
    pub(crate) fn learnt(&self) -> Learnt {
        let coarse = self.habits.get(|profile| matches!(profile.dates, Dates::Zoneless | Dates::Day));
        Learnt { coarse, ..Learnt::default() }
    }

    /// The refusal that is known before it is asked for.
    pub(crate) fn withheld(&self, collection: Collection) -> Option<Error> {
        let is_withheld = self.habits.get(|profile| profile.withholds(collection));
        is_withheld.then(|| {
            let path = collection.path();
            let message = format!(
                "{path}: the server did not share it when it was checked, and was not asked; if it does now, check again and \
                 keep the new profile"
            );
            Error::new(ErrorKind::Forbidden, self.vendor.provider, READING, message).with_status(403)
        })
    }

    /// Reads a collection. Nothing is sent yet.
    pub(crate) fn read(
        &self,
        reading: Reading,
        cx: PullContext,
        learnt: &Arc<Mutex<Learnt>>,
    ) -> OffsetReader<CollectionPages> {
        let limits = *self.wire.limits();
        let offsets = self.habits.get(|profile| profile.offsets);
        let limit = match reading.page_size {
            _ if !offsets => Some(self.clamped(LARGEST_PAGE)),
            Some(0) => None,
            wish => Some(self.clamped(wish.unwrap_or(self.vendor.page_size))),
        };
        let label = reading.collection.path();
        let pages = CollectionPages { client: self.clone(), reading, cx, learnt: Arc::clone(learnt) };
        let reader =
            OffsetReader::new(self.vendor.provider, label, Arc::new(pages), limit, limits.in_flight, limits);
        if offsets { reader } else { reader.without_offset() }
    }

    /// Asks for one row, for what its answer tells beside it.
    pub(crate) async fn peek(
        &self,
        collection: Collection,
        cx: &PullContext,
        learnt: &Mutex<Learnt>,
    ) -> Result<()> {
        let reading = Reading {
            collection,
            school: None,
            wants: Arc::default(),
            since: None,
            page_size: None,
            miscounted: Arc::default(),
        };
        self.page(&reading, Ask { offset: 0, limit: Some(1) }, 1, cx, learnt).await.map(drop)
    }

    fn clamped(&self, limit: u32) -> u32 {
        let most = self.habits.get(|profile| profile.most_rows);
        [most, self.vendor.largest_page].into_iter().flatten().fold(limit, u32::min)
    }

    /// Gets a page. What a server refuses to understand is left out, and it is asked again: first the choice of fields, then the
    /// order, then the size. A page that is too much for it is asked for again with half as many rows.
    async fn page(
        &self,
        reading: &Reading,
        ask: Ask,
        number: u64,
        cx: &PullContext,
        learnt: &Mutex<Learnt>,
    ) -> Result<RowsPage> {
        let mut halved = 0;
        let mut said_nothing = false;
        loop {
            let form = self.form(reading, ask);
            let limit = form.limit;
            match self.page_as(reading, &form, number, cx, learnt).await {
                Err(error) if matches!(error.status(), Some(400 | 422)) => {
                    if form.fields.is_some() {
                        self.habits.learn(|profile| profile.fields = false);
                    } else if form.sorts {
                        self.habits.learn(|profile| profile.sorts = false);
                    } else if limit.is_some_and(|limit| limit > MODEST_PAGE_SIZE) {
                        self.habits.narrow(MODEST_PAGE_SIZE);
                    } else {
                        if reading.since.is_some() {
                            self.habits.learn(|profile| profile.filters = false);
                        }
                        return Err(error);
                    }
                }
                Err(error)
                    if is_too_heavy(error.status()) && limit.is_some_and(|rows| rows > SMALLEST_PAGE) =>
                {
                    self.habits.narrow(limit.map_or(SMALLEST_PAGE, |rows| (rows / 2).max(SMALLEST_PAGE)));
                    halved += 1;
                    self.wire.slow_down(halved, cx);
                    tracing::info!(endpoint = reading.collection.path(), "asked again for a smaller page");
                }
                // A broken page may be whole when it is asked for again; one that is broken twice is a server's habit.
                Ok(page)
                    if page.miscounted.is_some() && !reading.miscounted.swap(true, Ordering::Relaxed) => {}
                // That there is nobody at all is said in passing, maybe by a gateway, and would be believed: it is asked again.
                Ok(page)
                    if page.no_content && ask.offset == 0 && !std::mem::replace(&mut said_nothing, true) => {}
                Ok(page) => {
                    let narrowed = limit.filter(|limit| ask.limit.is_none_or(|asked| *limit < asked));
                    return Ok(RowsPage { narrowed, ..page });
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// How a page is asked for, by what is known of the server now.
    fn form(&self, reading: &Reading, ask: Ask) -> Form {
        let limit = ask.limit.map(|limit| self.clamped(limit));
        let (sorts, chooses) = self.habits.get(|profile| (profile.sorts, profile.fields));
        let fields = chooses.then(|| self.fields(reading.collection, &reading.wants)).flatten();
        Form { offset: ask.offset, limit, sorts, since: reading.since, fields }
    }

    /// The fields to be chosen, where it matters that others do not come.
    pub(crate) fn fields(&self, collection: Collection, wants: &Wants) -> Option<String> {
        fields::chosen(collection, wants, self.version, self.vendor.mixes_versions)
    }

    async fn page_as(
        &self,
        reading: &Reading,
        form: &Form,
        number: u64,
        cx: &PullContext,
        learnt: &Mutex<Learnt>,
    ) -> Result<RowsPage> {
        let collection = reading.collection;
        let provider = self.vendor.provider;
        let wire = if form.limit.is_some_and(|rows| rows > SMALLEST_PAGE) {
            &self.for_large_pages
        } else {
            &self.wire
        };
        let school = reading.school.as_ref();
        let call = self.call(collection, school, &form.query(), number);
        let at = map::place(collection, school, number);
        let totals = self.habits.get(|profile| profile.totals);
        wire.get(&call, cx, |answer| {
            let revision = self.vendor.revision_header.and_then(|name| answer.header(name));
            if !lock(learnt).meet(revision) {
                return Err(moved(provider, &call.place));
            }
            let no_content = answer.has_no_content();
            let rows = if no_content {
                Vec::new()
            } else {
                map::rows(collection, &answer.body, &reading.wants, &at)
                    .map_err(|shape| misshapen(provider, shape, &call.place, &answer))?
            };
            let stamps = rows.iter().map(|row| row.modified).max().unwrap_or_default();
            let said = self.vendor.count_header.and_then(|name| answer.count(name));
            let miscounted = said.filter(|said| *said != rows.len() as u64);
            let total = if totals { answer.count("x-total-count") } else { None };
            let mut learnt = lock(learnt);
            learnt.date = learnt.date.or_else(|| answer.date());
            learnt.coarse |= stamps != Stamp::Fine;
            learnt.observed.page(form, rows.len(), total, stamps);
            Ok(RowsPage { rows, total, narrowed: None, no_content, miscounted })
        })
        .await
    }

    /// A request for a page.
    pub(crate) fn call(
        &self,
        collection: Collection,
        school: Option<&SourcedId>,
        query: &str,
        number: u64,
    ) -> Call<'static> {
        let segment = collection.segment();
        let mut url = match school {
            Some(school) => self.wire.base().endpoint(["schools", school.as_str(), segment]),
            None => self.wire.base().endpoint([segment]),
        };
        url.set_query(Some(query));
        let place = format!("{} page {number}", map::path(collection, school));
        Call { operation: READING, label: collection.path(), place, url }
    }
}

fn lock(learnt: &Mutex<Learnt>) -> std::sync::MutexGuard<'_, Learnt> {
    learnt.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The data changed as a whole since the answers before.
fn moved(provider: &'static str, place: &str) -> Error {
    let message = format!("{place}: the data changed while they were read");
    Error::new(ErrorKind::Unstable, provider, READING, message)
}

impl Pages for CollectionPages {
    type Page = RowsPage;

    async fn page(self: Arc<Self>, ask: Ask, number: u64) -> Result<RowsPage> {
        self.client.page(&self.reading, ask, number, &self.cx, &self.learnt).await
    }
}

/// How a page is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub(crate) offset: u64,
    pub(crate) limit: Option<u32>,
    pub(crate) sorts: bool,
    pub(crate) since: Option<Timestamp>,
    pub(crate) fields: Option<String>,
}

impl Form {
    /// The query, written once: what is signed has to be what is sent.
    pub(crate) fn query(&self) -> String {
        let mut query = String::new();
        if let Some(limit) = self.limit {
            query.push_str(&format!("limit={limit}&"));
        }
        query.push_str(&format!("offset={}", self.offset));
        if self.sorts {
            query.push_str("&sort=sourcedId&orderBy=asc");
        }
        if let Some(since) = self.since {
            query.push_str(&changed_since(since));
        }
        if let Some(fields) = &self.fields {
            query.push_str(&format!("&fields={fields}"));
        }
        query
    }
}

/// A filter for what changed.
pub(crate) fn changed_since(since: Timestamp) -> String {
    format!("&filter={}", percent_encode(&format!("dateLastModified>'{since:.3}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_encoded_as_the_standard_shows_it() {
        let since = "2026-01-01T00:00:00Z".parse().ok();
        let form = Form { offset: 5, limit: Some(10), sorts: true, since, fields: Some("a,b".to_owned()) };
        assert_eq!(
            form.query(),
            "limit=10&offset=5&sort=sourcedId&orderBy=asc\
             &filter=dateLastModified%3E%272026-01-01T00%3A00%3A00.000Z%27&fields=a,b"
        );
        assert_eq!(Form::default().query(), "offset=0");
    }
}
