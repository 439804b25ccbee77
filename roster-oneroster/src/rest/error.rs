//! What a server's refusals mean, and answers that can't be read.

use roster_core::{Error, ErrorKind};
use roster_http::{Again, Answer, Meaning, Refusal, by_status, json::Shape};

use super::client::READING;

/// Codes of the standard, 1.1's and 1.2's, that say more than the status. They are looked for in the text of the body, since
/// servers wrap them in three ways, or in none.
const CODES: &[(&str, &str)] = &[
    ("server_busy", "the server is busy"),
    ("internal_server_error", "the server has a fault of its own"),
    ("unauthorisedrequest", "the credentials are not known there"),
    ("unauthorizedrequest", "the credentials are not known there"),
    ("forbidden", "the credentials may not read this"),
    ("unknownobject", "there is no such thing"),
    ("invalid_filter_field", "the filter names a field that the server does not know"),
    ("invalid_selection_field", "a field is asked for that the server does not know"),
    ("invalid_sort_field", "the order names a field that the server does not know"),
    ("invaliddata", "the request is not understood"),
    ("targetreadfailure", "the server can't read its own data"),
    ("unsupportedoperation", "the server does not support this"),
];

/// What an answer that is no success means.
pub(super) fn classify(refusal: &Refusal<'_>) -> Meaning {
    let meaning = by_status(refusal);
    match (refusal.status.as_u16(), said(refusal.body)) {
        (400 | 403 | 500, Some("server_busy")) => Meaning {
            kind: ErrorKind::RateLimited,
            advice: "it says that it is busy: try again later",
            again: Again::Slower(None),
        },
        (400 | 403, Some("unauthorisedrequest" | "unauthorizedrequest")) => Meaning {
            kind: ErrorKind::Unauthorized,
            advice: "it says that the credentials are not known: renew or re-enter them",
            again: Again::NewToken,
        },
        (400 | 422, _) => Meaning { advice: "it does not understand the request", ..meaning },
        _ => meaning,
    }
}

/// What an answer that is no success means, where the request can be made smaller: it is not sent again as it is.
pub(super) fn classify_wide(refusal: &Refusal<'_>) -> Meaning {
    let meaning = classify(refusal);
    if is_too_heavy(Some(refusal.status.as_u16())) {
        Meaning { again: Again::No, ..meaning }
    } else {
        meaning
    }
}

/// Whether a smaller page may be answered where this one was not: gateways give up on what takes long to make.
pub(super) fn is_too_heavy(status: Option<u16>) -> bool {
    matches!(status, Some(413 | 502 | 504))
}

/// What an answer without rows says of itself, if it is one of the standard's error objects.
pub(super) fn error_object(body: &[u8]) -> Option<&'static str> {
    let code = said(body)?;
    CODES.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}

/// The code that a body names. The body itself is never quoted: it may hold a person's data.
fn said(body: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(body.get(..4096).unwrap_or(body)).to_ascii_lowercase();
    let is_error = text.contains("imsx") || text.contains("error") || text.contains("code");
    CODES.iter().map(|(code, _)| *code).find(|code| is_error && text.contains(&format!("\"{code}\"")))
}

/// An answer without rows that can be read. Its text is not quoted.
pub(crate) fn misshapen(provider: &'static str, shape: Shape, place: &str, answer: &Answer) -> Error {
    let says =
        error_object(&answer.body).map(|says| format!(": it is an error object, which says that {says}"));
    let kind = match shape {
        Shape::Cut => ErrorKind::Transport,
        Shape::TooDeep => ErrorKind::TooLarge,
        Shape::NoKey | Shape::NotAList => ErrorKind::Provider,
        Shape::NotText | Shape::NotJson(..) => ErrorKind::Decode,
    };
    let message = format!("{place}: {shape}{}", says.unwrap_or_default());
    Error::new(kind, provider, READING, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_however_they_are_wrapped() {
        for body in [
            r#"{"imsx_codeMajor":"failure","imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldValue":"server_busy"}]}}"#,
            r#"{"imsx_StatusInfo":{"imsx_codeMinor":"server_busy"}}"#,
            r#"{"error":"SERVER_BUSY"}"#,
        ] {
            assert_eq!(error_object(body.as_bytes()), Some("the server is busy"), "{body}");
        }
        for body in ["", "<html>forbidden</html>", r#"{"users":[{"familyName":"Forbidden"}]}"#] {
            assert_eq!(error_object(body.as_bytes()), None, "{body}");
        }
    }
}
