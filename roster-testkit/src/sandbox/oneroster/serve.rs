//! Requests to answers.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State as Held},
    http::{Method, StatusCode, header::AUTHORIZATION},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    query::Query,
    quirk::Quirk,
    refusal::{self, refusal},
    state::{Entry, Shared, State},
    view::View,
};
use crate::{
    district::RestCollection,
    sandbox::{
        answer::{Looks, compressed, json as answer, set, spoilt, takes_gzip, text},
        fault::{At, Kind, SandboxFault, dice, has, struck},
        oauth1::Signed,
    },
};

/// The form of a request for a token is no longer than this.
const FORM_BYTES: usize = 64 * 1024;

/// What answers.
pub(super) fn router(shared: Arc<Shared>, origin: String) -> Router {
    Router::new().fallback(handle).with_state((shared, Arc::from(origin)))
}

async fn handle(Held((shared, origin)): Held<(Arc<Shared>, Arc<str>)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let takes_gzip = shared.options.gzip && takes_gzip(&parts.headers);
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if path == "/token" {
        return give_token(&shared, &parts.method, authorization, body).await;
    }
    if let Some(verb) = path.strip_prefix("/sandbox") {
        return control(&shared, &parts.method, verb);
    }
    let query = parts.uri.query().unwrap_or_default();
    let signed = Signed { method: parts.method.as_str(), origin: &origin, path: &path, query };
    let is_known = match authorization {
        Some(header) if header.starts_with("OAuth ") => shared.consumer.takes(&signed, header),
        other => shared.tokens.take(other),
    };
    let response = answer_as(&shared, &parts.method, &path, query, is_known).await;
    if takes_gzip { compressed(response).await } else { response }
}

/// Answers a request of somebody who is known or not.
pub(in crate::sandbox) async fn answer_as(
    shared: &Shared,
    method: &Method,
    path: &str,
    query: &str,
    is_known: bool,
) -> Response {
    let number = shared.count_request();
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    let response = if !is_known {
        refusal(StatusCode::UNAUTHORIZED, "unauthorisedrequest")
    } else if shared.is_over_rate() {
        let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, "server_busy");
        set(&mut response, "retry-after", "1");
        response
    } else if let Some(rest) = path.strip_prefix(shared.base_path()).filter(|_| method == Method::GET) {
        collection(shared, rest, query, dice(number)).await
    } else {
        refusal(StatusCode::NOT_FOUND, "unknownobject")
    };
    shared.note(format!("{path}?{query}"), response.status().as_u16());
    response
}

async fn collection(shared: &Shared, path: &str, query: &str, dice: u32) -> Response {
    let mut segments = path.split('/').skip(1);
    let name = segments.next().unwrap_or_default();
    let view = View::named(name).filter(|_| shared.options.views);
    let Some(collection) = view.as_ref().map(|(of, _)| *of).or_else(|| RestCollection::named(name)) else {
        return refusal(StatusCode::NOT_FOUND, "unknownobject");
    };
    let id = segments.next().map(unescaped);
    let (view, collection, id) = match (id, segments.next()) {
        (Some(school), Some("enrollments")) if name == "schools" && shared.options.views => {
            let seats = RestCollection::Enrollments;
            (Some((seats, View::AtSchool(school))), seats, None)
        }
        (id, _) => (view, collection, id),
    };
    if shared.options.quirks.iter().any(|quirk| quirk.withholds(collection)) {
        return refusal(StatusCode::FORBIDDEN, "forbidden");
    }
    if let Some(id) = id {
        return single(shared, collection, &id);
    }
    match Query::read(query).and_then(|query| quaint(shared, query)) {
        Ok(query) => {
            let query = Query { view: view.map(|(_, view)| view), ..query };
            page(shared, collection, &query, dice).await
        }
        Err(code) => refusal(StatusCode::BAD_REQUEST, code),
    }
}

/// What is asked for, as a server with quirks takes it.
fn quaint(shared: &Shared, mut query: Query) -> Result<Query, &'static str> {
    for quirk in &shared.options.quirks {
        match quirk {
            Quirk::IgnoresOffset => query.offset = 0,
            Quirk::IgnoresFilter => query.filter = None,
            Quirk::RefusesFilter if query.filter.is_some() => return Err("invalid_filter_field"),
            Quirk::IgnoresSort => query.descending = false,
            Quirk::RefusesSort if query.sorts => return Err("invalid_sort_field"),
            Quirk::IgnoresFields => query.fields.clear(),
            Quirk::RefusesFields if !query.fields.is_empty() => return Err("invalid_selection_field"),
            Quirk::RefusesPagesAbove(rows) if query.limit > *rows => return Err("invaliddata"),
            _ => {}
        }
    }
    Ok(query)
}

