//! Which schools have connected, and how access is asked for and given back.

mod confirm;
mod query;
mod seen;

use std::{collections::BTreeSet, fmt};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use roster_core::{
    Ask, ConnectionState, PullContext, Result, RosterSource, Tenant, TenantDirectory, async_trait,
};
use roster_http::{Call, Method, Wire};
use serde_json::json;

pub use self::{confirm::Observation, query::SchoolQuery};
use crate::{
    builder::{WondeBuilder, checked},
    config::WondeConfig,
    error::broken,
    map::school::School,
    opening::Account,
    options::{Choices, SchoolOptions},
    region,
    source::{Settings, WondeSource},
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
        let others = self.config.schools.keys().filter(|id| **id != school).cloned().collect();
        Ok(WondeSource::new(Settings { school, account: self.account.clone(), choices, others }))
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
        let fixture = include_str!("../../tests/fixtures/request_access_body.json");
        let fixture: serde_json::Value = serde_json::from_str(fixture).unwrap();
        let keys = |value: &serde_json::Value| {
            value["contacts"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(&fixture), keys(&body));
    }
}
