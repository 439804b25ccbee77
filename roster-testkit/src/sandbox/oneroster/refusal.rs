//! Refusals as the binding has them.

use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use crate::sandbox::answer;

/// A refusal with that minor code.
pub(super) fn refusal(status: StatusCode, code: &str) -> Response {
    answer::json(status, &error_object(code))
}

/// The body of a refusal of that status.
pub(super) fn body(status: StatusCode) -> Value {
    error_object(if status == StatusCode::UNAUTHORIZED {
        "unauthorisedrequest"
    } else {
        "internal_server_error"
    })
}

fn error_object(code: &str) -> Value {
    json!({
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_CodeMinor": {
            "imsx_codeMinorField": [{ "imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": code }]
        },
    })
}
