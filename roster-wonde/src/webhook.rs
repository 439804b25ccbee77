//! What Wonde tells by itself, without a web framework: hand [`Webhooks::parse`] what your server received.
//!
//! Nothing signs these requests: the one shared secret stands in the URL's query. So nothing is believed because it was said:
//! [`WondeAccount::confirm`](crate::WondeAccount::confirm) asks the vendor. And nothing depends on them: what is lost is found by
//! asking for the [tenants](roster_core::TenantDirectory::tenants) now and then.

use std::fmt;

use roster_core::{Error, ErrorKind, ExposeSecret, Result, SecretString, jiff::Timestamp};

use crate::{error::wrong, map::dates::instant, source::PROVIDER, wire};

const RECEIVING: &str = "reading a webhook";
pub(crate) const CONFIRMING: &str = "confirming a webhook";
/// A notice is a few hundred bytes.
const MOST_BYTES: usize = 256 * 1024;

/// What Wonde told.
#[derive(Clone)]
#[non_exhaustive]
pub enum WebhookEvent {
    /// A school gave access. Counts only once a call with its token has confirmed it.
    SchoolApproved {
        /// The school's id.
        school: Option<String>,
        /// Its name.
        name: Option<String>,
        /// The token for this school alone.
        token: Option<SecretString>,
    },
    /// A school took access back.
    AccessRevoked {
        /// The school's id.
        school: Option<String>,
        /// Its name.
        name: Option<String>,
        /// Why, in the school's words.
        reason: Option<String>,
    },
    /// A school refused access.
    AccessDeclined {
        /// The school's id.
        school: Option<String>,
        /// Its name.
        name: Option<String>,
        /// Why, in the school's words.
        reason: Option<String>,
    },
    /// A school changes its MIS.
    SchoolMigration {
        /// The school's id.
        school: Option<String>,
        /// The old MIS.
        from: Option<String>,
        /// The new one.
        to: Option<String>,
        /// When it is due.
        scheduled_at: Option<Timestamp>,
        /// When it was over; `None` while it is not.
        completed_at: Option<Timestamp>,
    },
    /// Something that was written back was carried out, or not. This library writes nothing back.
    Writeback {
        /// Which.
        id: Option<String>,
        /// How it went.
        status: Option<String>,
    },
    /// A type that is not known: answer it with 200.
    Unknown {
        /// The type.
        payload_type: String,
        /// All of it, as it came.
        body: serde_json::Value,
    },
}

impl WebhookEvent {
    /// The school that it is about.
    pub fn school(&self) -> Option<&str> {
        match self {
            Self::SchoolApproved { school, .. }
            | Self::AccessRevoked { school, .. }
            | Self::AccessDeclined { school, .. }
            | Self::SchoolMigration { school, .. } => school.as_deref(),
            Self::Writeback { .. } | Self::Unknown { .. } => None,
        }
    }

    /// The type, as the vendor writes it.
    pub fn payload_type(&self) -> &str {
        match self {
            Self::SchoolApproved { .. } => "schoolApproved",
            Self::AccessRevoked { .. } => "accessRevoked",
            Self::AccessDeclined { .. } => "accessDeclined",
            Self::SchoolMigration { .. } => "schoolMigration",
            Self::Writeback { .. } => "writeback",
            Self::Unknown { payload_type, .. } => payload_type,
        }
    }
}

/// Shows type and school; a token and what is not known are not shown.
impl fmt::Debug for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = !matches!(self, Self::Unknown { .. });
        let name = if known { self.payload_type() } else { "unknown" };
        write!(f, "WebhookEvent({name}, {:?})", self.school())
    }
}

/// Reads webhooks that know the secret.
#[derive(Clone)]
pub struct Webhooks {
    parameter: String,
    secrets: Vec<SecretString>,
}

