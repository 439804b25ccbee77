//! Who signs requests by OAuth 1.0a with two legs: code of its own, not that of any provider.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use roster_core::{Clock, SystemClock};

/// A consumer, and the nonces that it has used.
pub(super) struct Consumer {
    pub(super) key: String,
    pub(super) secret: String,
    /// How far the clocks may be apart, if that matters.
    within: Option<Duration>,
    used: Mutex<HashSet<String>>,
}

/// A request, as its signature covers it.
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    /// Scheme, host and port.
    pub(super) origin: &'a str,
    pub(super) path: &'a str,
    /// As it came, without the question mark.
    pub(super) query: &'a str,
}

impl Consumer {
    pub(super) fn new(seed: u64, within: Option<Duration>) -> Self {
        Self {
            key: format!("sandbox-key-{seed}"),
            secret: format!("sandbox&secret={seed}"),
            within,
            used: Mutex::default(),
        }
    }

    /// Whether the header is this consumer's signature of this request, made at that time, and not used before.
    pub(super) fn takes(&self, request: &Signed<'_>, authorization: &str) -> bool {
        self.verify(request, authorization, SystemClock.now().as_second()).is_some()
    }

    fn verify(&self, request: &Signed<'_>, authorization: &str, now: i64) -> Option<()> {
        let given = header(authorization)?;
        let said = |name: &str| given.get(name).map(String::as_str);
        if said("oauth_consumer_key")? != self.key
            || said("oauth_version").is_some_and(|version| version != "1.0")
        {
            return None;
        }
        let stamp: i64 = said("oauth_timestamp")?.parse().ok()?;
        let apart = Duration::from_secs(stamp.abs_diff(now));
        if stamp <= 0 || self.within.is_some_and(|within| apart > within) {
            return None;
        }
        let text = base_string(request, &given);
        let key = format!("{}&", encode(self.secret.as_bytes()));
        let signature = BASE64_STANDARD.decode(said("oauth_signature")?).ok()?;
        match said("oauth_signature_method")? {
            "HMAC-SHA1" => {
                let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key.as_bytes()).ok()?;
                mac.update(text.as_bytes());
                mac.verify_slice(&signature).ok()?;
            }
            "HMAC-SHA256" => {
                let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).ok()?;
                mac.update(text.as_bytes());
                mac.verify_slice(&signature).ok()?;
            }
            _ => return None,
        }
        let nonce = format!("{stamp} {}", said("oauth_nonce")?);
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(nonce).then_some(())
    }
}

/// The parameters of an `Authorization` header.
fn header(text: &str) -> Option<BTreeMap<String, String>> {
    let mut given = BTreeMap::new();
    for part in text.strip_prefix("OAuth ")?.split(',') {
        // A signature ends with `=`, so only the first one divides.
        let (name, value) = part.trim().split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        let before = given.insert(decode(name)?, decode(value)?);
        if before.is_some() {
            return None;
        }
    }
    Some(given)
}

fn base_string(request: &Signed<'_>, given: &BTreeMap<String, String>) -> String {
    let queried = request.query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A plus sign is a space in a query, as forms have it.
        let plain = |text: &str| decode(&text.replace('+', "%20")).unwrap_or_default();
        (encode(plain(name).as_bytes()), encode(plain(value).as_bytes()))
    });
    let oauth = given
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "oauth_signature" | "realm"))
        .map(|(name, value)| (encode(name.as_bytes()), encode(value.as_bytes())));
    let mut parameters: Vec<_> = queried.chain(oauth).collect();
    parameters.sort();
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let url = format!("{}{}", request.origin, request.path);
    format!("{}&{}&{}", request.method, encode(url.as_bytes()), encode(parameters.join("&").as_bytes()))
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let ([high, low], after) = rest.split_first_chunk::<2>()?;
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            bytes.push(digit(*high)? * 16 + digit(*low)?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "limit=2&filter=a%3D%27b%27%20AND%20c%3E%271%27";

    fn consumer() -> Consumer {
        Consumer {
            key: "key".to_owned(),
            secret: "secret".to_owned(),
            within: Some(Duration::from_secs(300)),
            used: Mutex::default(),
        }
    }

    fn takes(consumer: &Consumer, query: &str, signature: &str, method: &str, now: i64) -> bool {
        let request = Signed { method: "GET", origin: "https://x.example", path: "/users", query };
        let header = format!(
            "OAuth oauth_consumer_key=\"key\", oauth_nonce=\"n\", oauth_signature_method=\"{method}\", oauth_timestamp=\"1\", \
             oauth_version=\"1.0\", oauth_signature=\"{signature}\""
        );
        consumer.verify(&request, &header, now).is_some()
    }

    // Computed by an independent program.
    const SHA1: &str = "msTINWWiT2zgLxTnBS6MDeAUOWk%3D";
    const SHA256: &str = "fY08V%2B6iib16horiDqCys4kZXw3DSWKI9MXasM1oLrw%3D";

    #[test]
    fn both_methods_are_taken_once() {
        let consumer = consumer();
        assert!(takes(&consumer, QUERY, SHA1, "HMAC-SHA1", 1));
        // The same nonce at the same second.
        assert!(!takes(&consumer, QUERY, SHA256, "HMAC-SHA256", 1));
        assert!(takes(&self::consumer(), QUERY, SHA256, "HMAC-SHA256", 300));
    }

    #[test]
    fn what_was_not_signed_so_is_refused() {
        for (query, signature, method, now) in [
            ("limit=3&filter=a%3D%27b%27%20AND%20c%3E%271%27", SHA1, "HMAC-SHA1", 1),
            ("limit=2", SHA1, "HMAC-SHA1", 1),
            (QUERY, SHA1, "HMAC-SHA256", 1),
            (QUERY, SHA1, "PLAINTEXT", 1),
            (QUERY, SHA1, "HMAC-SHA1", 302),
            (QUERY, "", "HMAC-SHA1", 1),
        ] {
            assert!(!takes(&consumer(), query, signature, method, now), "{query} {method} {now}");
        }
        assert!(header("Bearer x").is_none() && header("OAuth x").is_none());
        assert!(header("OAuth a=\"1\", a=\"2\"").is_none());
    }
}
