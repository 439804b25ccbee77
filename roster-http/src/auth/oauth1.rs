//! OAuth 1.0a with two legs (RFC 5849): each request is signed, and there is no token.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use reqwest::{Method, header::HeaderValue};
use roster_core::{Error, ErrorKind, ExposeSecret, Result, SecretString, jiff::Timestamp};
use url::Url;

use super::header;
use crate::origin::percent_encode as encode;

/// How a request is signed. Both are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureMethod {
    /// `HMAC-SHA1`, the oldest and most common.
    HmacSha1,
    /// `HMAC-SHA256`.
    #[default]
    HmacSha256,
}

impl SignatureMethod {
    /// As it is written in the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// Reads the name; case and separators do not matter.
    pub fn read(text: &str) -> Option<Self> {
        let word: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        match word.to_ascii_lowercase().as_str() {
            "hmacsha1" | "sha1" => Some(Self::HmacSha1),
            "hmacsha256" | "sha256" => Some(Self::HmacSha256),
            _ => None,
        }
    }

    fn sign(self, key: &[u8], text: &str) -> Option<String> {
        let bytes = match self {
            Self::HmacSha1 => {
                let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key).ok()?;
                mac.update(text.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
            Self::HmacSha256 => {
                let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).ok()?;
                mac.update(text.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
        };
        Some(BASE64_STANDARD.encode(bytes))
    }
}

/// A consumer's key and secret.
#[derive(Clone)]
pub struct OAuth1 {
    provider: &'static str,
    key: SecretString,
    secret: SecretString,
    method: SignatureMethod,
}

impl OAuth1 {
    /// Signs with these.
    #[must_use]
    pub fn new(
        provider: &'static str,
        key: SecretString,
        secret: SecretString,
        method: SignatureMethod,
    ) -> Self {
        Self { provider, key, secret, method }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.key.expose_secret() == other.key.expose_secret()
            && self.secret.expose_secret() == other.secret.expose_secret()
            && self.method == other.method
    }

    /// The header of one attempt. Each has a nonce of its own, also when a request is sent again.
    pub(crate) fn sign(&self, method: &Method, url: &Url, now: Timestamp) -> Result<HeaderValue> {
        let nonce = format!("{:032x}", fastrand::u128(..));
        self.sign_with(method, url, now, &nonce)
    }

    fn sign_with(&self, method: &Method, url: &Url, now: Timestamp, nonce: &str) -> Result<HeaderValue> {
        let oauth = [
            ("oauth_consumer_key", self.key.expose_secret().to_owned()),
            ("oauth_nonce", nonce.to_owned()),
            ("oauth_signature_method", self.method.as_str().to_owned()),
            ("oauth_timestamp", now.as_second().to_string()),
            ("oauth_version", "1.0".to_owned()),
        ];
        let base = base_string(method, url, &oauth);
        let key = format!("{}&", encode(self.secret.expose_secret()));
        let signature = self.method.sign(key.as_bytes(), &base).ok_or_else(|| {
            let message = "the consumer's secret can't be used as a key";
            Error::new(ErrorKind::Config, self.provider, "signing a request", message)
        })?;
        let mut text = String::from("OAuth ");
        for (name, value) in oauth
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain([("oauth_signature", &*signature)])
        {
            let comma = if text.len() > "OAuth ".len() { ", " } else { "" };
            text.push_str(&format!("{comma}{name}=\"{}\"", encode(value)));
        }
        header(self.provider, &text)
    }
}

/// Shows nothing: a key's name is a secret too.
impl std::fmt::Debug for OAuth1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OAuth1({})", self.method.as_str())
    }
}

