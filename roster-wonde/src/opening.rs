//! What comes before the first row: which school it is, where its data live, whether they may be read, and what is granted.

use roster_core::{Error, ErrorKind, PullContext, Result, SourcedId, jiff::Timestamp};
use roster_http::{BaseUrl, Wire};
use serde_json::value::RawValue;
use url::Url;

use crate::{
    client::{Access, get_one, get_page},
    error::{broken, is_withheld, refused, wrong},
    map::{head, school::School},
    permissions::Permissions,
    region::{self, Region},
    wire::{self, flag},
};

const OPENING: &str = "asking for the school";
pub(crate) const NOT_GIVEN: &str =
    "the school has not given access, or has taken it back; nothing is removed for that";

/// The account's side: who we are, and where the account lives.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) access: Access,
    pub(crate) wire: Wire,
    /// What the settings say of the region.
    pub(crate) region: Option<Region>,
}

/// A school that may be read.
pub(crate) struct Opened {
    pub(crate) school: School,
    pub(crate) raw: Box<RawValue>,
    /// Where its data live.
    pub(crate) wire: Wire,
    pub(crate) standing: Standing,
    /// `None` if they can't be told.
    pub(crate) permissions: Option<Permissions>,
    /// What time it is for the server.
    pub(crate) date: Option<Timestamp>,
}

/// What `/meta/schools/{id}` says; `None` is not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) online: Option<bool>,
    pub(crate) approved: Option<bool>,
    pub(crate) audited: Option<bool>,
}

impl Account {
    pub(crate) fn new(access: Access, base: BaseUrl, region: Option<Region>) -> Result<Self> {
        let wire = access.wire(base)?;
        Ok(Self { access, wire, region })
    }

    /// Opens a school: proves that the credential is for it, and finds where its data live.
    pub(crate) async fn open(&self, id: &str, cx: &PullContext) -> Result<Opened> {
        let (school, raw, date) = self.find(id, cx).await?;
        self.expect_region(&school)?;
        let base = region::data_base(self.wire.base(), school.domain.as_deref())?;
        let (wire, school, raw) = if base == *self.wire.base() {
            (self.wire.clone(), school, raw)
        } else {
            let wire = self.access.wire(base)?;
            // The region's own word, which also proves that it is the right one.
            match school_at(&wire, id, cx).await?.0 {
                Some((there, raw)) => (wire, there, raw),
                None => return Err(nothing_there(&school)),
            }
        };
        let standing = standing(&self.wire, id, cx).await?;
        let permissions = permissions(&self.wire, id, cx).await?;
        Ok(Opened { school, raw, wire, standing, permissions, date })
    }

    /// The school as the account's host knows it.
    async fn find(&self, id: &str, cx: &PullContext) -> Result<(School, Box<RawValue>, Option<Timestamp>)> {
        let (found, date) = match school_at(&self.wire, id, cx).await {
            Err(error) if is_withheld(&error) => return Err(self.explained(error, id, cx).await?),
            done => done?,
        };
        if let Some((school, raw)) = found {
            return Ok((school, raw, date));
        }
        // A success with nothing in it: the school may live elsewhere. The list of schools may know where.
        if let Some((school, raw)) = self.listed(id, cx).await? {
            return Ok((school, raw, date));
        }
        match self.elsewhere(id, cx).await? {
            Some(host) => Err(wrong_region(region::name_of(&host), &host)),
            None => Err(wrong(
                OPENING,
                "the vendor answered with a success and nothing in it, which is what the host of another region does: \
                 set `region` to the school's own (uk, au, nz, za, us), and check the school's id",
            )),
        }
    }

    /// Why a school may not be asked for: it has not given access, or the token is another school's.
    async fn explained(&self, error: Error, id: &str, cx: &PullContext) -> Result<Error> {
        let standing = standing(&self.wire, id, cx).await?;
        if standing.approved == Some(false) {
            return Ok(refused(OPENING, NOT_GIVEN).with_status(error.status().unwrap_or(403)));
        }
        if standing != Standing::default() {
            return Ok(error);
        }
        let url = self.wire.base().endpoint(["schools"]);
        let Ok(page) = get_page(&self.wire, "/schools", 1, url, None, cx).await else { return Ok(error) };
        let listed = page.rows.iter().filter_map(|raw| head(raw));
        let others = listed.filter(|listed| listed.as_str() != id).count();
        // A school's own token lists that one school.
        if page.rows.len() == 1 && others == 1 {
            return Ok(wrong(OPENING, "the token belongs to another school: check `school` and `token`"));
        }
        Ok(error)
    }

