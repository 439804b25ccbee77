//! Answers, sound and spoilt.

use std::{io::Write, time::Duration};

use axum::{
    body::{Body, HttpBody, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::ACCEPT_ENCODING},
    response::Response,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures::stream;
use serde_json::Value;

use super::{
    fault::{Kind, SandboxFault},
    tokens::Tokens,
};

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

/// Whether the client takes compressed answers.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| value.split([',', ';']).any(|word| word.trim().eq_ignore_ascii_case("gzip")))
}

/// The answer, compressed; one that is spoilt stays as it is, since its end is not known.
pub(super) async fn compressed(response: Response) -> Response {
    if response.body().size_hint().exact().is_none() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let plain = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let packed = gzip.write_all(&plain).and_then(|()| gzip.finish()).unwrap_or_default();
    let mut response = Response::from_parts(parts, Body::from(packed));
    set(&mut response, "content-encoding", "gzip");
    response
}

/// Longer than any client waits.
const STALL: Duration = Duration::from_secs(90);

/// What a vendor's answers look like, for faults that need to know.
pub(super) struct Looks<'a> {
    /// The key of the list of rows.
    pub(super) key: &'a str,
    /// The page, as it would be sent.
    pub(super) body: &'a str,
    /// The body of a refusal, as the vendor has it.
    pub(super) refusal: fn(StatusCode) -> Value,
}

/// The answer that the faults put in the place of a page, for those that do not spoil its rows.
pub(super) async fn spoilt(faults: &[SandboxFault], looks: &Looks<'_>, tokens: &Tokens) -> Option<Response> {
    for fault in faults {
        match fault.kind {
            Kind::Stall => tokio::time::sleep(STALL).await,
            Kind::ExpiredToken => {
                tokens.forget();
                let status = StatusCode::UNAUTHORIZED;
                return Some(json(status, &(looks.refusal)(status)));
            }
            _ => {}
        }
        if let Some(response) = instead(fault, looks) {
            return Some(response);
        }
    }
    None
}

fn instead(fault: &SandboxFault, looks: &Looks<'_>) -> Option<Response> {
    let Looks { key, body, refusal } = *looks;
    let ok = StatusCode::OK;
    let half = || Bytes::copy_from_slice(body.as_bytes().get(..body.len() / 2).unwrap_or_default());
    let mut response = match fault.kind {
        Kind::Status => {
            let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            json(status, &refusal(status))
        }
        Kind::Reset => cut(Bytes::new()),
        Kind::CutBody => cut(half()),
        Kind::WrongLength => {
            let mut response = cut(half());
            set(&mut response, "content-length", &body.len().to_string());
            response
        }
        Kind::InvalidJson => text(ok, format!("{{\"{key}\": [{{\"id\" \"x\"}}]}}")),
        Kind::MissingKey => json(ok, &refusal(StatusCode::INTERNAL_SERVER_ERROR)),
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
