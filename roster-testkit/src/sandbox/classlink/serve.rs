//! Requests to answers: the list, its servers, and the proxy before them.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State as Held},
    http::{Method, StatusCode, header::AUTHORIZATION},
    response::Response,
};
use serde_json::{Value, json};

use super::{Parts, applications::Application};
use crate::sandbox::{
    answer::{json as answer, set},
    oneroster::answer_as,
};

/// The list has so many rows unless another number is asked for, and at most.
const LIST_ROWS: usize = 100;
const MOST_LIST_ROWS: usize = 1000;

/// What answers.
pub(super) fn router(parts: Arc<Parts>) -> Router {
    Router::new().fallback(handle).with_state(parts)
}

async fn handle(Held(parts): Held<Arc<Parts>>, request: Request) -> Response {
    let method = request.method().clone();
    // As it came: an id with an encoded slash is another one without.
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(verb) = path.strip_prefix("/sandbox") {
        return control(&parts, &method, verb);
    }
    let response = if path == "/applications" {
        parts.count_list();
        if is_partner(&parts, authorization) { list(&parts, &query) } else { unknown() }
    } else if let Some(id) = server_of(&path) {
        parts.count_server();
        if is_partner(&parts, authorization) { server(&parts, id) } else { unknown() }
    } else {
        proxy(&parts, &method, &path, &query, authorization).await
    };
    parts.note(format!("{path}?{query}"), response.status().as_u16());
    response
}

fn is_partner(parts: &Parts, authorization: Option<&str>) -> bool {
    authorization.and_then(|header| header.strip_prefix("Bearer ")) == Some(parts.partner_token.as_str())
}

fn server_of(path: &str) -> Option<&str> {
    path.strip_prefix("/applications/")?.strip_suffix("/server")
}

fn list(parts: &Parts, query: &str) -> Response {
    let number = |name: &str| {
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let (limit, offset) = (number("limit").unwrap_or(LIST_ROWS), number("offset").unwrap_or(0));
    let limit = limit.min(parts.list_clamp.unwrap_or(MOST_LIST_ROWS));
    let applications = parts.applications();
    let rows: Vec<Value> = applications.iter().skip(offset).take(limit).map(Application::row).collect();
    answer(StatusCode::OK, &json!({ "status": 1, "applications": rows }))
}

fn server(parts: &Parts, id: &str) -> Response {
    let applications = parts.applications();
    let district = applications.iter().find(|it| it.id == id).and_then(|it| it.district);
    match district.and_then(|at| parts.districts.get(at)) {
        Some(district) => {
            let server = json!({
                "client_id": district.consumer_key(),
                "client_secret": district.consumer_secret(),
                "endpoint_url": district.origin(),
            });
            answer(StatusCode::OK, &json!({ "status": 1, "server": server, "message": "" }))
        }
        None => absent(),
    }
}

async fn proxy(
    parts: &Parts,
    method: &Method,
    path: &str,
    query: &str,
    authorization: Option<&str>,
) -> Response {
    let below = path.strip_prefix("/proxy/v1p0").unwrap_or(path).trim_start_matches('/');
    let (id, rest) = below.find('/').map_or((below, ""), |at| below.split_at(at));
    let found = {
        let mut applications = parts.applications();
        applications.iter_mut().find(|it| it.id == id).map(|it| {
            it.count();
            (it.district, it.takes(authorization))
        })
    };
    match found {
        Some((Some(at), is_known)) => match parts.districts.get(at) {
            Some(district) => answer_as(district.shared(), method, rest, query, is_known).await,
            None => absent(),
        },
        // Nothing is shared there.
        Some((None, _)) => unknown(),
        None => absent(),
    }
}

fn control(parts: &Parts, method: &Method, verb: &str) -> Response {
    match (method, verb) {
        (&Method::POST, "/next-day") => {
            parts.districts.iter().for_each(|district| drop(district.next_day()));
        }
        (&Method::POST, "/rotate") => parts.applications().iter_mut().for_each(Application::rotate),
        (&Method::GET, "" | "/") => {}
        _ => return absent(),
    }
    let mut response = answer(
        StatusCode::OK,
        &json!({ "applications": parts.applications().len(), "lists": parts.lists() }),
    );
    set(&mut response, "cache-control", "no-store");
    response
}

fn unknown() -> Response {
    answer(StatusCode::UNAUTHORIZED, &json!({ "status": 0, "message": "Unauthorized" }))
}

fn absent() -> Response {
    answer(StatusCode::NOT_FOUND, &json!({ "status": 0, "message": "Not Found" }))
}
