//! Which schools have connected, and how access is asked for and given back.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use roster_core::{
    Ask, ConnectionState, Error, ErrorKind, PullContext, Result, RosterSource, SecretString, Tenant,
    TenantDirectory, async_trait, jiff::Timestamp,
};
use roster_http::{Auth, Call, Method, Wire};
use serde_json::json;
use url::Url;

use crate::{
    builder::{WondeBuilder, checked},
    client::{Access, encoded, get_page},
    config::WondeConfig,
    error::{INACTIVE, broken, is_withheld, refused},
    map::school::School,
    opening::{Account, Standing, school_at, standing},
    options::{Choices, SchoolOptions},
    probe, region,
    resource::Resource,
    source::{PROVIDER, Settings, WondeSource},
    state::{self, List, Seen},
    webhook::{CONFIRMING, WebhookEvent},
    wire::{self, flag},
};

const ASKING: &str = "asking for access";

/// The application's account: the schools that it may read, and those that it may ask.
///
/// Cheap to clone. All sources that it opens share its limiter.
#[derive(Clone)]
pub struct WondeAccount {
    account: Account,
    config: WondeConfig,
}

/// Whom to look for. Never take a school by its name alone: show town, postcode and numbers to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchoolQuery {
    /// A part of the name, whatever the case.
    pub name: Option<String>,
    /// The beginning of a postcode, such as `CB21`.
    pub postcode: Option<String>,
    /// The number of the school in the register of schools in England.
    pub urn: Option<String>,
    /// The number of the local authority.
    pub la_code: Option<String>,
    /// The number of the school within its authority.
    pub establishment_number: Option<String>,
}

impl SchoolQuery {
    /// Reads what somebody typed: a URN, a LAESTAB with or without its slash, a postcode or its beginning, or a part of the name.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let text = text.trim();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_number =
            !digits.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '-' | ' '));
        let mut query = Self::default();
        match (is_number, digits.len()) {
            (true, 7) => {
                let (authority, establishment) = digits.split_at(3);
                query.la_code = Some(authority.to_owned());
                query.establishment_number = Some(establishment.to_owned());
            }
            (true, 5 | 6) => query.urn = Some(digits),
            _ if is_postcode(text) => query.postcode = Some(text.to_owned()),
            _ => query.name = Some(text.to_owned()),
        }
        query
    }
}

/// Whether a text looks like a British postcode or its beginning.
fn is_postcode(text: &str) -> bool {
    let bytes = text.as_bytes();
    let letters = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    (1..=2).contains(&letters)
        && bytes.get(letters).is_some_and(u8::is_ascii_digit)
        && bytes.len() <= 8
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
}

/// What the vendor was seen to say of a school: feed it to its [`Connection`](crate::Connection).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// What.
    pub state: ConnectionState,
}

/// The lists, with their place below `/schools`.
const LISTS: [(List, &str, &str); 6] = [
    (List::Approved, "", "/schools"),
    (List::Audited, "audited", "/schools/audited"),
    (List::Offline, "offline", "/schools/offline"),
    (List::Pending, "pending", "/schools/pending"),
    (List::Declined, "declined", "/schools/declined"),
    (List::Revoked, "revoked", "/schools/revoked"),
];

impl WondeAccount {
    /// Starts with no settings; end with [`build_account`](WondeBuilder::build_account).
    pub fn builder() -> WondeBuilder {
        WondeBuilder::default()
    }

    pub(crate) fn new(account: Account, config: WondeConfig) -> Self {
        Self { account, config }
    }

    /// Opens a school with what it has of its own, beside what the settings say of it. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` if the id is empty, or an option is wrong.
    pub fn open_with(&self, id: &str, options: &SchoolOptions) -> Result<WondeSource> {
        let school = checked(id)?.to_owned();
        let choices = Choices::of(&self.config, &school, options)?;
        Ok(WondeSource::new(Settings { school, account: self.account.clone(), choices }))
    }