impl Webhooks {
    /// With the secrets that the URL may bear, under `?secret=`; two at once, while one is being replaced. Use hexadecimal digits or
    /// base64url.
    ///
    /// # Errors
    ///
    /// `Config` if there is none, or one is shorter than 16 bytes.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Result<Self> {
        let secrets: Vec<SecretString> = secrets.into_iter().collect();
        if secrets.is_empty() || secrets.iter().any(|secret| secret.expose_secret().len() < 16) {
            return Err(wrong(
                RECEIVING,
                "a webhook's secret has 16 characters at least: nothing else guards it",
            ));
        }
        Ok(Self { parameter: "secret".to_owned(), secrets })
    }

    /// Under another name in the query.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>) -> Self {
        self.parameter = name.into();
        self
    }

    /// Reads a request. `query` is what follows the `?`, as it was sent: it is percent-decoded here, and a `+` stays a plus.
    ///
    /// # Errors
    ///
    /// `Unauthorized` without the right secret, `TooLarge` or `Decode` if it is no notice. [`answer_to`] tells the status to answer.
    pub fn parse<'h>(
        &self,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
        query: &str,
        body: &[u8],
    ) -> Result<WebhookEvent> {
        if !self.knows_secret(query) {
            let message = "the request does not bear the secret; it was not read";
            return Err(Error::new(ErrorKind::Unauthorized, PROVIDER, RECEIVING, message));
        }
        let packed = headers.into_iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-encoding") && !value.trim().eq_ignore_ascii_case("identity")
        });
        if packed {
            return Err(malformed("the body is compressed, which Wonde's are not"));
        }
        event(body)
    }

    fn knows_secret(&self, query: &str) -> bool {
        let mut known = false;
        for pair in query.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if percent_decoded(name) == self.parameter.as_bytes() {
                let given = percent_decoded(value);
                for secret in &self.secrets {
                    known |= same(&given, secret.expose_secret().as_bytes());
                }
            }
        }
        known
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhooks({} secrets)", self.secrets.len())
    }
}

/// The status to answer a webhook with: 200 if all went well, 401 without the secret, 400 where it is malformed or the vendor
/// refuses to confirm it, and 503, so that it is sent again, where nobody could tell: the vendor can't be asked, answers what can't
/// be read, has switched the school off for now, or does not take the application's own token.
pub fn answer_to<T>(done: &Result<T>) -> u16 {
    let Err(error) = done else { return 200 };
    match (error.operation(), error.kind()) {
        (RECEIVING, ErrorKind::Unauthorized) => 401,
        (RECEIVING, _) | (CONFIRMING, ErrorKind::Forbidden | ErrorKind::Unsupported) => 400,
        // Whatever else went wrong says nothing of what was told.
        _ => 503,
    }
}

/// Whether two are equal, in a time that does not tell how far.
fn same(given: &[u8], secret: &[u8]) -> bool {
    let mut differs = given.len() ^ secret.len();
    for (at, byte) in given.iter().enumerate() {
        // Beyond the secret's end it is compared with itself: the lengths have told by then.
        let other = secret.get(at % secret.len().max(1)).copied().unwrap_or_default();
        differs |= usize::from(byte ^ other);
    }
    differs == 0
}

/// Percent-decoded, and nothing else: a form's `+` for a blank would spoil secrets in base64.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, ahead.next().and_then(digit), ahead.next().and_then(digit)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high * 16 + low);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

fn malformed(why: &str) -> Error {
    Error::new(ErrorKind::Decode, PROVIDER, RECEIVING, why.to_owned())
}

