//! Learns what a server really does, in a few requests: what is shared, and what is worth asking it for.
//!
//! Rows are looked at and dropped; of people, only fields that are needed to see the forms come, where fields can be chosen.

mod look;

use std::collections::BTreeMap;

use roster_core::{Error, ErrorKind, PullContext, Result};
use roster_http::{Answer, RetryPolicy, Wire};

use self::look::{Look, looks};
use super::{
    client::{Client, LARGEST_PAGE, changed_since},
    collection::Collection,
    error::misshapen,
    map::Wants,
    profile::Profile,
    source::is_withheld,
};

/// What is asked for first: the orgs, of which nothing is anybody's. Demographics follow once it is known if fields can be chosen.
const ORDER: [Collection; 6] = [
    Collection::Orgs,
    Collection::AcademicSessions,
    Collection::Courses,
    Collection::Classes,
    Collection::Enrollments,
    Collection::Users,
];

/// Sizes of pages that are tried, one after the other, until one is answered.
const SIZES: [u32; 5] = [LARGEST_PAGE, 5000, 1000, 500, 100];

/// What was found.
pub(crate) struct Found {
    pub(crate) profile: Profile,
    /// The refusals of collections that are not shared.
    pub(crate) refused: Vec<Error>,
}

/// A page as it was answered.
struct Seen {
    looks: Vec<Look>,
    total: Option<u64>,
}

/// How a question was answered.
enum Told {
    Page(Seen),
    /// The server does not understand it, or can't answer it.
    Refused,
    /// It can't be told today.
    Unknown,
}

struct Probe<'p> {
    client: &'p Client,
    cx: &'p PullContext,
    /// For questions that a server may not take: not asked again.
    once: Wire,
    profile: Profile,
    first: BTreeMap<Collection, Seen>,
    refused: Vec<Error>,
}

/// Learns what a server really does, in at most 20 requests; what can't be told stays as `known`.
pub(crate) async fn probe(client: &Client, known: Profile, cx: &PullContext) -> Result<Found> {
    let once = client.wire().with_retry(RetryPolicy::never());
    let mut profile = known;
    profile.shared.clear();
    let mut probe = Probe { client, cx, once, profile, first: BTreeMap::new(), refused: Vec::new() };
    for collection in ORDER {
        probe.collection(collection, "limit=2&offset=0").await?;
    }
    probe.fields().await?;
    // Whether they are shared is seen without a birth date.
    let id_alone =
        if probe.profile.fields { "limit=1&offset=0&fields=sourcedId" } else { "limit=1&offset=0" };
    probe.collection(Collection::Demographics, id_alone).await?;
    probe.forms();
    if let Some(largest) = probe.largest() {
        // Eight requests so far; here three, two and six at most.
        probe.order(largest).await?;
        probe.filter(largest).await?;
        probe.size(largest).await?;
    }
    Ok(Found { profile: probe.profile, refused: probe.refused })
}

