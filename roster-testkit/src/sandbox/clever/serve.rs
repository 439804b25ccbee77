//! Requests to answers.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::{Request, State as Held},
    http::{Method, StatusCode, header::AUTHORIZATION},
    response::Response,
};
use roster_core::{Clock, SystemClock};
use serde_json::{Value, json};

use super::{
    CleverLinks,
    state::{Shared, State, WINDOW},
};
use crate::{
    district::CleverCollection,
    sandbox::{
        answer::{Looks, json as answer, set, spoilt, text},
        fault::{At, Kind, SandboxFault, dice, has, struck},
    },
};

const MOST_ROWS: usize = 10_000;
const DEFAULT_ROWS: usize = 100;

/// What answers.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

async fn handle(Held(shared): Held<Arc<Shared>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let query = query(parts.uri.query().unwrap_or_default());
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if path == "/oauth/tokens" {
        return tokens(&shared, &parts.method, authorization, &query);
    }
    if let Some(verb) = path.strip_prefix("/sandbox") {
        return control(&shared, &parts.method, verb);
    }
    let number = shared.count_request();
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    let version = ["/v3.1", "/v3.0"].into_iter().find(|version| path.starts_with(version));
    let Some((version, rest)) = version.and_then(|version| Some((version, path.strip_prefix(version)?)))
    else {
        return refuse(StatusCode::NOT_FOUND);
    };
    if parts.method != Method::GET {
        return refuse(StatusCode::NOT_FOUND);
    }
    if authorization.and_then(|header| header.strip_prefix("Bearer ")) == Some(shared.user_token().as_str()) {
        return of_user(rest);
    }
    if !shared.tokens.take(authorization) || shared.state().revoked {
        return refuse(StatusCode::UNAUTHORIZED);
    }
    if rest == "/me" {
        return refuse(StatusCode::UNAUTHORIZED);
    }
    let response = match shared.rate.take() {
        Err(_) => {
            // Its body is empty, as Clever's is.
            let mut response = text(StatusCode::TOO_MANY_REQUESTS, "");
            set(&mut response, "x-ratelimit-remaining", "0");
            response
        }
        Ok(()) => data(&shared, version, rest, &query, dice(number)).await,
    };
    limits(&shared, response)
}

/// The headers of the window.
fn limits(shared: &Shared, mut response: Response) -> Response {
    let rate = shared.options.rate.unwrap_or(1200);
    let now = SystemClock.now().as_second();
    let window = i64::try_from(WINDOW.as_secs()).unwrap_or(60);
    set(&mut response, "x-ratelimit-limit", &rate.to_string());
    set(&mut response, "x-ratelimit-bucket", "districts");
    let ahead = shared.options.reset_ahead.unwrap_or(window);
    if let Some(reset) = now.checked_add(ahead) {
        set(&mut response, "x-ratelimit-reset", &reset.to_string());
    }
    if !response.headers().contains_key("x-ratelimit-remaining") {
        set(&mut response, "x-ratelimit-remaining", "1");
    }
    response
}

fn refuse(status: StatusCode) -> Response {
    answer(status, &refusal(status))
}

fn refusal(status: StatusCode) -> Value {
    json!({ "message": status.canonical_reason().unwrap_or("Error") })
}

/// What a user's token reads: itself.
fn of_user(rest: &str) -> Response {
    if rest == "/me" {
        let me = json!({ "type": "user", "data": { "id": "65f0000000000000000000aa", "type": "user", "authorized_by": "district" } });
        return answer(StatusCode::OK, &me);
    }
    let mut response = text(StatusCode::UNAUTHORIZED, "<html><body>Unauthorized</body></html>");
    set(&mut response, "content-type", "text/html");
    response
}

