//! Settings as data.

use std::fmt;

use roster_core::SecretString;
use serde::Deserialize;

/// Which district, and who we are at Clever: the app's client, or the district's own token.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CleverConfig {
    /// The district's id: 24 hexadecimal digits.
    pub district: Option<String>,
    /// `3.1`, which is the default, or `3.0`.
    pub api_version: Option<String>,
    /// Where the API is, without the version: `https://api.clever.com`, unless it is a sandbox.
    pub base_url: Option<String>,
    /// The app's client id.
    pub client_id: Option<SecretString>,
    /// The app's client secret.
    pub client_secret: Option<SecretString>,
    /// The list of the districts' tokens. Without it `https://clever.com/oauth/tokens` or, beside a `base_url`, its
    /// `/oauth/tokens`.
    pub token_url: Option<String>,
    /// The token of the one district, for hosts that know it and no client.
    pub token: Option<SecretString>,
}

/// Shows which settings are there; of secrets nothing else.
impl fmt::Debug for CleverConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CleverConfig")
            .field("district", &self.district)
            .field("api_version", &self.api_version)
            .field("base_url", &self.base_url.is_some())
            .field("client_id", &self.client_id.is_some())
            .field("client_secret", &self.client_secret.is_some())
            .field("token_url", &self.token_url.is_some())
            .field("token", &self.token.is_some())
            .finish()
    }
}