    /// Searches all schools that Wonde knows, connected or not. Each comes with its state.
    ///
    /// # Errors
    ///
    /// As [`TenantDirectory::tenant`].
    pub async fn search_schools(&self, query: &SchoolQuery, cx: &PullContext) -> Result<Vec<Tenant>> {
        let mut pairs = Vec::new();
        for (name, value) in [
            ("postcode", &query.postcode),
            ("urn", &query.urn),
            ("la_code", &query.la_code),
            ("establishment_number", &query.establishment_number),
        ] {
            pairs.extend(value.clone().map(|value| (name, value)));
        }
        pairs.push(("per_page", "200".to_owned()));
        let known = self.connected(cx).await?;
        let name = query.name.as_ref().map(|name| name.to_lowercase());
        let mut found = Vec::new();
        let mut met = BTreeSet::new();
        for school in self.list("all", "/schools/all", &pairs, cx).await?.unwrap_or_default() {
            let fits = name.as_ref().is_none_or(|name| {
                school.org.name.to_lowercase().contains(name.as_str())
                    || school.id.to_lowercase().contains(name.as_str())
            });
            if fits && met.insert(school.id.to_string()) {
                let state =
                    known.get(school.id.as_str()).map_or(ConnectionState::NotRequested, |(_, state)| *state);
                found.push(tenant_of(&school, state));
            }
        }
        // A connected school need not be in the list of all.
        for (id, (school, state)) in known {
            let fits = name.as_ref().is_some_and(|name| {
                school.org.name.to_lowercase().contains(name.as_str())
                    || id.to_lowercase().contains(name.as_str())
            });
            if fits && met.insert(id) {
                found.push(tenant_of(&school, state));
            }
        }
        Ok(found)
    }

    /// Asks the vendor whether what a webhook told is so, and what the school's state is now. Of an approval a call with the
    /// delivered token must be answered by that very school, at any of the vendor's hosts; the state is then what the application
    /// itself sees.
    ///
    /// # Errors
    ///
    /// `Forbidden` if the vendor does not confirm it, `Unsupported` if the event is about no school's access. Anything else, such as
    /// `Transport`, `RateLimited`, `Provider` and `Unauthorized` (of the application's own token), says nothing of the event: leave
    /// the state as it is, and ask again later. [`answer_to`](crate::answer_to) tells the status to answer.
    pub async fn confirm(&self, event: &WebhookEvent, cx: &PullContext) -> Result<Observation> {
        let unfit = |why: &str| Error::new(ErrorKind::Unsupported, PROVIDER, CONFIRMING, why.to_owned());
        let id = event.school().and_then(|id| checked(id).ok());
        let Some(id) = id else { return Err(unfit("the event names no school")) };
        let state = match event {
            WebhookEvent::SchoolApproved { token, .. } => {
                let token = token
                    .as_ref()
                    .ok_or_else(|| refused(CONFIRMING, "the event brings no token; it was not believed"))?;
                self.confirm_token(id, token, cx).await?
            }
            WebhookEvent::AccessRevoked { .. } | WebhookEvent::AccessDeclined { .. } => {
                self.tenant(id, cx).await?.map_or(ConnectionState::NotRequested, |tenant| tenant.state)
            }
            _ => return Err(unfit("the event is not about access")),
        };
        Ok(Observation { at: cx.clock().now(), state })
    }

    /// Where a school is that gave access, once its token has proven that it did. The state is what the application itself sees, so
    /// that an approval that is told once more, or late, takes a live school nowhere.
    async fn confirm_token(
        &self,
        id: &str,
        token: &SecretString,
        cx: &PullContext,
    ) -> Result<ConnectionState> {
        let Ok(auth) = Auth::bearer(PROVIDER, token) else { return Err(not_taken()) };
        let access = self.account.access.with(auth);
        self.prove(id, &access, cx).await?;
        let (mut seen, _) = self.see(id, cx).await?;
        if seen.standing.approved == Some(false) {
            return Err(refused(
                CONFIRMING,
                "the vendor says that the school has not given access; it was not believed",
            ));
        }
        let audit_is_told = seen.standing.audited.is_some() || seen.lists.contains(&List::Audited);
        if !audit_is_told && seen.serves.is_none() && !seen.inactive {
            let base = self.account.wire.base().clone();
            let school = Account::new(access, base, self.account.region.clone())?;
            seen.serves = serves(&school, id, cx).await?;
        }
        seen.lists.insert(List::Approved);
        Ok(state::judge(&seen))
    }

