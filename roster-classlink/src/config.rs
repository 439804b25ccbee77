//! Settings as data.

use std::fmt;

use roster_core::SecretString;
use serde::Deserialize;

/// Which district, and by which way.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ClassLinkConfig {
    /// The district's number at ClassLink, as text. A partner's list has it as `tenant_id`. Where a district is in the list more than
    /// once, `NUMBER/APPLICATION`.
    pub tenant: Option<String>,
    /// The partner's API key, which opens the list of districts and with it their data.
    pub token: Option<SecretString>,
    /// The proxy's address, and that of the list; without it [`PROXY`](crate::PROXY).
    pub base_url: Option<String>,
    /// `proxy` (without it) or `direct`, which is the district's own server with signed requests.
    pub access: Option<String>,
    /// The path of the data, below the proxy's address with `{id}` where the application's id goes, or below the server's address.
    /// Without it `/{id}/ims/oneroster/v1p1`, or `/ims/oneroster/v1p1` for `direct`; where it says nothing of `/ims/`, that is
    /// added.
    pub path_template: Option<String>,
    /// For `direct`: `HMAC-SHA256` (without it) or `HMAC-SHA1`.
    pub signature_method: Option<String>,
    /// What a check learnt of the district's server, as its report has it.
    pub profile: Option<serde_json::Value>,
}

/// Shows which settings are there; of secrets nothing else.
impl fmt::Debug for ClassLinkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassLinkConfig")
            .field("tenant", &self.tenant)
            .field("token", &self.token.is_some())
            .field("base_url", &self.base_url.is_some())
            .field("access", &self.access)
            .field("path_template", &self.path_template)
            .field("signature_method", &self.signature_method)
            .finish_non_exhaustive()
    }
}
