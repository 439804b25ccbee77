//! Requests to answers.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State as Held},
    http::{Method, StatusCode, header::AUTHORIZATION},
    response::Response,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use roster_core::jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    Shared, WondeStage, lists,
    query::Query,
    world::{PERMISSIONS, School},
};
use crate::sandbox::answer::{json as answer, set};

const FORM_BYTES: usize = 64 * 1024;

/// One of the two hosts.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) shared: Arc<Shared>,
    /// The account's own host is the first.
    pub(super) region: usize,
    pub(super) origin: String,
}

pub(super) fn router(host: Host) -> Router {
    Router::new().fallback(handle).with_state(host)
}

/// Who asks.
pub(super) enum Asker {
    Account,
    School(String),
}

/// A refusal's body; its form is not documented.
pub(super) fn refusal(status: StatusCode) -> Value {
    json!({ "error": status.canonical_reason().unwrap_or_default(), "status": status.as_u16() })
}

pub(super) fn refuse(status: StatusCode) -> Response {
    answer(status, &refusal(status))
}

/// Answers at the vendor's own time.
async fn handle(Held(host): Held<Host>, request: Request) -> Response {
    let mut response = answered(&host, request).await;
    let now = host.shared.world().now();
    set(&mut response, "date", &now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    response
}

async fn answered(host: &Host, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_end_matches('/').to_owned();
    let shared = &host.shared;
    if let Some(verb) = path.strip_prefix("/sandbox") {
        return control(shared, &parts.method, verb);
    }
    shared.count_request();
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    if let Some(Err(wait)) = shared.rate.as_ref().map(crate::sandbox::rate::Rate::take) {
        let mut response = refuse(StatusCode::TOO_MANY_REQUESTS);
        set(&mut response, "retry-after", &wait.as_secs().max(1).to_string());
        return response;
    }
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(asker) = asker(shared, authorization) else { return refuse(StatusCode::UNAUTHORIZED) };
    let Some(rest) = path.strip_prefix("/v1.0/") else { return refuse(StatusCode::NOT_FOUND) };
    let segments: Vec<String> = rest.split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let query = Query::read(parts.uri.query().unwrap_or_default());
    if parts.method != Method::GET {
        return change(host, &asker, &parts.method, &segments, body).await;
    }
    lists::get(host, &asker, &segments, &query, &path).await
}

fn decoded(segment: &str) -> String {
    let text = format!("x={}", segment.replace('+', "%2B"));
    url::form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// A bearer token, or the same as the user of a Basic header with an empty password.
fn asker(shared: &Shared, authorization: Option<&str>) -> Option<Asker> {
    let header = authorization?;
    let token = match header.strip_prefix("Bearer ").or_else(|| header.strip_prefix("bearer ")) {
        Some(token) => token.to_owned(),
        None => {
            let pair =
                String::from_utf8(BASE64_STANDARD.decode(header.strip_prefix("Basic ")?).ok()?).ok()?;
            pair.strip_suffix(':')?.to_owned()
        }
    };
    if token == shared.token {
        return Some(Asker::Account);
    }
    let world = shared.world();
    let mine = |school: &&School| school.token.as_deref() == Some(&token) && school.is_approved();
    world.schools.iter().find(mine).map(|school| Asker::School(school.facts.id.clone()))
}

async fn change(host: &Host, asker: &Asker, method: &Method, segments: &[&str], body: Body) -> Response {
    let body = to_bytes(body, FORM_BYTES).await.unwrap_or_default();
    let shared = &host.shared;
    if !matches!(asker, Asker::Account) {
        return refuse(StatusCode::FORBIDDEN);
    }
    let (id, to) = match (method, segments) {
        (&Method::POST, ["schools", id, "request-access"]) => (*id, WondeStage::Pending),
        (&Method::DELETE, ["schools", id, "revoke-access"]) => (*id, WondeStage::Revoked),
        _ => return refuse(StatusCode::METHOD_NOT_ALLOWED),
    };
    if *method == Method::POST && !body.is_empty() {
        let Ok(request) = serde_json::from_slice::<Value>(&body) else {
            return refuse(StatusCode::UNPROCESSABLE_ENTITY);
        };
        shared.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request);
    }
    let is_there = shared.world().school(id).map(School::is_approved);
    let Some(is_approved) = is_there else { return refuse(StatusCode::NOT_FOUND) };
    if *method == Method::POST && is_approved {
        return answer(
            StatusCode::OK,
            &json!({ "success": true, "state": "approved", "message": "already approved" }),
        );
    }
    shared.set_stage(id, to, None);
    let word = if *method == Method::POST { "pending" } else { "revoked" };
    answer(StatusCode::OK, &json!({ "success": true, "state": word, "message": "done" }))
}

fn control(shared: &Arc<Shared>, method: &Method, verb: &str) -> Response {
    let segments: Vec<&str> = verb.trim_start_matches('/').split('/').collect();
    let done = match (method, segments.as_slice()) {
        (&Method::GET, _) => true,
        (&Method::POST, ["next-day"]) => {
            shared.world().next_day();
            true
        }
        (&Method::POST, ["pass", days]) => match days.parse::<u32>() {
            Ok(days) => {
                shared.world().pass(SignedDuration::from_hours(24 * i64::from(days)));
                true
            }
            Err(_) => false,
        },
        (&Method::POST, ["webhooks"]) => {
            shared.deliver_held();
            true
        }
        (&Method::POST, ["schools", id, "withdraw", identity]) => shared.grant(id, identity, false),
        (&Method::POST, ["schools", id, "grant", identity]) => shared.grant(id, identity, true),
        (&Method::POST, ["schools", id, move_]) => match WondeStage::moved_by(move_) {
            Some(stage) => shared.set_stage(id, stage, None),
            None => match *move_ {
                "migrate" => shared.begin_migration(id),
                "finish-migration" => shared.finish_migration(id, false),
                _ => false,
            },
        },
        _ => false,
    };
    if !done {
        return refuse(StatusCode::NOT_FOUND);
    }
    let world = shared.world();
    let schools: Vec<Value> = (world.schools.iter())
        .map(|school| {
            json!({ "id": school.facts.id, "name": school.facts.name, "stage": school.stage.as_str(),
                "audited": school.audited, "online": school.online, "mis": school.mis,
                "shares": PERMISSIONS.iter().filter(|identity| school.shares(identity)).collect::<Vec<_>>() })
        })
        .collect();
    answer(
        StatusCode::OK,
        &json!({ "day": world.district.day, "requests": shared.requests(), "webhooks": shared.sent().len(), "schools": schools }),
    )
}