fn event(body: &[u8]) -> Result<WebhookEvent> {
    if body.len() > MOST_BYTES {
        let message = "the body is larger than a notice can be";
        return Err(Error::new(ErrorKind::TooLarge, PROVIDER, RECEIVING, message));
    }
    let text = std::str::from_utf8(body).map_err(|_| malformed("the body is no UTF-8"))?;
    let wire: wire::Webhook<'_> =
        serde_json::from_str(text).map_err(|_| malformed("the body is no object in JSON"))?;
    let Some(payload_type) = wire.payload_type.owned() else {
        return Err(malformed("the body has no `payload_type`"));
    };
    let (school, name) = (wire.school_id.owned(), wire.school_name.owned());
    Ok(match payload_type.as_str() {
        "schoolApproved" => WebhookEvent::SchoolApproved {
            school,
            name,
            token: wire.school_token.owned().map(SecretString::from),
        },
        "accessRevoked" => WebhookEvent::AccessRevoked { school, name, reason: wire.revoke_reason.owned() },
        "accessDeclined" => {
            WebhookEvent::AccessDeclined { school, name, reason: wire.decline_reason.owned() }
        }
        "schoolMigration" => WebhookEvent::SchoolMigration {
            school,
            from: wire.migrate_from.owned(),
            to: wire.migrate_to.owned(),
            scheduled_at: instant(wire.scheduled_at),
            completed_at: instant(wire.completed_at),
        },
        "writeback" => WebhookEvent::Writeback { id: wire.writeback_id.owned(), status: wire.status.owned() },
        _ => WebhookEvent::Unknown {
            payload_type,
            body: serde_json::from_str(text).map_err(|_| malformed("the body is no JSON"))?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "c2VjcmV0+x/y0123==";

    fn webhooks() -> Webhooks {
        Webhooks::new([SecretString::from(SECRET), SecretString::from("0123456789abcdef")]).unwrap()
    }

    fn parse(query: &str, body: &str) -> Result<WebhookEvent> {
        webhooks().parse([("Content-Type", "application/json")], query, body.as_bytes())
    }

    #[expect(clippy::disallowed_methods, reason = "a fixture of this crate")]
    fn fixture(name: &str) -> String {
        let path = format!("{}/tests/fixtures/webhook_{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_plus_stays_a_plus() {
        let body = r#"{"payload_type":"x"}"#;
        for fine in [
            "secret=c2VjcmV0+x/y0123==",
            "secret=c2VjcmV0%2Bx%2Fy0123%3D%3D",
            "?a=1&secret=c2VjcmV0+x%2fy0123==",
            "secret=0123456789abcdef",
        ] {
            assert!(parse(fine, body).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "secret=",
            "secret=c2VjcmV0%20x/y0123==",
            "secret=c2VjcmV0+x/y0123=",
            "secret=0123456789abcde",
            "secret=0123456789abcdef0123456789abcdef",
            "Secret=0123456789abcdef",
            "secret=0123456789abcdef%00",
        ] {
            let done = parse(wrong, body);
            assert_eq!(answer_to(&done), 401, "{wrong}");
            assert!(!format!("{done:?}").contains("0123456789"));
        }
        assert!(Webhooks::new([]).is_err() && Webhooks::new([SecretString::from("short")]).is_err());
    }

    #[test]
    fn the_fixtures_are_read() {
        let read = |name: &str| parse("secret=0123456789abcdef", &fixture(name)).unwrap();
        let WebhookEvent::SchoolApproved { school, token, .. } = read("schoolApproved") else { panic!() };
        assert_eq!(school.as_deref(), Some("A1000000001"));
        assert_eq!(token.unwrap().expose_secret(), "EXAMPLE-SCHOOL-TOKEN");
        let WebhookEvent::AccessRevoked { reason, .. } = read("accessRevoked") else { panic!() };
        assert_eq!(reason.as_deref(), Some("No longer needed"));
        let WebhookEvent::AccessDeclined { reason, .. } = read("accessDeclined") else { panic!() };
        assert_eq!(reason.as_deref(), Some("Not interested"));
        let WebhookEvent::SchoolMigration { completed_at, .. } = read("schoolMigration_completed") else {
            panic!()
        };
        assert!(completed_at.is_some());
        let WebhookEvent::SchoolMigration { completed_at, scheduled_at, .. } =
            read("schoolMigration_scheduled")
        else {
            panic!()
        };
        assert!(completed_at.is_none() && scheduled_at.is_some());
        let WebhookEvent::Unknown { payload_type, .. } = read("unknown") else { panic!() };
        assert_eq!(payload_type, "someFutureEvent");
        assert!(!format!("{:?}", read("schoolApproved")).contains("EXAMPLE"));
    }

    #[test]
    fn fields_may_be_missing_and_of_other_types() {
        let read = |body: &str| parse("secret=0123456789abcdef", body);
        assert!(matches!(
            read(r#"{"payload_type":"schoolMigration"}"#),
            Ok(WebhookEvent::SchoolMigration { .. })
        ));
        let writeback = read(r#"{"payload_type":"writeback","writeback_id":17,"status":null}"#);
        assert!(matches!(writeback, Ok(WebhookEvent::Writeback { id: Some(_), status: None })));
        for wrong in ["", "[]", "{}", "null", r#"{"payload_type":null}"#, "{\"payload_type\":\"Canary\""] {
            let done = read(wrong);
            assert_eq!(answer_to(&done), 400, "{wrong}");
            assert!(!format!("{done:?}").contains("Canary"));
        }
    }
}
