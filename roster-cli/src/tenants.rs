//! `roster tenants`, `connect` and `disconnect`: who has connected, and how a connection is asked for and given back.

use futures::StreamExt;
use roster::{Ask, ConnectionState, PullContext, Tenant, TenantDirectory, jiff::Timestamp};
use serde::Serialize;

use crate::{
    args::{ConnectArgs, DisconnectArgs, Global, TenantsArgs},
    outcome::{Failure, Outcome},
    output::{Output, note},
    source,
    table::Table,
};

#[derive(Serialize)]
struct Listed<'a> {
    tenants: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    state: ConnectionState,
    since: Option<Timestamp>,
    region: Option<&'a str>,
    data_as_of: Option<Timestamp>,
}

/// Answers `connect` and `disconnect`.
#[derive(Serialize)]
struct Moved<'a> {
    tenant: &'a str,
    state: ConnectionState,
    message: &'a str,
}

pub(crate) fn list(args: &TenantsArgs, output: Output) -> Result<Outcome, Failure> {
    let directory = source::resolve_directory(&args.global, &args.provider)?.open_directory()?;
    let (tenants, broken) = source::block_on(async {
        let cx = PullContext::default();
        let found = match &args.search {
            Some(text) => directory.search(text, &cx),
            None => directory.tenants(&cx),
        };
        Ok(apart(found.collect().await))
    })?;
    if tenants.is_empty()
        && let Some(error) = broken
    {
        return Err(Failure::Roster(error));
    }
    let tenants: Vec<&Tenant> = tenants.iter().collect();
    let listed = Listed { tenants: tenants.iter().map(|tenant| row(tenant)).collect() };
    output.answer(&listed, || text(&tenants))?;
    let Some(error) = broken else { return Ok(Outcome::Done) };
    // Those who could be told were: one that could not hides none of them.
    note(&format!("not all could be listed: {}", error.message()));
    Ok(Outcome::Partial)
}

/// Who could be told, and why somebody could not.
fn apart(found: Vec<roster::Result<Tenant>>) -> (Vec<Tenant>, Option<roster::Error>) {
    let (mut tenants, mut broken) = (Vec::new(), None);
    for item in found {
        match item {
            Ok(tenant) => tenants.push(tenant),
            Err(error) => broken = broken.or(Some(error)),
        }
    }
    (tenants, broken)
}

fn row(tenant: &Tenant) -> Row<'_> {
    Row {
        id: &tenant.id,
        name: &tenant.name,
        state: tenant.state,
        since: tenant.since,
        region: tenant.region.as_deref(),
        data_as_of: tenant.data_as_of,
    }
}

fn text(tenants: &[&Tenant]) -> String {
    if tenants.is_empty() {
        return "no tenants\n".to_owned();
    }
    let mut table = Table::new(["id", "name", "state", "since", "region", "data as of", "detail"]);
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    for tenant in tenants {
        table.row([
            tenant.id.clone(),
            tenant.name.clone(),
            tenant.state.to_string(),
            time(tenant.since),
            tenant.region.clone().unwrap_or_default(),
            time(tenant.data_as_of),
            tenant.detail.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}

pub(crate) fn connect(args: &ConnectArgs, output: Output) -> Result<Outcome, Failure> {
    let mut ask = Ask::default();
    ask.contact_name.clone_from(&args.contact_name);
    ask.contact_email.clone_from(&args.contact_email);
    ask.contact_phone.clone_from(&args.contact_phone);
    ask.notes.clone_from(&args.notes);
    let (directory, tenant) = directory_of(&args.global, &args.source)?;
    let state = source::block_on(async {
        directory.connect(&tenant, ask, &PullContext::default()).await.map_err(Failure::Roster)
    })?;
    moved(&tenant, state, output)
}

pub(crate) fn disconnect(args: &DisconnectArgs, output: Output) -> Result<Outcome, Failure> {
    let (directory, tenant) = directory_of(&args.global, &args.source)?;
    let state = source::block_on(async {
        directory.disconnect(&tenant, &PullContext::default()).await.map_err(Failure::Roster)
    })?;
    moved(&tenant, state, output)
}

fn directory_of(global: &Global, source: &str) -> Result<(Box<dyn TenantDirectory>, String), Failure> {
    let resolved = source::resolve(global, source)?;
    let directory = resolved.open_directory()?;
    let tenant = resolved.tenant().unwrap_or_default();
    Ok((directory, tenant))
}

fn moved(tenant: &str, state: ConnectionState, output: Output) -> Result<Outcome, Failure> {
    let message = in_words(state);
    output.answer(&Moved { tenant, state, message }, || format!("{tenant}  {state}\n{message}\n"))?;
    Ok(Outcome::Done)
}

/// What the state means for who asked.
fn in_words(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::NotRequested => "Nobody has asked for access.",
        ConnectionState::Pending => "Access was asked for; it is for the tenant to give it.",
        ConnectionState::Declined => "Access was refused.",
        ConnectionState::AwaitingAudit => "Access was given; the vendor has yet to release the data.",
        ConnectionState::Live => "Data can be read.",
        ConnectionState::Paused => "The connection is paused.",
        ConnectionState::Failing => "The vendor's own sync with the tenant fails.",
        ConnectionState::Offline => "The tenant's system can't be reached.",
        ConnectionState::Revoked => "There is no access any more. Nobody was ended for that.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_told_hides_nobody() {
        let error =
            || roster::Error::new(roster::ErrorKind::Decode, "clever", "reading", "1 row names no district");
        let one = Tenant::new("A1", "Hill Top", ConnectionState::Live);
        let (tenants, broken) = apart(vec![Err(error()), Ok(one), Err(error())]);
        assert_eq!((tenants.len(), broken.map(|error| error.kind())), (1, Some(roster::ErrorKind::Decode)));
    }

    #[test]
    fn a_tenant_is_a_line_and_a_row() {
        let mut tenant = Tenant::new("A1", "Hill Top", ConnectionState::Declined);
        tenant.detail = Some("no time".to_owned());
        let text = text(&[&tenant]);
        assert!(text.contains("declined") && text.contains("no time"), "{text}");
        let json = serde_json::to_value(row(&tenant)).unwrap_or_default();
        let keys: Vec<_> = json.as_object().into_iter().flat_map(|row| row.keys()).collect();
        assert_eq!(keys, ["data_as_of", "id", "name", "region", "since", "state"]);
    }
}