fn query(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// The list of tokens: of those who know the client's id and secret, the district's own.
fn tokens(
    shared: &Shared,
    method: &Method,
    authorization: Option<&str>,
    query: &BTreeMap<String, String>,
) -> Response {
    if method != Method::GET || query.get("owner_type").map(String::as_str) != Some("district") {
        return answer(StatusCode::BAD_REQUEST, &json!({ "error": "invalid_request" }));
    }
    let Some((token, _)) = shared.tokens.give(authorization, b"grant_type=client_credentials") else {
        let refusal = json!({ "error": "invalid_client", "error_description": "unknown client" });
        return answer(StatusCode::UNAUTHORIZED, &refusal);
    };
    let state = shared.state();
    let id = state.district_id();
    let is_asked = query.get("district").is_none_or(|asked| *asked == id);
    let mut scopes: Vec<&str> = vec![
        "read:district_admins",
        "read:districts",
        "read:school_admins",
        "read:schools",
        "read:sections",
        "read:students",
        "read:teachers",
        "read:user_id",
    ];
    if state.facts.contacts {
        scopes.push("read:student_contacts");
    }
    let token = json!({
        "id": "2345b13db7c601000705ab5d", "created": "2026-08-01T10:00:00.000Z",
        "owner": { "type": "district", "id": id }, "access_token": token, "scopes": scopes,
    });
    let data: Vec<_> = Some(token).filter(|_| is_asked && !state.revoked).into_iter().collect();
    answer(
        StatusCode::OK,
        &json!({ "data": data, "links": [{ "rel": "self", "uri": "/oauth/tokens?owner_type=district" }] }),
    )
}

fn control(shared: &Shared, method: &Method, verb: &str) -> Response {
    let mut state = shared.state();
    match (method, verb) {
        (&Method::POST, "/next-day") => {
            state.next_day();
        }
        (&Method::POST, "/remake-terms") => state.remake_catalogue(),
        (&Method::POST, "/pause") => state.edit_facts(|facts| "paused".clone_into(&mut facts.state)),
        (&Method::POST, "/fail") => state.edit_facts(|facts| "error".clone_into(&mut facts.state)),
        (&Method::POST, "/resume") => state.edit_facts(|facts| "running".clone_into(&mut facts.state)),
        (&Method::POST, "/unshare-contacts") => state.edit_facts(|facts| facts.contacts = false),
        (&Method::POST, "/share-contacts") => state.edit_facts(|facts| facts.contacts = true),
        (&Method::POST, "/revoke") => state.revoked = true,
        (&Method::POST, "/restore") => state.revoked = false,
        (&Method::GET, "" | "/") => {}
        _ => return refuse(StatusCode::NOT_FOUND),
    }
    let rows: serde_json::Map<String, Value> = CleverCollection::ALL
        .into_iter()
        .map(|collection| (collection.name().to_owned(), state.rows.rows(collection).len().into()))
        .collect();
    let told = json!({
        "day": state.district.day, "district": state.district_id(), "requests": shared.requests(), "rows": rows,
        "events": state.events.len(),
    });
    answer(StatusCode::OK, &told)
}

async fn data(
    shared: &Shared,
    version: &str,
    rest: &str,
    query: &BTreeMap<String, String>,
    dice: u32,
) -> Response {
    let mut segments = rest.split('/').skip(1);
    let name = segments.next().unwrap_or_default();
    if let Some(id) = segments.next() {
        return single(shared, name, id);
    }
    let (struck, made) = {
        let mut state = shared.state();
        if name == "events" && !state.events_on {
            return refuse(StatusCode::NOT_FOUND);
        }
        let Some(rows) = list(&state, name, query) else { return refuse(StatusCode::NOT_FOUND) };
        let Ok(page) = Asked::read(query, &rows) else { return refuse(StatusCode::PAYLOAD_TOO_LARGE) };
        let struck = struck(&mut state.faults, name, page.place(rows.len()), dice);
        let made = make(shared, &format!("{version}/{name}"), &rows, &page, query, &struck);
        (struck, made)
    };
    let looks = Looks { key: "data", body: &made, refusal };
    if let Some(response) = spoilt(&struck, &looks, &shared.tokens).await {
        return response;
    }
    text(StatusCode::OK, made)
}

fn single(shared: &Shared, name: &str, id: &str) -> Response {
    let state = shared.state();
    let row = if name == "events" {
        state.events.iter().find(|event| event.id == id).map(|event| event.row.clone())
    } else {
        CleverCollection::named(name).and_then(|collection| state.rows.rows(collection).get(id).cloned())
    };
    match row {
        Some(row) => text(StatusCode::OK, format!("{{\"data\":{row},\"links\":[]}}")),
        None => refuse(StatusCode::NOT_FOUND),
    }
}

/// The rows of a list, in the order of their ids.
fn list(state: &State, name: &str, query: &BTreeMap<String, String>) -> Option<Vec<(String, String)>> {
    if name == "events" {
        return Some(state.events.iter().map(|event| (event.id.clone(), event.row.clone())).collect());
    }
    let rows = state.rows.rows(CleverCollection::named(name)?);
    let role = query.get("role").filter(|_| name == "users").map(|role| format!("\"{role}\":{{"));
    let is_listed =
        |id: &str, row: &str| role.as_ref().is_none_or(|role| row.contains(role)) || state.is_broken(id);
    let all = rows.iter().filter(|(id, row)| is_listed(id, row));
    Some(all.map(|(id, row)| (id.clone(), row.clone())).collect())
}

/// Which of the rows are asked for.
struct Asked {
    from: usize,
    to: usize,
    limit: usize,
}

impl Asked {
    fn read(query: &BTreeMap<String, String>, rows: &[(String, String)]) -> Result<Self, ()> {
        let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(DEFAULT_ROWS);
        if limit > MOST_ROWS {
            return Err(());
        }
        let after = |id: &String| rows.partition_point(|(other, _)| other <= id);
        let (from, to) = match (query.get("starting_after"), query.get("ending_before")) {
            (Some(id), _) => {
                let from = after(id);
                (from, (from + limit).min(rows.len()))
            }
            (None, Some(id)) => {
                let to =
                    if id == "last" { rows.len() } else { rows.partition_point(|(other, _)| other < id) };
                (to.saturating_sub(limit), to)
            }
            (None, None) => (0, limit.min(rows.len())),
        };
        Ok(Self { from, to, limit })
    }

    const fn place(&self, rows: usize) -> At {
        if self.from == 0 {
            At::First
        } else if self.to >= rows {
            At::Last
        } else {
            At::Middle
        }
    }
}

fn make(
    shared: &Shared,
    path: &str,
    rows: &[(String, String)],
    asked: &Asked,
    query: &BTreeMap<String, String>,
    faults: &[SandboxFault],
) -> String {
    let has = |kind: Kind| has(faults, kind);
    let (mut from, mut to) = (asked.from, asked.to);
    if has(Kind::RepeatedPage) {
        (from, to) = (0, asked.limit.min(rows.len()));
    }
    if has(Kind::ShiftedRows) {
        from = (from + 1).min(to);
    }
    if has(Kind::Clamp) {
        to = (from + (asked.limit / 2).max(1)).min(rows.len());
    }
    let mut shown: Vec<(String, String)> = rows.get(from..to).unwrap_or_default().to_vec();
    let mut next = shown.last().filter(|_| to < rows.len()).map(|(id, _)| format!("starting_after={id}"));
    if has(Kind::EmptyPage) {
        // The page that follows has the rows, and another name.
        let before =
            query.get("starting_after").map(|id| format!("starting_after={id}&")).unwrap_or_default();
        next = Some(format!("{before}attempt=2"));
        shown.clear();
    }
    if has(Kind::EndlessPages) {
        shown = endless(query.get("starting_after"), asked.limit.min(100));
        next = shown.last().map(|(id, _)| format!("starting_after={id}"));
    }
    let links = links(shared, path, next, &shown, query, has(Kind::ForeignNext));
    let rows: Vec<String> =
        shown.iter().map(|(id, row)| format!("{{\"data\":{row},\"uri\":\"/{path}/{id}\"}}")).collect();
    let links = links.map(|links| format!(",\"links\":{links}")).unwrap_or_default();
    format!("{{\"data\":[{}]{links}}}", rows.join(","))
}

fn links(
    shared: &Shared,
    path: &str,
    next: Option<String>,
    shown: &[(String, String)],
    query: &BTreeMap<String, String>,
    is_foreign: bool,
) -> Option<Value> {
    let style = shared.options.links;
    if style == CleverLinks::None {
        return None;
    }
    // A `next` may lead to a page on which nothing is.
    let next = next.or_else(|| {
        let last = shown
            .last()
            .filter(|_| style == CleverLinks::ToEmptyPages && path.rsplit('/').next() != Some("districts"));
        last.map(|(id, _)| format!("starting_after={id}"))
    });
    let mut links = vec![json!({ "rel": "self", "uri": path })];
    if let Some(id) = shown.first().map(|(id, _)| id).filter(|_| query.contains_key("starting_after")) {
        links.push(json!({ "rel": "prev", "uri": format!("{path}?ending_before={id}") }));
    }
    if let Some(next) = next {
        let kept = match (style, query.get("limit")) {
            (CleverLinks::Whole, Some(limit)) => {
                let role = query.get("role").map(|role| format!("role={role}&")).unwrap_or_default();
                format!("limit={limit}&{role}")
            }
            _ => String::new(),
        };
        let host = if is_foreign { "https://elsewhere.example" } else { "" };
        links.push(json!({ "rel": "next", "uri": format!("{host}{path}?{kept}{next}") }));
    }
    Some(Value::Array(links))
}

/// Rows without an end, each of them another.
fn endless(after: Option<&String>, limit: usize) -> Vec<(String, String)> {
    let begun = after.and_then(|id| u64::from_str_radix(id.get(4..)?, 16).ok()).unwrap_or_default();
    let ids = (begun + 1..).take(limit).map(|number| format!("ffff{number:020x}"));
    ids.map(|id| {
        let row = json!({ "id": id, "name": "x", "roles": { "student": {} } }).to_string();
        (id, row)
    })
    .collect()
}
