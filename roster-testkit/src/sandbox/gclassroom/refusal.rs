//! Refusals, as each of the two APIs writes them.

use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use crate::sandbox::answer::{self, set};

/// Which API refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    Classroom,
    Directory,
}

impl Api {
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with("/admin/") { Self::Directory } else { Self::Classroom }
    }

    /// The body of a refusal, by its status alone.
    pub(super) fn body(self) -> fn(StatusCode) -> Value {
        match self {
            Self::Classroom => classroom,
            Self::Directory => directory,
        }
    }

    pub(super) fn refuse(self, status: StatusCode) -> Response {
        answer::json(status, &self.body()(status))
    }
}

fn classroom(status: StatusCode) -> Value {
    let (word, message) = match status.as_u16() {
        400 => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
        401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
        403 => ("PERMISSION_DENIED", "The caller does not have permission"),
        404 => ("NOT_FOUND", "@CourseNotFound The course was not found."),
        429 => (
            "RESOURCE_EXHAUSTED",
            "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute per user' of service \
             'classroom.googleapis.com' for consumer 'project_number:123456789012'.",
        ),
        501 => ("UNIMPLEMENTED", "Not implemented."),
        503 => ("UNAVAILABLE", "The service is currently unavailable."),
        _ => ("INTERNAL", "Internal error encountered."),
    };
    json!({ "error": { "code": status.as_u16(), "message": message, "status": word } })
}

fn directory(status: StatusCode) -> Value {
    let (reason, message) = match status.as_u16() {
        400 => ("invalid", "Invalid Input"),
        401 => ("authError", "Invalid Credentials"),
        403 => ("forbidden", "Not Authorized to access this resource/api"),
        404 => ("notFound", "Domain not found."),
        429 => ("rateLimitExceeded", "Rate Limit Exceeded"),
        _ => ("backendError", "Backend Error"),
    };
    let error = json!({ "message": message, "domain": "global", "reason": reason });
    json!({ "error": { "code": status.as_u16(), "message": message, "errors": [error] } })
}

/// Whose quota is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quota {
    User,
    Project,
}

/// A quota is used up: each API says in its own way whose.
pub(super) fn over_quota(api: Api, quota: Quota) -> Response {
    let (status, reason, message) = match (api, quota) {
        (Api::Classroom, Quota::User) => return api.refuse(StatusCode::TOO_MANY_REQUESTS),
        (Api::Classroom, Quota::Project) => {
            let message = "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service \
                           'classroom.googleapis.com' for consumer 'project_number:123456789012'.";
            let body =
                json!({ "error": { "code": 429, "message": message, "status": "RESOURCE_EXHAUSTED" } });
            return answer::json(StatusCode::TOO_MANY_REQUESTS, &body);
        }
        (Api::Directory, Quota::User) => {
            (StatusCode::FORBIDDEN, "userRateLimitExceeded", "User Rate Limit Exceeded")
        }
        (Api::Directory, Quota::Project) => {
            (StatusCode::FORBIDDEN, "quotaExceeded", "Request rate higher than configured.")
        }
    };
    let error = json!({ "message": message, "domain": "usageLimits", "reason": reason });
    let body = json!({ "error": { "code": status.as_u16(), "message": message, "errors": [error] } });
    answer::json(status, &body)
}

/// The token lacks a scope.
pub(super) fn lacks_scope(api: Api, scope: &str) -> Response {
    let mut response = api.refuse(StatusCode::FORBIDDEN);
    let header = format!(
        "Bearer realm=\"https://accounts.domain.example/\", error=\"insufficient_scope\", \
         scope=\"https://www.googleapis.com/auth/{scope}\""
    );
    set(&mut response, "www-authenticate", &header);
    response
}

/// What the front end says when it does not get through: no JSON.
pub(super) fn html(status: StatusCode) -> Response {
    let code = status.as_u16();
    let page = format!(
        "<!DOCTYPE html>\n<html lang=en>\n  <title>Error {code} (Server Error)!!1</title>\n  <p><b>{code}.</b> <ins>That is an \
         error.</ins>\n"
    );
    let mut response = answer::text(status, page);
    set(&mut response, "content-type", "text/html; charset=UTF-8");
    response
}
