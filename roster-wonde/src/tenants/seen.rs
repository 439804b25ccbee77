//! What the vendor says of schools: its lists, and of one school what it serves.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{ConnectionState, ErrorKind, PullContext, Result, Tenant};
use url::Url;

use super::{WondeAccount, tenant_of};
use crate::{
    client::{encoded, get_page},
    error::{INACTIVE, broken, is_withheld},
    map::school::School,
    opening::{Account, Standing, school_at, standing},
    probe,
    resource::Resource,
    source::PROVIDER,
    state::{self, List, Seen},
    wire,
};

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
    /// The schools of all lists, each with its state.
    pub(crate) async fn connected(
        &self,
        cx: &PullContext,
    ) -> Result<BTreeMap<String, (School, ConnectionState)>> {
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
    pub(super) async fn list(
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
    pub(super) async fn look(&self, id: &str, cx: &PullContext) -> Result<Option<Tenant>> {
        let (seen, school) = self.see(id, cx).await?;
        let state = state::judge(&seen);
        let is_known = seen.inactive || seen.standing.approved == Some(true);
        Ok(match school {
            Some(school) => Some(tenant_of(&school, state)),
            None => is_known.then(|| Tenant::new(id, id, state)),
        })
    }

    /// What the vendor was seen to say of one school, and the school where it is told.
    pub(super) async fn see(&self, id: &str, cx: &PullContext) -> Result<(Seen, Option<School>)> {
        let wire = &self.account.wire;
        let mut seen = Seen::default();
        let school = match school_at(wire, id, cx).await {
            Ok((found, _)) => found.map(|(school, _)| school),
            Err(error) if error.status() == Some(INACTIVE) => {
                seen.inactive = true;
                return Ok((seen, None));
            }
            // A school that has not given access may not be asked for. If the token itself is not taken, the lists are refused too.
            Err(error) if is_withheld(&error) || error.status() == Some(401) => None,
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
}

/// Whether a school's data are given out.
pub(super) async fn serves(account: &Account, id: &str, cx: &PullContext) -> Result<Option<bool>> {
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