    /// Proves that a token is that school's: asked for it, one of the hosts that its data may be at answers with that very school.
    /// A host that can't be asked leaves it open, unless another one knows.
    async fn prove(&self, id: &str, access: &Access, cx: &PullContext) -> Result<()> {
        let mut open = None;
        let mut was_refused = false;
        let mut hosts = region::hosts(self.account.wire.base());
        let mut listed = false;
        loop {
            while let Some(base) = hosts.pop() {
                match school_at(&access.wire(base)?, id, cx).await {
                    Ok((Some(_), _)) => return Ok(()),
                    // The host of another region answers with nothing.
                    Ok((None, _)) => {}
                    // The token of another school.
                    Err(error) if error.kind() == ErrorKind::Config => return Err(not_taken()),
                    Err(error) if matches!(error.status(), Some(401 | 403 | 404)) => was_refused = true,
                    Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
                    Err(error) => open = Some(error),
                }
            }
            if std::mem::replace(&mut listed, true) {
                break;
            }
            // Where the application itself is told that the school's data are.
            let known = self.account.listed(id, cx).await?.and_then(|(school, _)| school.domain);
            hosts.extend(region::data_base(self.account.wire.base(), known.as_deref()).ok());
        }
        Err(match open {
            Some(error) => error,
            None if was_refused => not_taken(),
            None => refused(
                CONFIRMING,
                "the vendor has no school for the token that was delivered; it was not believed",
            ),
        })
    }

    /// The schools of all lists, each with its state.
    async fn connected(&self, cx: &PullContext) -> Result<BTreeMap<String, (School, ConnectionState)>> {
        let mut met: BTreeMap<String, (School, BTreeSet<List>)> = BTreeMap::new();
        let mut no_audits = false;
        for (list, segment, path) in LISTS {
            let Some(schools) = self.list(segment, path, &[], cx).await? else {
                no_audits |= list == List::Audited;
                continue;
            };
            for school in schools {
                let entry = met.entry(school.id.to_string()).or_insert_with(|| (school, BTreeSet::new()));
                entry.1.insert(list);
            }
        }
        let mut connected = BTreeMap::new();
        for (id, (school, lists)) in met {
            let approved = lists.contains(&List::Approved);
            // The lists tell, but for the audit where there is no such list, and for a school that is on lists that disagree.
            let in_doubt =
                approved && (no_audits || lists.contains(&List::Revoked) || lists.contains(&List::Declined));
            let standing =
                if in_doubt { standing(&self.account.wire, &id, cx).await? } else { Standing::default() };
            let state = state::judge(&Seen { lists, standing, ..Seen::default() });
            connected.insert(id, (school, state));
        }
        Ok(connected)
    }