impl Probe<'_> {
    /// The first rows of a collection, if it is shared.
    async fn collection(&mut self, collection: Collection, query: &str) -> Result<()> {
        match self.ask(self.client.wire(), collection, query).await {
            Ok(seen) => {
                self.profile.shared.insert(collection, true);
                self.first.insert(collection, seen);
            }
            Err(error) if is_withheld(&error) => {
                self.profile.shared.insert(collection, false);
                self.refused.push(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// How values are written.
    fn forms(&mut self) {
        let looks = || self.first.values().flat_map(|seen| &seen.looks);
        let dates = looks().map(|look| look.dates).max().unwrap_or_default();
        let booleans = looks().map(|look| look.booleans).max().unwrap_or_default();
        let references = looks().map(|look| look.references).max().unwrap_or_default();
        self.profile.dates = or_known(dates, self.profile.dates);
        self.profile.booleans = or_known(booleans, self.profile.booleans);
        self.profile.references = or_known(references, self.profile.references);
    }

    /// The collection with the most rows, if it has enough of them to tell anything; never that of the most private data.
    fn largest(&self) -> Option<Collection> {
        let candidates = self
            .first
            .iter()
            .filter(|(collection, seen)| **collection != Collection::Demographics && seen.looks.len() > 1);
        candidates.max_by_key(|(collection, seen)| (seen.total.unwrap_or(0), **collection)).map(|(of, _)| *of)
    }

    /// Whether the order can be asked for, and rows by an offset.
    async fn order(&mut self, of: Collection) -> Result<()> {
        const SORT: &str = "&sort=sourcedId&orderBy=";
        let up = self.try_out(of, &format!("limit=2&offset=0{SORT}asc")).await?;
        let mut sort = String::new();
        let mut begin = self.first.get(&of).map(keys).unwrap_or_default();
        match up {
            Told::Page(up) => match self.try_out(of, &format!("limit=2&offset=0{SORT}desc")).await? {
                Told::Page(down) => {
                    self.profile.sorts = keys(&up).first() != keys(&down).first();
                    sort = format!("{SORT}asc");
                    begin = keys(&up);
                }
                Told::Refused => self.profile.sorts = false,
                Told::Unknown => {}
            },
            Told::Refused => self.profile.sorts = false,
            Told::Unknown => {}
        }
        if !self.profile.sorts {
            sort.clear();
        }
        match self.try_out(of, &format!("limit=1&offset=1{sort}")).await? {
            // The first row again: only that proves that the offset is not looked at.
            Told::Page(seen) => self.profile.offsets = keys(&seen).first() != begin.first(),
            Told::Refused => self.profile.offsets = false,
            Told::Unknown => {}
        }
        Ok(())
    }

    /// Whether it can be asked what changed: nothing did in a time to come, and all since long ago.
    async fn filter(&mut self, of: Collection) -> Result<()> {
        for (since, is_some) in [("2999-01-01T00:00:00Z", false), ("1971-01-01T00:00:00Z", true)] {
            let Ok(since) = since.parse() else { continue };
            match self.try_out(of, &format!("limit=1&offset=0{}", changed_since(since))).await? {
                Told::Page(seen) => self.profile.filters = seen.looks.is_empty() != is_some,
                Told::Refused => self.profile.filters = false,
                Told::Unknown => return Ok(()),
            }
            if !self.profile.filters {
                break;
            }
        }
        Ok(())
    }

    /// Whether fields can be chosen: what was chosen comes, and nothing else does.
    async fn fields(&mut self) -> Result<()> {
        let users = Collection::Users;
        let Some(plain) = self.first.get(&users).and_then(|seen| seen.looks.first()) else { return Ok(()) };
        let Some(chosen) = self.client.fields(users, &Wants::default()) else { return Ok(()) };
        let wanted: Vec<&str> = chosen.split(',').collect();
        let due: Vec<_> =
            plain.fields.iter().filter(|name| wanted.contains(&name.as_str())).cloned().collect();
        let key = plain.key;
        self.profile.fields = match self.try_out(users, &format!("limit=1&offset=0&fields={chosen}")).await? {
            Told::Page(seen) => seen.looks.first().is_some_and(|look| {
                // Another person may have other fields; that one is told nothing by.
                let is_all = look.key != key || due.iter().all(|name| look.fields.contains(name));
                is_all && look.fields.iter().all(|name| wanted.contains(&name.as_str()))
            }),
            Told::Refused => false,
            Told::Unknown => self.profile.fields,
        };
        Ok(())
    }

    /// The most rows a page, and whether totals are right.
    async fn size(&mut self, of: Collection) -> Result<()> {
        let total = self.first.get(&of).and_then(|seen| seen.total);
        self.profile.totals = total.is_some();
        let most = self.client.vendor.largest_page.unwrap_or(LARGEST_PAGE);
        let sort = if self.profile.sorts { "&sort=sourcedId&orderBy=asc" } else { "" };
        for size in SIZES.into_iter().filter(|size| *size <= most) {
            match self.try_out(of, &format!("limit={size}&offset=0{sort}")).await? {
                Told::Page(seen) => return self.sized(of, size, &seen, sort).await,
                Told::Refused => {}
                Told::Unknown => return Ok(()),
            }
        }
        Ok(())
    }

    async fn sized(&mut self, of: Collection, size: u32, seen: &Seen, sort: &str) -> Result<()> {
        let came = u32::try_from(seen.looks.len()).unwrap_or(u32::MAX);
        let tried_more = SIZES
            .into_iter()
            .any(|larger| larger > size && larger <= self.client.vendor.largest_page.unwrap_or(LARGEST_PAGE));
        let before = self.first.get(&of).and_then(|seen| seen.total);
        // A total that changes with the size of the page, or that is passed, counts the page.
        if seen.total.is_some_and(|total| total < u64::from(came)) || before.is_some() && before != seen.total
        {
            self.profile.totals = false;
        }
        if came >= size {
            self.profile.most_rows = Some(size);
            return Ok(());
        }
        let has_more = match seen.total.filter(|_| self.profile.totals) {
            Some(total) => total > u64::from(came),
            None if self.profile.offsets => {
                match self.try_out(of, &format!("limit=1&offset={came}{sort}")).await? {
                    Told::Page(next) => !next.looks.is_empty(),
                    Told::Refused | Told::Unknown => false,
                }
            }
            None => false,
        };
        self.profile.most_rows = if has_more {
            Some(came.max(1))
        } else if tried_more {
            Some(size)
        } else {
            None
        };
        Ok(())
    }

    /// Asks what a server may not take.
    async fn try_out(&self, of: Collection, query: &str) -> Result<Told> {
        match self.ask(&self.once, of, query).await {
            Ok(seen) => Ok(Told::Page(seen)),
            Err(error) => match (error.status(), error.kind()) {
                (Some(401), _) => Err(error),
                (Some(400 | 403 | 404 | 405 | 413 | 414 | 422 | 500 | 501 | 502 | 504), _) => {
                    Ok(Told::Refused)
                }
                (_, ErrorKind::TooLarge | ErrorKind::Decode | ErrorKind::Provider)
                    if error.status().is_none() =>
                {
                    Ok(Told::Refused)
                }
                _ => Ok(Told::Unknown),
            },
        }
    }

    async fn ask(&self, wire: &Wire, of: Collection, query: &str) -> Result<Seen> {
        let provider = self.client.vendor.provider;
        let call = self.client.call(of, None, query, 1);
        wire.get(&call, self.cx, |answer: Answer| {
            let looks = if answer.has_no_content() {
                Vec::new()
            } else {
                looks(of, &answer.body).map_err(|shape| misshapen(provider, shape, &call.place, &answer))?
            };
            Ok(Seen { looks, total: answer.count("x-total-count") })
        })
        .await
    }
}

/// What was found, or what is known where nothing was.
fn or_known<T: Default + PartialEq>(found: T, known: T) -> T {
    if found == T::default() { known } else { found }
}

fn keys(seen: &Seen) -> Vec<u64> {
    seen.looks.iter().filter_map(|look| look.key).collect()
}