    /// A school of the list of those that approved.
    pub(crate) async fn listed(&self, id: &str, cx: &PullContext) -> Result<Option<(School, Box<RawValue>)>> {
        let mut url = self.wire.base().endpoint(["schools"]);
        for number in 1..=self.wire.limits().pages {
            let page = match get_page(&self.wire, "/schools", number, url, None, cx).await {
                Ok(page) => page,
                Err(error) if is_withheld(&error) || error.status() == Some(401) => return Ok(None),
                // A success with nothing in it. What did not come at all says nothing.
                Err(error) if is_nothing(&error) && number == 1 => return Ok(None),
                Err(error) => return Err(error),
            };
            for raw in page.rows {
                let school = serde_json::from_str::<wire::School<'_>>(raw.get()).ok();
                if let Some(school) = school.and_then(|wire| School::read(&wire))
                    && school.id.as_str() == id
                {
                    return Ok(Some((school, raw)));
                }
            }
            match page.next.as_deref().map(Url::parse) {
                Some(Ok(next)) if next != *self.wire.base().as_url() => url = next,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The host of another region that knows the school.
    async fn elsewhere(&self, id: &str, cx: &PullContext) -> Result<Option<String>> {
        let here = self.wire.base();
        for base in region::hosts(here).into_iter().rev().filter(|base| base != here) {
            let host = base.as_url().host_str().unwrap_or_default().to_owned();
            match school_at(&self.access.wire(base)?, id, cx).await {
                Ok((Some(_), _)) => return Ok(Some(host)),
                Ok((None, _)) => {}
                // A token need not be known at every host, and another school's is told elsewhere.
                Err(error)
                    if is_withheld(&error)
                        || error.status() == Some(401)
                        || error.kind() == ErrorKind::Config => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn expect_region(&self, school: &School) -> Result<()> {
        match (&self.region, &school.domain) {
            (Some(region), Some(domain)) if !region.holds(school) => {
                Err(wrong_region(region::name_of(domain), domain))
            }
            _ => Ok(()),
        }
    }
}

fn wrong_region(name: &str, host: &str) -> Error {
    let named = if name == host { String::new() } else { format!(" ({host})") };
    let message = format!(
        "the school's data are in another region: set `region` to `{name}`{named}. The wrong region answers with nothing, \
         which never means that nobody is there"
    );
    wrong(OPENING, message)
}

fn nothing_there(school: &School) -> Error {
    let host = school.domain.as_deref().unwrap_or_default();
    let message = format!(
        "the host of the school's region, {host}, answered with a success and nothing in it; nothing follows from that. \
         Try again later, and tell Wonde if it stays so"
    );
    broken(OPENING, message)
}

/// A school as a host knows it; `None` if the host answers with nothing.
pub(crate) async fn school_at(
    wire: &Wire,
    id: &str,
    cx: &PullContext,
) -> Result<(Option<(School, Box<RawValue>)>, Option<Timestamp>)> {
    let url = wire.base().endpoint(["schools", id]);
    let (raw, date) = get_one(wire, "/schools/{id}", url, cx).await?;
    let Some(raw) = raw else { return Ok((None, date)) };
    let school =
        serde_json::from_str::<wire::School<'_>>(raw.get()).ok().and_then(|wire| School::read(&wire));
    match school {
        None => Ok((None, date)),
        Some(school) if school.id != SourcedId::from(id) => Err(wrong(
            OPENING,
            "the vendor answered with another school: the token belongs to that one; check `school` and `token`",
        )),
        Some(school) => Ok((Some((school, raw)), date)),
    }
}

/// How a school stands. A token of a school may not be allowed to ask.
pub(crate) async fn standing(wire: &Wire, id: &str, cx: &PullContext) -> Result<Standing> {
    let url = wire.base().endpoint(["meta", "schools", id]);
    match get_one(wire, "/meta/schools/{id}", url, cx).await {
        Ok((Some(raw), _)) => {
            let meta: wire::Meta<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
            Ok(Standing {
                online: flag(&meta.online),
                approved: flag(&meta.approved),
                audited: flag(&meta.audited),
            })
        }
        Ok((None, _)) => Ok(Standing::default()),
        Err(error) if is_withheld(&error) || error.status() == Some(401) => Ok(Standing::default()),
        Err(error) => Err(error),
    }
}

/// Whether a success came with no list in it.
fn is_nothing(error: &Error) -> bool {
    error.status().is_none() && error.kind() == ErrorKind::Provider
}

async fn permissions(wire: &Wire, id: &str, cx: &PullContext) -> Result<Option<Permissions>> {
    let mut url = wire.base().endpoint(["meta", "schools", id, "permissions"]);
    let mut rows = Vec::new();
    for number in 1..=100 {
        match get_page(wire, "/meta/schools/{id}/permissions", number, url, None, cx).await {
            Ok(page) => {
                rows.extend(page.rows);
                match page.next.as_deref().map(Url::parse) {
                    Some(Ok(next)) => url = next,
                    _ => break,
                }
            }
            Err(error) if is_withheld(&error) || error.status() == Some(401) => return Ok(None),
            // A success without a list says nothing of what is granted.
            Err(error) if is_nothing(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok((!rows.is_empty()).then(|| Permissions::read(rows.iter().map(|row| &**row))))
}