    /// The schools of a list; `None` if the vendor does not give it out.
    async fn list(
        &self,
        segment: &'static str,
        path: &'static str,
        pairs: &[(&str, String)],
        cx: &PullContext,
    ) -> Result<Option<Vec<School>>> {
        let wire = &self.account.wire;
        let segments = ["schools", segment];
        let mut url = wire.base().endpoint(segments.into_iter().filter(|segment| !segment.is_empty()));
        url.set_query(encoded(pairs).as_deref());
        let mut chain = roster_http::paging::Chain::new(PROVIDER, wire.limits());
        let mut schools = Vec::new();
        loop {
            let page = match get_page(wire, path, chain.page() + 1, url.clone(), None, cx).await {
                Ok(page) => page,
                Err(error) if is_withheld(&error) && segment != "all" && !segment.is_empty() => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            for raw in &page.rows {
                let wire = serde_json::from_str::<wire::School<'_>>(raw.get()).unwrap_or_default();
                schools.extend(School::read(&wire));
            }
            if !chain.took(page.rows.len(), page.next.as_deref())? {
                return Ok(Some(schools));
            }
            let next = page.next.unwrap_or_default();
            url = Url::parse(&next)
                .map_err(|_| broken("following a page link", "the next page's link is no URL"))?;
        }
    }

    /// What the vendor says of one school.
    async fn look(&self, id: &str, cx: &PullContext) -> Result<Option<Tenant>> {
        let (seen, school) = self.see(id, cx).await?;
        let state = state::judge(&seen);
        let is_known = seen.inactive || seen.standing.approved == Some(true);
        Ok(match school {
            Some(school) => Some(tenant_of(&school, state)),
            None => is_known.then(|| Tenant::new(id, id, state)),
        })
    }

    /// What the vendor was seen to say of one school, and the school where it is told.
    async fn see(&self, id: &str, cx: &PullContext) -> Result<(Seen, Option<School>)> {
        let wire = &self.account.wire;
        let mut seen = Seen::default();
        let school = match school_at(wire, id, cx).await {
            Ok((found, _)) => found.map(|(school, _)| school),
            Err(error) if error.status() == Some(INACTIVE) => {
                seen.inactive = true;
                return Ok((seen, None));
            }
            // A school that has not given access may not be asked for.
            Err(error) if is_withheld(&error) => None,
            Err(error) => return Err(error),
        };
        seen.standing = standing(wire, id, cx).await?;
        if seen.standing.approved == Some(true) && seen.standing.audited.is_some() {
            seen.lists.insert(List::Approved);
            let school = match school {
                Some(school) => Some(school),
                None => self.account.listed(id, cx).await?.map(|(school, _)| school),
            };
            return Ok((seen, school));
        }
        let known = self.find_in_lists(id, school, &mut seen, cx).await?;
        if seen.lists.contains(&List::Approved) && seen.standing.audited.is_none() {
            seen.serves = serves(&self.account, id, cx).await?;
        }
        Ok((seen, known))
    }

    /// Looks through all lists for a school.
    async fn find_in_lists(
        &self,
        id: &str,
        mut known: Option<School>,
        seen: &mut Seen,
        cx: &PullContext,
    ) -> Result<Option<School>> {
        for (list, segment, path) in LISTS {
            let schools = self.list(segment, path, &[], cx).await?.unwrap_or_default();
            if let Some(school) = schools.into_iter().find(|school| school.id.as_str() == id) {
                seen.lists.insert(list);
                known.get_or_insert(school);
            }
        }
        if known.is_none() {
            let pairs = [("per_page", "200".to_owned())];
            let all = self.list("all", "/schools/all", &pairs, cx).await;
            let all = all.or_else(|error| if is_withheld(&error) { Ok(None) } else { Err(error) })?;
            known = all.unwrap_or_default().into_iter().find(|school| school.id.as_str() == id);
        }
        Ok(known)
    }

    async fn send(
        &self,
        method: Method,
        id: &str,
        verb: &'static str,
        ask: Option<&Ask>,
        cx: &PullContext,
    ) -> Result<()> {
        let wire: &Wire = &self.account.wire;
        let path = match verb {
            "request-access" => "/schools/{id}/request-access",
            _ => "/schools/{id}/revoke-access",
        };
        let url = wire.base().endpoint(["schools", id, verb]);
        let call = Call { operation: ASKING, label: path, place: path.to_owned(), url };
        let body = ask.map(request_body);
        let success = wire
            .send(&method, &call, body.as_ref(), cx, |answer| {
                let said = std::str::from_utf8(&answer.body).ok();
                let said: Option<wire::Asked<'_>> = said.and_then(|text| {
                    let raw: &serde_json::value::RawValue = serde_json::from_str(text).ok()?;
                    wire::one(Some(raw))
                });
                Ok(said.and_then(|asked| flag(&asked.success)))
            })
            .await?;
        if success == Some(false) {
            let message =
                format!("{path}: the vendor says that it did not do so; look at the school in its dashboard");
            return Err(broken(ASKING, message));
        }
        Ok(())
    }
}

/// Whether a school's data are given out.
async fn serves(account: &Account, id: &str, cx: &PullContext) -> Result<Option<bool>> {
    let opened = match account.open(id, cx).await {
        Ok(opened) => opened,
        Err(error) if is_withheld(&error) || error.kind() == ErrorKind::Config => return Ok(Some(false)),
        Err(error) => return Err(error),
    };
    Ok(match probe::first(&opened, Resource::Students, cx).await? {
        probe::Found::Rows(rows) => Some(rows),
        probe::Found::Refused => Some(false),
    })
}

/// A delivered token that the vendor does not take, or that belongs to another school, confirms nothing.
fn not_taken() -> Error {
    refused(
        CONFIRMING,
        "the vendor does not take the token that was delivered for that school; it was not believed",
    )
}

/// Whom the school may call back.
fn request_body(ask: &Ask) -> serde_json::Value {
    let Ask { contact_name, contact_email, contact_phone, notes, .. } = ask;
    if contact_name.is_none() && contact_email.is_none() && contact_phone.is_none() && notes.is_none() {
        return json!({});
    }
    let name = contact_name.as_deref().unwrap_or_default().trim();
    let (first, last) = name.rsplit_once(char::is_whitespace).unwrap_or((name, ""));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    json!({ "contacts": [{
        "first_name": first.trim(),
        "last_name": last,
        "phone_number": text(contact_phone),
        "email_address": text(contact_email),
        "notes": text(notes),
    }] })
}

fn tenant_of(school: &School, state: ConnectionState) -> Tenant {
    let mut tenant = Tenant::new(school.id.to_string(), school.org.name.clone(), state);
    tenant.region = school.domain.as_deref().map(|domain| region::name_of(domain).to_owned());
    let place = &school.place;
    let parts =
        [&place.town, &place.postcode, &school.mis].into_iter().flatten().cloned().collect::<Vec<_>>();
    tenant.detail = (!parts.is_empty()).then(|| parts.join(", "));
    let numbers = school.org.identifiers.iter();
    tenant.identifiers = numbers.map(|number| format!("{}:{}", number.scheme, number.value)).collect();
    tenant
}

