//! What ClassLink's partner interface says, in its own words. No `Debug` here: there are credentials among them.

use roster_http::json::Text;
use serde::Deserialize;

/// A row of `/applications`.
#[derive(Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the vendor's own names")]
pub(crate) struct Application<'a> {
    #[serde(borrow)]
    pub(crate) tenant_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) tenant_name: Text<'a>,
    #[serde(borrow)]
    pub(crate) application_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) oneroster_application_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) bearer: Text<'a>,
    #[serde(borrow)]
    pub(crate) enabled: Text<'a>,
    #[serde(borrow)]
    pub(crate) tenant_status: Text<'a>,
}

/// The answer of `/applications/{id}/server`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ServerAnswer<'a> {
    #[serde(borrow)]
    pub(crate) server: Option<Server<'a>>,
}

/// How a district's own server is reached.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Server<'a> {
    #[serde(borrow)]
    pub(crate) client_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) client_secret: Text<'a>,
    #[serde(borrow)]
    pub(crate) endpoint_url: Text<'a>,
}
