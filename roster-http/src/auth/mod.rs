//! Who we are to the vendor.

mod code;
mod grant;
mod oauth1;
mod rotating;
mod token;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{Method, header::HeaderValue};
use roster_core::{Error, ErrorKind, ExposeSecret, PullContext, Result, SecretString};
use url::Url;

use self::token::Alone;
use crate::{attempts::Turn, failure::Again};

pub use self::{
    code::{CodeFlow, CodeRequest, Tokens},
    grant::{Assertion, ClientAuth, Grant, TokenRefusals},
    oauth1::{OAuth1, SignatureMethod},
    rotating::{LookUp, Rotating},
    token::TokenCache,
};

/// How requests say who we are. Cheap to clone: clones share one token.
#[derive(Clone)]
#[non_exhaustive]
pub enum Auth {
    /// They do not.
    None,
    /// By the same header each time.
    Fixed(HeaderValue),
    /// By a token that is fetched, renewed ahead of its end, and shared.
    Token(TokenCache),
    /// By a signature of each request.
    Signed(OAuth1),
    /// By what its owner may change at any time.
    Rotating(Rotating),
}

/// The header of one request, and which token it holds.
pub(crate) struct Credential {
    pub(crate) header: Option<HeaderValue>,
    pub(crate) generation: u64,
    #[expect(dead_code, reason = "held until the answer is here: nobody else has the token before")]
    alone: Option<Alone>,
}

impl Credential {
    const fn shared(header: Option<HeaderValue>, generation: u64) -> Self {
        Self { header, generation, alone: None }
    }
}

impl Auth {
    /// A bearer token that does not change.
    ///
    /// # Errors
    ///
    /// `Config` if it is empty or holds what no header can hold, such as a line break.
    pub fn bearer(provider: &'static str, token: &SecretString) -> Result<Self> {
        let token = token.expose_secret().trim();
        if token.is_empty() {
            return Err(unusable(provider, "the token is empty"));
        }
        header(provider, &format!("Bearer {token}")).map(Self::Fixed)
    }

    /// A user and a password in each request.
    ///
    /// # Errors
    ///
    /// `Config` if the user holds a colon.
    pub fn basic(provider: &'static str, user: &SecretString, password: &SecretString) -> Result<Self> {
        let (user, password) = (user.expose_secret(), password.expose_secret());
        if user.contains(':') {
            return Err(unusable(
                provider,
                "the user's name holds a colon, which Basic credentials can't tell",
            ));
        }
        let pair = BASE64_STANDARD.encode(format!("{user}:{password}"));
        header(provider, &format!("Basic {pair}")).map(Self::Fixed)
    }

    pub(crate) async fn credential(
        &self,
        method: &Method,
        url: &Url,
        turn: Turn,
        cx: &PullContext,
    ) -> Result<Credential> {
        match self {
            Self::Token(cache) if turn == Turn::Alone => cache.credential_alone(cx).await,
            Self::Token(cache) => cache.credential(cx).await,
            // Boxed, since what it holds may in the end look up another credential by the same way.
            Self::Rotating(rotating) => Box::pin(rotating.credential(method, url, cx)).await,
            plain => Ok(Credential::shared(plain.header_of(method, url, cx)?, 0)),
        }
    }

    /// The header of one request, of what is at hand without asking anybody.
    fn header_of(&self, method: &Method, url: &Url, cx: &PullContext) -> Result<Option<HeaderValue>> {
        match self {
            Self::Fixed(header) => Ok(Some(header.clone())),
            Self::Signed(signer) => signer.sign(method, url, cx.clock().now()).map(Some),
            Self::None | Self::Token(_) | Self::Rotating(_) => Ok(None),
        }
    }

    /// Whether it is the same credential.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Fixed(one), Self::Fixed(two)) => one == two,
            (Self::Signed(one), Self::Signed(two)) => one.is_same(two),
            _ => false,
        }
    }

    /// The server took the token of that generation.
    pub(crate) fn was_taken(&self, generation: u64) {
        if let Self::Token(cache) = self {
            cache.was_taken(generation);
        }
    }

    /// Forgets the token that a server did not take, unless another one took its place already. Says whether another attempt
    /// may succeed.
    pub(crate) fn forget(&self, generation: u64) -> Again {
        match self {
            Self::Token(cache) if cache.forget(generation) => Again::SpentToken,
            Self::Token(_) => Again::NewToken,
            Self::Rotating(rotating) => {
                rotating.refuse(generation);
                Again::NewToken
            }
            _ => Again::No,
        }
    }
}

/// Shows the way, not the credential.
impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "Auth(none)",
            Self::Fixed(_) => "Auth(fixed)",
            Self::Token(_) => "Auth(token)",
            Self::Signed(_) => "Auth(signed)",
            Self::Rotating(_) => "Auth(rotating)",
        })
    }
}

/// A header that no log shows.
pub(crate) fn header(provider: &'static str, text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| unusable(provider, "the credential holds a character that no header can hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unusable(provider: &'static str, why: &str) -> Error {
    Error::new(ErrorKind::Config, provider, "reading the credentials", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_made_and_hidden() {
        let auth = Auth::bearer("test", &" CanaryToken\n".into()).unwrap();
        let Auth::Fixed(value) = &auth else { panic!() };
        assert_eq!(value.to_str().unwrap(), "Bearer CanaryToken");
        assert!(!format!("{auth:?}{value:?}").contains("Canary"));
        let Auth::Fixed(value) = Auth::basic("test", &"a".into(), &"b:c".into()).unwrap() else { panic!() };
        assert_eq!(value.to_str().unwrap(), "Basic YTpiOmM=");
    }

    #[test]
    fn what_no_header_can_hold_is_told_without_quoting_it() {
        for token in ["", "Canary\nX: y", "Canary\u{0}"] {
            let error = Auth::bearer("test", &token.into()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error:?}").contains("Canary"));
        }
        assert!(Auth::basic("test", &"a:b".into(), &"c".into()).is_err());
    }
}