#[async_trait]
impl TenantDirectory for WondeAccount {
    fn tenants(&self, cx: &PullContext) -> BoxStream<'static, Result<Tenant>> {
        let (this, cx) = (self.clone(), cx.clone());
        stream::once(async move { this.connected(&cx).await })
            .flat_map(|connected| match connected {
                Ok(connected) => {
                    let tenants =
                        connected.into_values().map(|(school, state)| Ok(tenant_of(&school, state)));
                    stream::iter(tenants.collect::<Vec<_>>()).boxed()
                }
                Err(error) => stream::iter([Err(error)]).boxed(),
            })
            .boxed()
    }

    /// Searches all schools that Wonde knows, by what [`SchoolQuery::typed`] makes of the text.
    fn search(&self, text: &str, cx: &PullContext) -> BoxStream<'static, Result<Tenant>> {
        let (this, cx, query) = (self.clone(), cx.clone(), SchoolQuery::typed(text));
        stream::once(async move { this.search_schools(&query, &cx).await })
            .flat_map(|found| match found {
                Ok(found) => stream::iter(found.into_iter().map(Ok).collect::<Vec<_>>()).boxed(),
                Err(error) => stream::iter([Err(error)]).boxed(),
            })
            .boxed()
    }

    async fn tenant(&self, id: &str, cx: &PullContext) -> Result<Option<Tenant>> {
        self.look(checked(id)?, cx).await
    }

    async fn open(&self, id: &str, _: &PullContext) -> Result<Box<dyn RosterSource>> {
        Ok(Box::new(self.open_with(id, &SchoolOptions::default())?))
    }

    /// Asks the school for access, by the vendor, who writes to it.
    async fn connect(&self, id: &str, ask: Ask, cx: &PullContext) -> Result<ConnectionState> {
        let id = checked(id)?;
        self.send(Method::POST, id, "request-access", Some(&ask), cx).await?;
        let state = self.look(id, cx).await?.map(|tenant| tenant.state);
        // The lists may be a moment late.
        Ok(state.filter(|state| *state != ConnectionState::NotRequested).unwrap_or(ConnectionState::Pending))
    }

    async fn disconnect(&self, id: &str, cx: &PullContext) -> Result<ConnectionState> {
        let id = checked(id)?;
        self.send(Method::DELETE, id, "revoke-access", None, cx).await?;
        let state = self.look(id, cx).await?.map_or(ConnectionState::Revoked, |tenant| tenant.state);
        let lags = matches!(
            state,
            ConnectionState::Live | ConnectionState::AwaitingAudit | ConnectionState::Offline
        );
        Ok(if lags { ConnectionState::Revoked } else { state })
    }
}

impl fmt::Debug for WondeAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WondeAccount({:?})", self.account.wire.base())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_understood() {
        let typed = SchoolQuery::typed;
        assert_eq!(typed("CB21").postcode.as_deref(), Some("CB21"));
        assert_eq!(typed("cb21 4aa").postcode.as_deref(), Some("cb21 4aa"));
        assert_eq!(typed("100000").urn.as_deref(), Some("100000"));
        let laestab = typed("201/3614");
        assert_eq!(
            (laestab.la_code.as_deref(), laestab.establishment_number.as_deref()),
            (Some("201"), Some("3614"))
        );
        assert_eq!(typed("St Example's").name.as_deref(), Some("St Example's"));
        assert_eq!(typed("A1000000001").name.as_deref(), Some("A1000000001"));
    }

    #[test]
    fn whom_to_call_back_is_written_as_the_vendor_has_it() {
        let mut ask = Ask::default();
        assert_eq!(request_body(&ask), json!({}));
        ask.contact_name = Some("Dana Mary Head".to_owned());
        ask.contact_email = Some("office@x.example".to_owned());
        let body = request_body(&ask);
        let contact = &body["contacts"][0];
        assert_eq!(
            (contact["first_name"].as_str(), contact["last_name"].as_str()),
            (Some("Dana Mary"), Some("Head"))
        );
        assert_eq!(contact["email_address"], "office@x.example");
        let fixture = include_str!("../tests/fixtures/request_access_body.json");
        let fixture: serde_json::Value = serde_json::from_str(fixture).unwrap();
        let keys = |value: &serde_json::Value| {
            value["contacts"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(&fixture), keys(&body));
    }
}
