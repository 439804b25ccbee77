//! Answers, sound and spoilt.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};

use super::fault::{Kind, OneRosterFault};

/// An answer in JSON.
pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    text(status, value.to_string())
}

pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    set(&mut response, "content-type", "application/json");
    response
}

pub(super) fn set(response: &mut Response, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        response.headers_mut().insert(name, value);
    }
}

/// A refusal as the binding has it.
pub(super) fn refusal(status: StatusCode, code: &str) -> Response {
    json(status, &error_object(code))
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

/// The answer that a fault puts in the place of a page, for those that do not spoil its rows.
pub(super) fn instead(fault: &OneRosterFault, key: &str, body: &str) -> Option<Response> {
    let ok = StatusCode::OK;
    let half = || Bytes::copy_from_slice(body.as_bytes().get(..body.len() / 2).unwrap_or_default());
    let mut response = match fault.kind {
        Kind::Status => {
            let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            refusal(status, "internal_server_error")
        }
        Kind::Reset => cut(Bytes::new()),
        Kind::CutBody => cut(half()),
        Kind::WrongLength => {
            let mut response = cut(half());
            set(&mut response, "content-length", &body.len().to_string());
            response
        }
        Kind::InvalidJson => text(ok, format!("{{\"{key}\": [{{\"sourcedId\" \"x\"}}]}}")),
        Kind::MissingKey => json(ok, &error_object("internal_server_error")),
        Kind::GzipBomb => bomb(),
        Kind::DeepNesting => text(ok, format!("{{\"{key}\": {}", "[".repeat(10_000))),
        _ => return None,
    };
    for (name, value) in &fault.headers {
        set(&mut response, name, value);
    }
    Some(response)
}

/// The beginning of an answer, after which the connection breaks.
fn cut(beginning: Bytes) -> Response {
    let pieces = [Ok(beginning), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
    let mut response = Response::new(Body::from_stream(stream::iter(pieces)));
    set(&mut response, "content-type", "application/json");
    response
}

/// Two gibibytes of zeros as one gzip stream. The block was made with a full flush, so that it can be repeated.
fn bomb() -> Response {
    const HEADER: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    const BLOCK: &[u8] = include_bytes!("mebibyte_of_zeros.deflate");
    let blocks = std::iter::once(HEADER).chain(std::iter::repeat_n(BLOCK, 2048));
    let pieces = blocks.map(|block| Ok::<_, std::io::Error>(Bytes::from_static(block)));
    let mut response = Response::new(Body::from_stream(stream::iter(pieces)));
    set(&mut response, "content-type", "application/json");
    set(&mut response, "content-encoding", "gzip");
    response
}
