//! Tokens and who may have them: code of its own, not that of any provider.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// The tokens that were given out, and what a client must know.
pub(super) struct Tokens {
    pub(super) fixed: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    life: Duration,
    requests: Option<u64>,
    given: AtomicU64,
    alive: Mutex<BTreeMap<String, Alive>>,
}

struct Alive {
    until: Instant,
    left: Option<u64>,
}

impl Tokens {
    pub(super) fn new(seed: u64, life: Duration, requests: Option<u64>) -> Self {
        Self {
            fixed: format!("sandbox-token-{seed}"),
            client_id: format!("sandbox-client-{seed}"),
            client_secret: format!("sandbox-secret-{seed}"),
            life,
            requests,
            given: AtomicU64::new(0),
            alive: Mutex::default(),
        }
    }

    pub(super) fn given(&self) -> u64 {
        self.given.load(Ordering::SeqCst)
    }

    /// Gives a token to who knows the client's id and secret, in a Basic header or in the form.
    pub(super) fn give(&self, authorization: Option<&str>, form: &[u8]) -> Option<(String, u64)> {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(form).into_owned().collect();
        if form.get("grant_type").map(String::as_str) != Some("client_credentials") {
            return None;
        }
        let (id, secret) = match authorization.and_then(|header| header.strip_prefix("Basic ")) {
            Some(pair) => basic(pair)?,
            None => (form.get("client_id")?.clone(), form.get("client_secret")?.clone()),
        };
        if id != self.client_id || secret != self.client_secret {
            return None;
        }
        let number = self.given.fetch_add(1, Ordering::SeqCst) + 1;
        let token = format!("{}-{number}", self.fixed);
        let alive = Alive { until: Instant::now() + self.life, left: self.requests };
        self.alive().insert(token.clone(), alive);
        Some((token, self.life.as_secs()))
    }

    /// Whether a request may be answered; if so, its token is taken for one request less.
    pub(super) fn take(&self, authorization: Option<&str>) -> bool {
        let Some(token) = authorization.and_then(|header| header.strip_prefix("Bearer ")) else {
            return false;
        };
        if token == self.fixed {
            return true;
        }
        let mut alive = self.alive();
        let Some(held) = alive.get_mut(token) else { return false };
        if held.until < Instant::now() || held.left == Some(0) {
            alive.remove(token);
            return false;
        }
        held.left = held.left.map(|left| left - 1);
        true
    }

    /// Forgets all tokens that were given out.
    pub(super) fn forget(&self) {
        self.alive().clear();
    }

    fn alive(&self) -> MutexGuard<'_, BTreeMap<String, Alive>> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Id and secret, each encoded as a form is, as RFC 6749 has it.
fn basic(pair: &str) -> Option<(String, String)> {
    let pair = String::from_utf8(BASE64_STANDARD.decode(pair).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let plain = |text: &str| {
        url::form_urlencoded::parse(format!("x={text}").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_who_knows_the_secret_and_for_so_many_requests() {
        let tokens = Tokens::new(7, Duration::from_secs(60), Some(2));
        let form = b"grant_type=client_credentials&client_id=sandbox-client-7&client_secret=sandbox-secret-7";
        let (token, life) = tokens.give(None, form).unwrap();
        assert_eq!((life, tokens.given()), (60, 1));
        let header = format!("Bearer {token}");
        assert!(tokens.take(Some(&header)) && tokens.take(Some(&header)) && !tokens.take(Some(&header)));
        let basic = format!("Basic {}", BASE64_STANDARD.encode("sandbox-client-7:sandbox-secret-7"));
        assert!(tokens.give(Some(&basic), b"grant_type=client_credentials").is_some());
        let wrong = format!("Basic {}", BASE64_STANDARD.encode("sandbox-client-7:guess"));
        assert!(tokens.give(Some(&wrong), form).is_none());
        assert!(tokens.give(Some(&basic), b"grant_type=password").is_none());
        assert!(
            !tokens.take(None)
                && !tokens.take(Some("Bearer x"))
                && tokens.take(Some("Bearer sandbox-token-7"))
        );
    }
}