/// What is signed: the method, the URL without its query, and all parameters, encoded and sorted.
fn base_string(method: &Method, url: &Url, oauth: &[(&str, String)]) -> String {
    let mut parameters: Vec<_> = url
        .query_pairs()
        .map(|(name, value)| (encode(&name), encode(&value)))
        .chain(oauth.iter().map(|(name, value)| (encode(name), encode(value))))
        .collect();
    parameters.sort();
    let parameters: Vec<_> = parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    format!("{method}&{}&{}", encode(bare.as_str()), encode(&parameters.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_string_is_that_of_the_rfc() {
        // RFC 5849, section 3.4.1.1, without what only requests with a body and a token have.
        let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").unwrap();
        let oauth =
            [("oauth_consumer_key", "9djdj82h48djs9d2".to_owned()), ("oauth_nonce", "7d8f3e4a".to_owned())];
        assert_eq!(
            base_string(&Method::GET, &url, &oauth),
            "GET&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26\
             oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
        );
    }

    #[test]
    fn a_filter_is_signed_as_it_is_sent() {
        // Checked against an independent implementation of HMAC.
        let url =
            Url::parse("https://x.example/users?filter=a%3D%27b%27%20AND%20c%3E%271%27&limit=2").unwrap();
        let signer = OAuth1::new("test", "key".into(), "secret".into(), SignatureMethod::HmacSha1);
        let header = signer.sign_with(&Method::GET, &url, Timestamp::from_second(1).unwrap(), "n").unwrap();
        let header = header.to_str().unwrap();
        assert!(header.starts_with("OAuth oauth_consumer_key=\"key\", oauth_nonce=\"n\""), "{header}");
        assert!(header.contains(SIGNATURE_SHA1), "{header}");
        let signer = OAuth1::new("test", "key".into(), "secret".into(), SignatureMethod::HmacSha256);
        let header = signer.sign_with(&Method::GET, &url, Timestamp::from_second(1).unwrap(), "n").unwrap();
        assert!(header.to_str().unwrap().contains(SIGNATURE_SHA256), "{header:?}");
    }

    /// Url, key, secret, second, nonce, and the signatures that an independent program computed, by SHA-1 and by SHA-256.
    type Vector = (&'static str, &'static str, &'static str, i64, &'static str, [&'static str; 2]);

    const VECTORS: [Vector; 2] = [
        (
            "https://sis.example/ims/oneroster/v1p1/users/a%2Fb%20c?limit=10000&offset=9999&sort=sourcedId&orderBy=asc\
             &filter=dateLastModified%3E%272026-01-01T00%3A00%3A00.000Z%27&fields=sourcedId,status",
            "dpf43f3p2l4k3l03",
            "kd94hf93k423kf44&=+ \u{fc}",
            1_191_242_096,
            "kllo9940pd9333jh",
            ["GKF%2B040tNh6EH5fz70AjdxwcmqE%3D", "qz%2FWXXgRoTT5L1YgQYt7l%2FFHHyCWR6X%2BMKiFOu7sFHc%3D"],
        ),
        (
            "https://127.0.0.1:8443/r?a=1&a=0&b=&c%40=x%20y%2Bz%21%2A%28%29%27~",
            "k e y",
            "s",
            1,
            "n",
            ["jzbI8WwkVfQoa%2FGkFGn1UhlzwgQ%3D", "vq%2FCFlXOuXyaIws3H9e6G%2FlEEQ6fKWKN1SAcVtS78mU%3D"],
        ),
    ];

    #[test]
    fn signatures_are_those_of_an_independent_program() {
        for (url, key, secret, second, nonce, signatures) in VECTORS {
            for (method, signature) in
                [SignatureMethod::HmacSha1, SignatureMethod::HmacSha256].into_iter().zip(signatures)
            {
                let signer = OAuth1::new("test", key.into(), secret.into(), method);
                let (url, now) = (Url::parse(url).unwrap(), Timestamp::from_second(second).unwrap());
                let header = signer.sign_with(&Method::GET, &url, now, nonce).unwrap();
                let header = header.to_str().unwrap();
                assert!(header.contains(&format!("oauth_signature=\"{signature}\"")), "{header}");
                assert!(header.contains(&format!("oauth_timestamp=\"{second}\"")), "{header}");
            }
        }
    }

    #[test]
    fn the_signature_of_the_rfc_comes_out() {
        // RFC 5849, section 1.2: the request for a photo. It has a token, which two legs do without.
        let oauth = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
            pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        let get = Url::parse("http://photos.example.net/photos?file=vacation.jpg&size=original").unwrap();
        let read = oauth(&[
            ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
            ("oauth_token", "nnch734d00sl2jdk"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131202"),
            ("oauth_nonce", "chapoH"),
        ]);
        let base = base_string(&Method::GET, &get, &read);
        let key = b"kd94hf93k423kf44&pfkkdhi9sl3r4s00";
        assert_eq!(SignatureMethod::HmacSha1.sign(key, &base).unwrap(), "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    const SIGNATURE_SHA1: &str = "msTINWWiT2zgLxTnBS6MDeAUOWk%3D";
    const SIGNATURE_SHA256: &str = "fY08V%2B6iib16horiDqCys4kZXw3DSWKI9MXasM1oLrw%3D";

    #[test]
    fn each_attempt_has_a_nonce_of_its_own() {
        let url = Url::parse("https://x.example/users").unwrap();
        let signer =
            OAuth1::new("test", "CanaryKey".into(), "CanarySecret".into(), SignatureMethod::default());
        let sign = || signer.sign(&Method::GET, &url, Timestamp::UNIX_EPOCH).unwrap();
        assert_ne!(sign(), sign());
        assert!(!format!("{signer:?}{:?}", sign()).contains("Canary"));
        assert_eq!(SignatureMethod::read("hmac_sha256"), Some(SignatureMethod::HmacSha256));
    }
}
