//! Settings as data.

use std::fmt;

use roster_core::SecretString;
use serde::Deserialize;

/// Where the server is and who we are there. One way to say who we are must be given: a token, a client, or a consumer.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct OneRosterConfig {
    /// The rostering base path, such as `https://sis.example/ims/oneroster/v1p1`.
    pub base_url: Option<String>,
    /// `1.1` or `1.2`; without it, what the URL says, else 1.1. It chooses the scopes that are asked for: rows of both versions
    /// are understood either way.
    pub api_version: Option<String>,
    /// The tenant's name; without it, host and path of the base URL.
    pub tenant: Option<String>,
    /// A bearer token that does not change.
    pub token: Option<SecretString>,
    /// OAuth 2.0: the client's id.
    pub client_id: Option<SecretString>,
    /// OAuth 2.0: the client's secret.
    pub client_secret: Option<SecretString>,
    /// OAuth 2.0: where tokens are given out.
    pub token_url: Option<String>,
    /// OAuth 1.0a: the consumer's key.
    pub consumer_key: Option<SecretString>,
    /// OAuth 1.0a: the consumer's secret.
    pub consumer_secret: Option<SecretString>,
    /// OAuth 1.0a: `HMAC-SHA256` (without it) or `HMAC-SHA1`.
    pub signature_method: Option<String>,
    /// Where a pull is limited to schools, their seats are asked for at `/schools/{id}/enrollments`, and the server's word is taken
    /// for it that these are all: a seat that it counts to another school than the class is not seen.
    pub school_endpoints: bool,
    /// What a check learnt of the server, as its report has it.
    pub profile: Option<serde_json::Value>,
}

/// Shows which settings are there; of secrets nothing else.
impl fmt::Debug for OneRosterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneRosterConfig")
            .field("base_url", &self.base_url.is_some())
            .field("api_version", &self.api_version)
            .field("tenant", &self.tenant)
            .field("token", &self.token.is_some())
            .field("client_id", &self.client_id.is_some())
            .field("client_secret", &self.client_secret.is_some())
            .field("token_url", &self.token_url.is_some())
            .field("school_endpoints", &self.school_endpoints)
            .field("consumer_key", &self.consumer_key.is_some())
            .field("consumer_secret", &self.consumer_secret.is_some())
            .field("signature_method", &self.signature_method)
            .finish_non_exhaustive()
    }
}
