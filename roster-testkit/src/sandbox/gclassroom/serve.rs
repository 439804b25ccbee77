//! Requests to answers.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State as Held},
    http::{Method, StatusCode, header::AUTHORIZATION},
    response::Response,
};
use roster_core::{Clock, SystemClock};
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    DOMAIN,
    fields::Fields,
    refusal::{Api, html, lacks_scope, over_quota},
    rows,
    state::{Shared, State},
    tokens::{DELEGATE, Holder},
};
use crate::sandbox::{
    answer::{Looks, json as answer, set, spoilt, text},
    fault::{At, Kind, SandboxFault, dice, has, struck},
    tokens,
};

/// No request's body is longer than this.
const BODY_BYTES: usize = 64 * 1024;
/// What a page has where nothing is asked for.
const USUAL: usize = 30;

/// What answers.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

/// A request's list.
struct List<'r> {
    /// The name by which faults know it.
    name: &'static str,
    key: &'static str,
    course: Option<&'r str>,
    scope: &'static str,
}

type Query = BTreeMap<String, String>;

async fn handle(Held(shared): Held<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    match path.as_str() {
        "/token" => return give_token(&shared, &parts.method, body).await,
        "/o/oauth2/v2/auth" => return agree(&shared, &query),
        _ => {}
    }
    if let Some(verb) = path.strip_prefix("/sandbox") {
        return control(&shared, &parts.method, verb);
    }
    let number = shared.count_request();
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    let api = Api::of(&path);
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(holder) = shared.tokens.take(authorization) else {
        return api.refuse(StatusCode::UNAUTHORIZED);
    };
    if let Some(quota) = shared.over_quota(&holder.user) {
        return over_quota(api, quota);
    }
    let segments: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let ["v1", "registrations", ..] = *segments {
        return register(&shared, &parts.method, &segments, &holder, body).await;
    }
    if parts.method == Method::GET
        && let Some(answered) = one(&shared, api, &segments, &holder)
    {
        return answered;
    }
    let Some(list) = list(&segments).filter(|_| parts.method == Method::GET) else {
        return api.refuse(StatusCode::NOT_FOUND);
    };
    if !holder.may(list.scope) {
        return lacks_scope(api, list.scope);
    }
    let pairs: Query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    match page(&shared, api, &list, &pairs, &holder, number).await {
        Ok(response) => {
            if response.status() == StatusCode::OK {
                shared.was_answered(xxh3_64(format!("{path}?{query}").as_bytes()));
            }
            response
        }
        Err(status) => api.refuse(status),
    }
}

fn decoded(segment: &str) -> String {
    let plus = segment.replace('+', "%2B");
    url::form_urlencoded::parse(format!("x={plus}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn list<'r>(segments: &[&'r str]) -> Option<List<'r>> {
    let of = |name, key, course, scope| Some(List { name, key, course, scope });
    match *segments {
        ["v1", "courses"] => of("courses", "courses", None, "classroom.courses.readonly"),
        ["v1", "courses", id, "students"] => {
            of("students", "students", Some(id), "classroom.rosters.readonly")
        }
        ["v1", "courses", id, "teachers"] => {
            of("teachers", "teachers", Some(id), "classroom.rosters.readonly")
        }
        ["v1", "courses", id, "aliases"] => of("aliases", "aliases", Some(id), "classroom.courses.readonly"),
        ["v1", "userProfiles", "-", "guardians"] => {
            of("guardians", "guardians", None, "classroom.guardianlinks.students.readonly")
        }
        ["admin", "directory", "v1", "users"] => of("users", "users", None, "admin.directory.user.readonly"),
        ["admin", "directory", "v1", "customer", "my_customer", "orgunits"] => {
            of("orgunits", "organizationUnits", None, "admin.directory.orgunit.readonly")
        }
        _ => None,
    }
}

/// A record that is asked for by itself: who asks, or a user of the Directory by id or address.
fn one(shared: &Shared, api: Api, segments: &[&str], holder: &Holder) -> Option<Response> {
    let state = shared.state();
    let administrator = rows::administrator(&state.district);
    match *segments {
        ["v1", "userProfiles", "me"] => {
            let id = if holder.is_admin { &administrator } else { &holder.user };
            Some(answer(StatusCode::OK, &json!({ "id": id })))
        }
        ["admin", "directory", "v1", "users", key] => {
            let scope = "admin.directory.user.readonly";
            if !holder.may(scope) {
                return Some(lacks_scope(api, scope));
            }
            if !holder.reads_directory {
                return Some(api.refuse(StatusCode::FORBIDDEN));
            }
            if key == format!("{DELEGATE}@{DOMAIN}") {
                return Some(answer(StatusCode::OK, &json!({ "isAdmin": false, "isDelegatedAdmin": true })));
            }
            let is_key = |row: &&Value| {
                ["id", "primaryEmail"].iter().any(|name| row.get(*name).and_then(Value::as_str) == Some(key))
            };
            let found = state.rows.users.values().find(is_key);
            Some(found.map_or_else(|| api.refuse(StatusCode::NOT_FOUND), |row| answer(StatusCode::OK, row)))
        }
        _ => None,
    }
}

async fn give_token(shared: &Shared, method: &Method, body: Body) -> Response {
    let form = to_bytes(body, BODY_BYTES).await.unwrap_or_default();
    if method != Method::POST {
        return answer(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "invalid_request" }));
    }
    match shared.tokens.give(&form) {
        Ok(token) => answer(StatusCode::OK, &token),
        Err((error, description)) => {
            let status = if error == "unauthorized_client" || error == "invalid_client" { 401 } else { 400 };
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            answer(status, &json!({ "error": error, "error_description": description }))
        }
    }
}

