//! What Clever's refusals mean.

use std::time::Duration;

use roster_core::{Error, ErrorKind};
use roster_http::{Again, Meaning, Refusal, by_status, json::Shape};

use crate::source::PROVIDER;

/// What an answer that is no success means. Bodies may be empty, or a page in HTML.
pub(crate) fn classify(refusal: &Refusal<'_>) -> Meaning {
    let meaning = by_status(refusal);
    let status = refusal.status.as_u16();
    if matches!(status, 400..=404) && says_scopes(refusal.body) {
        return Meaning {
            kind: ErrorKind::Forbidden,
            advice: "it says that this is not in the token's scopes: the app needs Secure Sync, and the district has to share it",
            again: Again::No,
        };
    }
    match status {
        401 => Meaning {
            advice: "the token is not known: the district may have authorized the app anew, or taken its access back",
            ..meaning
        },
        404 => Meaning {
            advice: "it is not there, not shared with the app, or not for this kind of token",
            ..meaning
        },
        413 => Meaning {
            advice: "the page asked for is larger than 10000 rows: ask for smaller ones",
            ..meaning
        },
        // Clever counts by the minute. Where it does not say when that ends, it ends within one.
        429 => Meaning { again: Again::Slower(Some(Duration::from_secs(60))), ..meaning },
        _ => meaning,
    }
}

/// `Resource not in token's scopes`, under whatever status. The text is looked at, never shown.
fn says_scopes(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body.get(..4096).unwrap_or(body)).to_ascii_lowercase();
    text.contains("token's scopes") || text.contains("tokens scopes") || text.contains("token scopes")
}

/// Whether Clever refuses a collection, rather than fails.
pub(crate) fn is_withheld(error: &Error) -> bool {
    error.kind() == ErrorKind::Forbidden || matches!(error.status(), Some(403 | 404 | 405 | 410 | 501))
}

/// Whether the wrong kind of token may be at fault: a user's token is refused for most things, or answered with a page in HTML.
pub(crate) fn may_be_token(error: &Error) -> bool {
    is_withheld(error)
        || matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Decode | ErrorKind::Provider)
            && error.status().is_none_or(|status| status < 500)
}

/// An answer without rows that can be read. Its text is not quoted.
pub(crate) fn misshapen(shape: Shape, place: &str, body: &[u8], operation: &'static str) -> Error {
    let kind = match shape {
        Shape::Cut => ErrorKind::Transport,
        Shape::TooDeep => ErrorKind::TooLarge,
        Shape::NoKey | Shape::NotAList => ErrorKind::Provider,
        Shape::NotText | Shape::NotJson(..) => ErrorKind::Decode,
    };
    let is_html = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
    let hint =
        if is_html { ": it looks like HTML, which Clever sends to the wrong kind of token" } else { "" };
    Error::new(kind, PROVIDER, operation, format!("{place}: {shape}{hint}"))
}
