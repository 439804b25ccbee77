//! The key of a service account, and the assertions that are signed with it.

use std::{fmt, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use roster_core::{Error, ErrorKind, ExposeSecret, Result, SecretString, jiff::Timestamp};
use roster_http::Assertion;
use serde::{Deserialize, Serialize};

use crate::PROVIDER;

/// What Google wants to be named as the one who is to read the assertion, wherever it is sent.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
/// Google takes no longer ones.
const LIFE: Duration = Duration::from_secs(3600);
/// Clocks differ: an assertion of the future is refused.
const BACK: Duration = Duration::from_secs(10);

/// A service account's key file, as Google gives it out.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(default, rename = "type")]
    file_type: String,
    client_email: String,
    private_key: SecretString,
    #[serde(default)]
    private_key_id: Option<String>,
    #[serde(default)]
    token_uri: Option<String>,
}

/// The key of a service account.
pub(crate) struct ServiceAccount {
    email: String,
    key_id: Option<String>,
    key: EncodingKey,
    pub(crate) token_uri: Option<String>,
}

impl ServiceAccount {
    /// Reads a key file. Nothing of it is ever quoted.
    pub(crate) fn read(json: &SecretString) -> Result<Self> {
        let wrong = |why: &str| {
            let message = format!(
                "`service_account` {why}: give the key file of a service account, as Google gives it out"
            );
            Error::new(ErrorKind::Config, PROVIDER, "reading the settings", message)
        };
        let file: KeyFile = serde_json::from_str(json.expose_secret()).map_err(|error| {
            wrong(&format!("is no key file (line {}, column {})", error.line(), error.column()))
        })?;
        if !matches!(file.file_type.as_str(), "service_account" | "") {
            return Err(wrong("is the file of another kind of credential"));
        }
        let key = rsa_key(file.private_key.expose_secret())
            .ok_or_else(|| wrong("holds no RSA key that can be read"))?;
        let account = Self {
            email: file.client_email,
            key_id: file.private_key_id,
            key: EncodingKey::from_rsa_der(&key),
            token_uri: file.token_uri,
        };
        // A key that can't sign is found out now, not at night.
        account.sign("", "", Timestamp::UNIX_EPOCH).map_err(|_| wrong("holds a key that can't sign"))?;
        Ok(account)
    }

    fn sign(
        &self,
        subject: &str,
        scope: &str,
        now: Timestamp,
    ) -> Result<SecretString, jsonwebtoken::errors::Error> {
        let begins = now.checked_sub(BACK).unwrap_or(now).as_second();
        let life = i64::try_from(LIFE.as_secs()).unwrap_or_default();
        let claims =
            Claims { iss: &self.email, sub: subject, scope, aud: AUDIENCE, iat: begins, exp: begins + life };
        let header = Header { kid: self.key_id.clone(), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims, &self.key).map(SecretString::from)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

/// Says that a service account stands for an administrator, and for what.
pub(crate) struct Delegation {
    pub(crate) account: ServiceAccount,
    pub(crate) subject: String,
    /// With blanks between them.
    pub(crate) scopes: String,
}

impl Assertion for Delegation {
    fn sign(&self, now: Timestamp) -> Result<SecretString> {
        self.account.sign(&self.subject, &self.scopes, now).map_err(|_| {
            let message = "the service account's key can't sign";
            Error::new(ErrorKind::Config, PROVIDER, "getting an access token", message)
        })
    }
}

/// Shows nothing: even whose account it is is the district's business.
impl fmt::Debug for Delegation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delegation(..)")
    }
}

/// The RSA key of a PEM file: what is signed with wants it bare (PKCS#1), and Google wraps it (PKCS#8).
fn rsa_key(pem: &str) -> Option<Vec<u8>> {
    // Some settings systems write line ends as two characters.
    let pem = pem.replace("\\n", "\n");
    let (label, rest) = pem.trim().strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let (text, _) = rest.split_once("-----END ")?;
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let der = BASE64_STANDARD.decode(text).ok()?;
    match label {
        "RSA PRIVATE KEY" => Some(der),
        "PRIVATE KEY" => bare(&der).map(<[u8]>::to_vec),
        _ => None,
    }
}

/// The key inside of `PrivateKeyInfo ::= SEQUENCE { version INTEGER, algorithm SEQUENCE, key OCTET STRING, .. }` (RFC 5208).
fn bare(der: &[u8]) -> Option<&[u8]> {
    /// `rsaEncryption`, 1.2.840.113549.1.1.1.
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let (info, _) = value(der, 0x30)?;
    let (_, rest) = value(info, 0x02)?;
    let (algorithm, rest) = value(rest, 0x30)?;
    let (name, _) = value(algorithm, 0x06)?;
    let (key, _) = value(rest, 0x04)?;
    (name == RSA).then_some(key)
}

/// The value of the first element, if it has that tag, and what follows it.
fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        // As many bytes of length follow.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    (*first == tag).then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_that_is_none_is_told_without_quoting_it() {
        for (file, says) in [
            ("{\"Canary\":", "is no key file"),
            (
                r#"{"type":"authorized_user","client_email":"c","private_key":"Canary"}"#,
                "is the file of another kind",
            ),
            (r#"{"type":"service_account","client_email":"c","private_key":"Canary"}"#, "holds no RSA key"),
            (
                r#"{"client_email":"c","private_key":"-----BEGIN RSA PRIVATE KEY-----\nQ2FuYXJ5\n-----END RSA PRIVATE KEY-----"}"#,
                "holds a key that can't sign",
            ),
        ] {
            let error = ServiceAccount::read(&file.into()).err().unwrap();
            assert!(error.message().starts_with(&format!("`service_account` {says}")), "{error}");
            assert!(!format!("{error:?}").contains("Canary"));
        }
    }

    proptest! {
        #[test]
        fn never_panics(der in proptest::collection::vec(any::<u8>(), 0..64), pem in ".{0,80}") {
            let _ = bare(&der);
            let _ = rsa_key(&pem);
        }
    }
}
