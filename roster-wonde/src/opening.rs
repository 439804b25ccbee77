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
        Err(self.elsewhere(region::hosts(self.wire.base()), id, cx).await?)
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

    /// Why the account's host does not know a school: that of another region does, or none that could be asked.
    async fn elsewhere(&self, hosts: Vec<BaseUrl>, id: &str, cx: &PullContext) -> Result<Error> {
        let mut silent = Vec::new();
        for base in hosts.into_iter().rev().filter(|base| base != self.wire.base()) {
            let host = base.as_url().host_str().unwrap_or_default().to_owned();
            match school_at(&self.access.wire(base)?, id, cx).await {
                Ok((Some(_), _)) => return Ok(wrong_region(region::name_of(&host), &host)),
                Ok((None, _)) => {}
                // A token need not be known at every host, and another school's is told elsewhere.
                Err(error)
                    if is_withheld(&error)
                        || error.status() == Some(401)
                        || error.kind() == ErrorKind::Config => {}
                Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
                // That the school is not here was answered already. A host that nobody uses may be out of reach for good.
                Err(_) => silent.push(named(region::name_of(&host), &host)),
            }
        }
        Ok(nowhere(&silent))
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

/// A region by its name, and by its host where it has another name.
fn named(name: &str, host: &str) -> String {
    if name == host { format!("`{host}`") } else { format!("`{name}` ({host})") }
}

fn nowhere(silent: &[String]) -> Error {
    let mut message = "the vendor answered with a success and nothing in it, which is what the host of another region does: \
                       set `region` to the school's own (uk, au, nz, za, us), and check the school's id"
        .to_owned();
    if !silent.is_empty() {
        let silent = silent.join(", ");
        message.push_str(&format!(". These regions could not be asked whether it is theirs: {silent}"));
    }
    wrong(OPENING, message)
}

fn wrong_region(name: &str, host: &str) -> Error {
    let named = named(name, host);
    let message = format!(
        "the school's data are in another region: set `region` to {named}. The wrong region answers with nothing, \
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

#[cfg(test)]
mod tests {
    use roster_http::{Auth, HttpLimits, Limiter, RetryPolicy};
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

    use super::*;
    use crate::source::PROVIDER;

    fn base(url: &str) -> BaseUrl {
        BaseUrl::parse(PROVIDER, "base_url", &format!("{url}{}", region::PATH)).unwrap()
    }

    #[tokio::test]
    async fn a_host_out_of_reach_does_not_hide_that_the_school_is_nowhere() {
        let server = MockServer::start().await;
        let school = serde_json::json!({ "data": { "id": "A1", "name": "X" } });
        let answer = ResponseTemplate::new(200).set_body_json(school);
        Mock::given(path("/v1.0/schools/A1")).respond_with(answer).mount(&server).await;
        let auth = Auth::bearer(PROVIDER, &"0123456789abcdef".into()).unwrap();
        let (retry, limits) = (RetryPolicy::never(), HttpLimits::default());
        let access = Access { auth, retry, limits, limiter: Limiter::new(1) };
        let account = Account::new(access, base("http://127.0.0.1:2"), None).unwrap();
        // Nothing listens there.
        let silent = base("http://localhost:1");
        let asked = |hosts| async { account.elsewhere(hosts, "A1", &PullContext::default()).await.unwrap() };
        let error = asked(vec![silent.clone()]).await;
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(
            error.message().contains("check the school's id. These regions could not be asked"),
            "{error}"
        );
        assert!(error.message().ends_with("`localhost`"), "{error}");
        // One that knows it is found behind one that can't be asked.
        let error = asked(vec![base(&server.uri()), silent]).await;
        assert!(error.message().contains("set `region` to `127.0.0.1`"), "{error}");
        let error = asked(vec![base("http://127.0.0.1:2")]).await;
        assert!(error.message().ends_with("check the school's id"), "{error}");
    }
}