async fn give_token(shared: &Shared, method: &Method, authorization: Option<&str>, body: Body) -> Response {
    let form = to_bytes(body, FORM_BYTES).await.unwrap_or_default();
    match shared.tokens.give(authorization, &form).filter(|_| method == Method::POST) {
        Some((token, life)) => {
            let token = json!({ "access_token": token, "token_type": "bearer", "expires_in": life });
            answer(StatusCode::OK, &token)
        }
        None => answer(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_client" })),
    }
}

fn control(shared: &Shared, method: &Method, verb: &str) -> Response {
    let mut state = shared.state();
    match (method, verb) {
        (&Method::POST, "/next-day") => {
            state.next_day();
        }
        (&Method::POST, "/new-term") => state.new_term(),
        (&Method::POST, "/change-id") => state.change_id(),
        (&Method::GET, "" | "/") => {}
        _ => return refusal(StatusCode::NOT_FOUND, "unknownobject"),
    }
    let rows: serde_json::Map<String, Value> = RestCollection::ALL
        .into_iter()
        .map(|collection| (collection.name().to_owned(), state.entries(collection).len().into()))
        .collect();
    answer(StatusCode::OK, &json!({ "day": state.district.day, "requests": shared.requests(), "rows": rows }))
}

/// An id as it stands in a path.
fn unescaped(segment: &str) -> String {
    let pair = format!("x={segment}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, id)| id.into_owned()).unwrap_or_default()
}

fn single(shared: &Shared, collection: RestCollection, id: &str) -> Response {
    let state = shared.state();
    let found = state.entries(collection).iter().find(|entry| entry.id.as_str() == id);
    match found.and_then(|entry| state.row(collection, entry)) {
        Some(row) => answer(StatusCode::OK, &json!({ collection.singular(): row })),
        None => refusal(StatusCode::NOT_FOUND, "unknownobject"),
    }
}

async fn page(shared: &Shared, collection: RestCollection, query: &Query, dice: u32) -> Response {
    let (faults, made, revision) = {
        let mut state = shared.state();
        if let Some((of, times @ 1..)) = state.passing
            && query.offset == 0
            && of == collection.name()
        {
            state.passing = Some((of, times - 1));
            state.next_day();
        }
        let rows = selected(&state, collection, query);
        let place = place(query, rows.len());
        let struck = struck(&mut state.faults, collection.name(), place, dice);
        shared.count_struck(struck.len());
        let made = make(&state, shared, collection, query, &rows, &struck);
        (struck, made, state.revision)
    };
    let Made { body, total, next, count } = made;
    if shared
        .options
        .quirks
        .iter()
        .any(|quirk| matches!(quirk, Quirk::FailsAbove(rows) if query.limit > *rows))
    {
        return refusal(StatusCode::BAD_GATEWAY, "server_busy");
    }
    let looks = Looks { key: collection.name(), body: &body, refusal: refusal::body };
    if let Some(response) = spoilt(&faults, &looks, &shared.tokens).await {
        return response;
    }
    let mut response = text(StatusCode::OK, body);
    if let Some(total) = total {
        set(&mut response, "x-total-count", &total.to_string());
    }
    if shared.options.revisions {
        set(&mut response, "x-perm-rev", &format!("rev-{revision}"));
        set(&mut response, "x-count", &count.to_string());
    }
    if let Some(next) = next {
        set(&mut response, "link", &format!("<{next}>; rel=\"next\""));
    }
    response
}

struct Made {
    body: String,
    total: Option<usize>,
    next: Option<String>,
    /// How many rows it says that it has.
    count: usize,
}

fn selected(state: &State, collection: RestCollection, query: &Query) -> Vec<usize> {
    let entries = state.entries(collection);
    let passes = |entry: &Entry| {
        query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.passes(entry.modified, || state.row(collection, entry)))
            && query
                .view
                .as_ref()
                .is_none_or(|view| state.row(collection, entry).is_some_and(|row| view.shows(&row)))
    };
    let mut rows: Vec<usize> =
        entries.iter().enumerate().filter(|(_, entry)| passes(entry)).map(|(at, _)| at).collect();
    if query.descending {
        rows.reverse();
    }
    rows
}

fn place(query: &Query, rows: usize) -> At {
    if query.offset == 0 {
        At::First
    } else if query.offset.saturating_add(query.limit) >= rows {
        At::Last
    } else {
        At::Middle
    }
}

fn make(
    state: &State,
    shared: &Shared,
    collection: RestCollection,
    query: &Query,
    rows: &[usize],
    faults: &[SandboxFault],
) -> Made {
    let has = |kind: Kind| has(faults, kind);
    let limit = query.limit.min(shared.options.clamp.unwrap_or(usize::MAX));
    let (mut offset, mut taken) = (query.offset, limit);
    if has(Kind::RepeatedPage) {
        offset = 0;
    }
    if has(Kind::ShiftedRows) {
        offset += 1;
    }
    if has(Kind::Clamp) {
        taken = (limit / 2).max(1);
    }
    if has(Kind::EmptyPage) {
        taken = 0;
    }
    let entries = state.entries(collection);
    let shown = rows.iter().skip(offset).take(taken).filter_map(|at| entries.get(*at));
    let mut values: Vec<Value> = shown.filter_map(|entry| state.row(collection, entry)).collect();
    if has(Kind::EndlessPages) {
        values = endless(query.offset, limit);
    }
    for quirk in &shared.options.quirks {
        for row in &mut values {
            quirk.write(row);
        }
    }
    if !query.fields.is_empty() {
        for value in values.iter_mut().filter_map(Value::as_object_mut) {
            value.retain(|key, _| query.fields.contains(key));
        }
    }
    let total = if has(Kind::NoTotal) || has(Kind::EndlessPages) || !shared.options.total {
        None
    } else if has(Kind::WrongTotal) || shared.has(&Quirk::CountsThePage) {
        Some(values.len())
    } else {
        Some(rows.len())
    };
    let after = offset + values.len();
    let next = if has(Kind::ForeignNext) {
        Some(format!("https://elsewhere.example{}?offset={after}", shared.base_path()))
    } else {
        // Relative and without the base path, as seen in the field.
        (after < rows.len()).then(|| format!("/{}?limit={limit}&offset={after}", collection.name()))
    };
    let count = values.len() + usize::from(has(Kind::WrongCount));
    Made { body: json!({ collection.name(): values }).to_string(), total, next, count }
}

/// Rows without an end, each of them another.
fn endless(offset: usize, limit: usize) -> Vec<Value> {
    let row = |at| json!({ "sourcedId": format!("endless-{at:012}"), "status": "active", "name": "x", "title": "x" });
    (offset..offset + limit).map(row).collect()
}