fn agree(shared: &Shared, query: &str) -> Response {
    let Some(back) = shared.tokens.agree(query) else {
        return html(StatusCode::BAD_REQUEST);
    };
    let mut response = text(StatusCode::FOUND, "");
    set(&mut response, "location", &back);
    response
}

fn control(shared: &Shared, method: &Method, verb: &str) -> Response {
    let mut state = shared.state();
    match (method, verb) {
        (&Method::POST, "/next-day") => {
            state.next_day();
        }
        (&Method::POST, "/rename-unit") => state.rename_unit(),
        (&Method::POST, "/archive-class") => state.archive_class(),
        (&Method::GET, "" | "/") => {}
        _ => return Api::Classroom.refuse(StatusCode::NOT_FOUND),
    }
    let rows = json!({
        "courses": state.rows.courses.len(), "users": state.rows.users.len(), "units": state.rows.units.len(),
        "guardians": state.rows.guardians.len(),
    });
    let (day, requests) = (state.district.day, shared.requests());
    answer(
        StatusCode::OK,
        &json!({
            "day": day, "requests": requests, "refused": shared.refused(), "answered_again": shared.answered_again(), "rows": rows,
        }),
    )
}

async fn register(
    shared: &Shared,
    method: &Method,
    segments: &[&str],
    holder: &Holder,
    body: Body,
) -> Response {
    let api = Api::Classroom;
    if !holder.may("classroom.push-notifications") {
        return lacks_scope(api, "classroom.push-notifications");
    }
    match (method, segments) {
        (&Method::POST, [_, _]) => {
            let body = to_bytes(body, BODY_BYTES).await.unwrap_or_default();
            let Ok(mut registration) = serde_json::from_slice::<Value>(&body) else {
                return api.refuse(StatusCode::BAD_REQUEST);
            };
            if registration.get("feed").is_none() || registration.get("cloudPubsubTopic").is_none() {
                return api.refuse(StatusCode::BAD_REQUEST);
            }
            let mut state = shared.state();
            let id = format!("registration-{}", state.registrations.len() + 1);
            let week = std::time::Duration::from_secs(7 * 24 * 3600);
            let expiry = SystemClock.now().checked_add(week).map(|end| end.to_string()).unwrap_or_default();
            if let Some(object) = registration.as_object_mut() {
                object.insert("registrationId".to_owned(), id.clone().into());
                object.insert("expiryTime".to_owned(), expiry.into());
            }
            state.registrations.insert(id, registration.clone());
            answer(StatusCode::OK, &registration)
        }
        (&Method::DELETE, [_, _, id]) => match shared.state().registrations.remove(*id) {
            Some(_) => answer(StatusCode::OK, &json!({})),
            None => api.refuse(StatusCode::NOT_FOUND),
        },
        _ => api.refuse(StatusCode::NOT_FOUND),
    }
}

async fn page(
    shared: &Shared,
    api: Api,
    list: &List<'_>,
    query: &Query,
    holder: &Holder,
    number: u64,
) -> Result<Response, StatusCode> {
    let made = {
        let mut state = shared.state();
        let State { answers, faults, .. } = &mut *state;
        let specific = list.course.map(|course| format!("{}/{course}", list.name));
        let is_of = |collection: &str| collection == list.name || Some(collection) == specific.as_deref();
        if let Some(scripted) = answers.iter_mut().find(|it| it.times > 0 && is_of(&it.collection)) {
            scripted.times -= 1;
            let status = StatusCode::from_u16(scripted.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(text(status, scripted.body.clone()));
        }
        let mut faults = std::mem::take(faults);
        let made = make(&state, shared, list, query, holder, &mut faults, number);
        state.faults = faults;
        made?
    };
    let Made { body, struck } = made;
    if let Some(fault) =
        struck.iter().find(|fault| fault.kind == Kind::Status && matches!(fault.status, 502 | 504))
    {
        return Ok(html(StatusCode::from_u16(fault.status).unwrap_or(StatusCode::BAD_GATEWAY)));
    }
    if has(&struck, Kind::ExpiredToken) {
        shared.tokens.forget();
        return Err(StatusCode::UNAUTHORIZED);
    }
    let looks = Looks { key: list.key, body: &body, refusal: api.body() };
    let no_tokens = tokens::Tokens::new(0, std::time::Duration::ZERO, None);
    if let Some(response) = spoilt(&struck, &looks, &no_tokens).await {
        return Ok(response);
    }
    Ok(text(StatusCode::OK, body))
}

struct Made {
    body: String,
    struck: Vec<SandboxFault>,
}

fn make(
    state: &State,
    shared: &Shared,
    list: &List<'_>,
    query: &Query,
    holder: &Holder,
    faults: &mut [SandboxFault],
    number: u64,
) -> Result<Made, StatusCode> {
    let rows = seen(state, list, query, holder)?;
    let of_list = ["maxResults", "pageSize"].iter().find_map(|key| query.get(*key)?.parse::<usize>().ok());
    let wish = of_list.filter(|size| *size > 0).unwrap_or(USUAL);
    let size = if list.name == "orgunits" {
        usize::MAX
    } else {
        wish.min(shared.options.clamp.unwrap_or(usize::MAX))
    };
    // A token holds until which row was read, and what was asked for: it has to be the same on each page.
    let asked = fingerprint(query);
    let after = match query.get("pageToken") {
        None => String::new(),
        Some(token) => {
            let (of, after) = token.split_once('.').ok_or(StatusCode::BAD_REQUEST)?;
            if of != asked {
                return Err(StatusCode::BAD_REQUEST);
            }
            after.to_owned()
        }
    };
    let rest: Vec<_> = rows.into_iter().filter(|(key, _)| after.is_empty() || **key > *after).collect();
    let place = match (after.is_empty(), rest.len() <= size) {
        (true, _) => At::First,
        (false, true) => At::Last,
        (false, false) => At::Middle,
    };
    let struck = strike(faults, list, place, number);
    let mut taken = size;
    // Org units have no pages that could be spoilt.
    let struck_pages = if list.name == "orgunits" { &[][..] } else { &struck[..] };
    if has(struck_pages, Kind::Clamp) {
        taken = (size.min(rest.len()) / 2).max(1);
    }
    if has(struck_pages, Kind::EmptyPage) {
        taken = 0;
    }
    let until =
        taken.min(rest.len()).checked_sub(1).and_then(|at| rest.get(at)).map(|(key, _)| (*key).to_owned());
    let more = rest.len() > taken;
    let mut values: Vec<Value> = rest.iter().take(taken).map(|(_, row)| (*row).clone()).collect();
    let mut next = more.then(|| format!("{asked}.{}", until.unwrap_or_else(|| after.clone())));
    if has(&struck, Kind::EmptyPage) {
        // The next one is not the same one: else it would turn in circles.
        next = Some(format!("{asked}.{after}\u{1}"));
    }
    if has(&struck, Kind::RepeatedPage) {
        next = Some(format!("{asked}.{after}"));
    }
    if has(&struck, Kind::ForeignNext) {
        next = Some("https://elsewhere.example/?pageToken=x".to_owned());
    }
    if has(&struck, Kind::ShiftedRows)
        && let Some(first) = values.first().cloned()
    {
        values.push(first);
    }
    if has(&struck, Kind::EndlessPages) {
        values = (0..10).map(|row| json!({ "id": format!("endless-{number}-{row}"), "userId": format!("endless-{number}-{row}"), "name": "x" })).collect();
        next = Some(format!("{asked}.endless-{number}"));
    }
    let mut body = Map::new();
    // Google leaves an empty list out.
    if !values.is_empty() {
        body.insert(list.key.to_owned(), Value::Array(values));
    }
    body.extend(next.map(|next| ("nextPageToken".to_owned(), Value::from(next))));
    let mut body = Value::Object(body);
    if let Some(mask) = query.get("fields") {
        body = Fields::read(mask).ok_or(StatusCode::BAD_REQUEST)?.of(&body);
    }
    Ok(Made { body: body.to_string(), struck })
}

fn strike(faults: &mut [SandboxFault], list: &List<'_>, place: At, number: u64) -> Vec<SandboxFault> {
    let specific = list.course.map(|course| format!("{}/{course}", list.name));
    faults
        .iter_mut()
        .flat_map(|fault| {
            let is_specific = specific.is_some() && fault.collection() == specific.as_deref();
            let name = if is_specific { specific.as_deref().unwrap_or_default() } else { list.name };
            struck(std::slice::from_mut(fault), name, place, dice(number))
        })
        .collect()
}

fn fingerprint(query: &Query) -> String {
    let rest: Vec<_> = query.iter().filter(|(key, _)| *key != "pageToken").collect();
    format!("{:016x}", xxh3_64(format!("{rest:?}").as_bytes()))
}

/// The rows of a list that the holder may see, in the order of their keys.
fn seen<'s>(
    state: &'s State,
    list: &List<'_>,
    query: &Query,
    holder: &Holder,
) -> Result<Vec<(&'s str, &'s Value)>, StatusCode> {
    let all = |rows: &'s BTreeMap<String, Value>| rows.iter().map(|(key, row)| (key.as_str(), row)).collect();
    let value = |key: &str| query.get(key).map(String::as_str);
    if let Some(id) = list.course {
        let course = state.rows.courses.get(id).filter(|_| !state.vanishing.contains(id));
        let course = course.ok_or(StatusCode::NOT_FOUND)?;
        if !holder.is_admin && !course.teachers.contains_key(&holder.user) {
            return Err(StatusCode::FORBIDDEN);
        }
        return Ok(match list.name {
            "students" => all(&course.students),
            "teachers" => all(&course.teachers),
            _ => all(&course.aliases),
        });
    }
    match list.name {
        "courses" => {
            let mine = !holder.is_admin || value("teacherId") == Some("me");
            let courses = state.rows.courses.iter();
            let courses = courses.filter(|(_, course)| !mine || course.teachers.contains_key(&holder.user));
            Ok(courses.map(|(id, course)| (id.as_str(), &course.row)).collect())
        }
        "guardians" if !holder.is_admin => Err(StatusCode::FORBIDDEN),
        _ if !holder.reads_directory => Err(StatusCode::FORBIDDEN),
        "guardians" => Ok(all(&state.rows.guardians)),
        "users" => match (value("customer"), value("domain")) {
            (Some("my_customer"), None) | (None, Some(DOMAIN)) => Ok(all(&state.rows.users)),
            (None, Some(_)) => Err(StatusCode::NOT_FOUND),
            _ => Err(StatusCode::BAD_REQUEST),
        },
        _ => {
            let wanted = matches!(value("type"), Some("all" | "allIncludingParent"));
            let units =
                state.rows.units.iter().filter(|unit| {
                    wanted || unit.get("parentOrgUnitPath").and_then(Value::as_str) == Some("/")
                });
            Ok(units
                .map(|unit| (unit.get("orgUnitPath").and_then(Value::as_str).unwrap_or_default(), unit))
                .collect())
        }
    }
}
