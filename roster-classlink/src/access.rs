//! The ways to a district's data, and the addresses that they lead to. Pure.

use std::fmt;

use roster_core::{Error, ErrorKind, Result, SecretString};
use roster_http::{BaseUrl, SignatureMethod};

use crate::source::PROVIDER;

/// The proxy as it is now.
pub const PROXY: &str = "https://oneroster-proxy.apis.classlink.com";
/// The proxy of older documentation, which many still use.
pub const OLDER_PROXY: &str = "https://oneroster-proxy.classlink.io";

/// Where rostering begins on a server that says nothing else.
const ROSTERING: &str = "/ims/oneroster/v1p1";
/// Stands for the application's id.
const ID: &str = "{id}";

/// A way to one district's data, for hosts that keep its credentials themselves.
#[derive(Clone)]
#[non_exhaustive]
pub enum Access {
    /// Through the proxy, with the district's bearer.
    Proxy {
        /// As the list has it, percent-encoded: it is never encoded again.
        application_id: String,
        /// As the list has it.
        bearer: SecretString,
    },
    /// To the district's own server, with signed requests (OAuth 1.0a).
    Direct {
        /// The server's address, without `/ims/..`.
        endpoint_url: String,
        /// The key, which ClassLink calls the client's id.
        key: SecretString,
        /// The secret.
        secret: SecretString,
    },
}

impl Access {
    /// Through the proxy.
    pub fn proxy(application_id: impl Into<String>, bearer: impl Into<SecretString>) -> Self {
        Self::Proxy { application_id: application_id.into(), bearer: bearer.into() }
    }

    /// To the district's own server.
    pub fn direct(
        endpoint_url: impl Into<String>,
        key: impl Into<SecretString>,
        secret: impl Into<SecretString>,
    ) -> Self {
        Self::Direct { endpoint_url: endpoint_url.into(), key: key.into(), secret: secret.into() }
    }
}

/// Shows the way, not the credentials.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proxy { .. } => "Proxy(..)",
            Self::Direct { .. } => "Direct(..)",
        })
    }
}

/// Which of the ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Proxy,
    Direct,
}

/// How a district's data are reached: the way, and what the path looks like.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) way: Way,
    /// For the proxy with `{id}` in it.
    template: String,
    pub(crate) method: SignatureMethod,
}

impl Route {
    /// Reads the settings.
    pub(crate) fn read(access: Option<&str>, template: Option<&str>, method: Option<&str>) -> Result<Self> {
        let way = match access.map(str::trim) {
            None | Some("proxy") => Way::Proxy,
            Some("direct") => Way::Direct,
            Some(_) => return Err(wrong("`access` is neither `proxy` nor `direct`")),
        };
        let method = match method {
            None => SignatureMethod::default(),
            Some(text) => SignatureMethod::read(text)
                .ok_or_else(|| wrong("`signature_method` is neither HMAC-SHA256 nor HMAC-SHA1"))?,
        };
        Ok(Self { way, template: path_template(way, template)?, method })
    }

    /// The rostering base path of an application, below the proxy.
    pub(crate) fn through_proxy(&self, proxy: &BaseUrl, application_id: &str) -> Result<String> {
        check_id(application_id)?;
        Ok(below(proxy, &self.template.replacen(ID, application_id, 1)))
    }

    /// The rostering base path on a district's own server. `list` is where its address came from.
    pub(crate) fn directly(&self, list: &BaseUrl, endpoint_url: &str) -> Result<String> {
        let endpoint = BaseUrl::parse(PROVIDER, "endpoint_url", endpoint_url)?;
        if endpoint.is_loopback() && !list.is_loopback() {
            let message = "the list names this very machine as the district's server; nothing was sent there";
            return Err(Error::new(ErrorKind::Provider, PROVIDER, "opening a district", message));
        }
        Ok(self.at(&endpoint))
    }

    /// As [`directly`](Self::directly), of an address that the host itself gives.
    pub(crate) fn directly_given(&self, endpoint_url: &str) -> Result<String> {
        Ok(self.at(&BaseUrl::parse(PROVIDER, "endpoint_url", endpoint_url)?))
    }

    fn at(&self, endpoint: &BaseUrl) -> String {
        // Some name the server together with the path that all servers have.
        let path = endpoint.as_url().path().trim_end_matches('/');
        let template = if path.ends_with(self.template.as_str()) { "" } else { &self.template };
        below(endpoint, template)
    }
}

/// Refuses an application's id that would lead elsewhere.
pub(crate) fn check_id(application_id: &str) -> Result<()> {
    if is_one_segment(application_id) {
        return Ok(());
    }
    let message = "the list names an application by an id that can't stand in a path; tell ClassLink";
    Err(Error::new(ErrorKind::Provider, PROVIDER, "opening a district", message))
}

fn below(base: &BaseUrl, path: &str) -> String {
    format!("{}{path}", base.as_url().as_str().trim_end_matches('/'))
}

fn path_template(way: Way, given: Option<&str>) -> Result<String> {
    let given = given.map(|given| given.trim().trim_matches('/')).filter(|given| !given.is_empty());
    let template = match (given, way) {
        (None, Way::Proxy) => format!("/{ID}{ROSTERING}"),
        (None, Way::Direct) => ROSTERING.to_owned(),
        (Some(given), _) if given.contains("ims/") => format!("/{given}"),
        (Some(given), _) => format!("/{given}{ROSTERING}"),
    };
    let ids = template.matches(ID).count();
    if template.contains(['?', '#', '\\']) || template.contains("//") || template.contains("/../") {
        return Err(wrong("`path_template` is no path, such as /{id}/ims/oneroster/v1p1"));
    }
    match way {
        Way::Proxy if ids != 1 => {
            Err(wrong("`path_template` wants `{id}` once, where the application's id goes"))
        }
        Way::Direct if ids > 0 => {
            Err(wrong("`path_template` has an `{id}`, which direct access has no use for"))
        }
        _ => Ok(template),
    }
}

/// Whether an id, as it is, stays one segment of a path: nothing in it divides, ends or climbs.
fn is_one_segment(id: &str) -> bool {
    let plain = id.to_ascii_lowercase().replace("%2e", ".");
    !matches!(plain.as_str(), "" | "." | "..")
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@".contains(&byte))
}

pub(crate) fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Config, PROVIDER, "reading the settings", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> BaseUrl {
        BaseUrl::parse(PROVIDER, "base_url", url).unwrap()
    }

    #[test]
    fn ids_go_into_either_path_as_they_are() {
        for (host, template, url) in [
            (PROXY, None, "https://oneroster-proxy.apis.classlink.com/MoY%2FlyQWmG0%3D/ims/oneroster/v1p1"),
            (
                OLDER_PROXY,
                Some("/proxy/v1p0/{id}"),
                "https://oneroster-proxy.classlink.io/proxy/v1p0/MoY%2FlyQWmG0%3D/ims/oneroster/v1p1",
            ),
            (
                "https://x.example/a/",
                Some("{id}/ims/oneroster/rostering/v1p2/"),
                "https://x.example/a/MoY%2FlyQWmG0%3D/ims/oneroster/rostering/v1p2",
            ),
        ] {
            let route = Route::read(None, template, None).unwrap();
            let path = route.through_proxy(&base(host), "MoY%2FlyQWmG0%3D").unwrap();
            assert_eq!(path, url);
            // Reading it as a URL leaves it as it is.
            assert_eq!(base(&path).as_url().as_str(), url);
        }
    }

    #[test]
    fn ids_that_lead_elsewhere_are_refused() {
        let route = Route::read(None, None, None).unwrap();
        for id in ["", ".", "..", "%2E%2e", "a/b", "a?b", "a#b", "a b", "a\\b", "ü"] {
            let error = route.through_proxy(&base(PROXY), id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Provider, "{id}");
        }
    }

    #[test]
    fn a_server_is_named_with_and_without_its_path() {
        let route = Route::read(Some("direct"), None, Some("hmac-sha1")).unwrap();
        assert_eq!(route.method, SignatureMethod::HmacSha1);
        for endpoint in
            ["https://d-v2.rosterserver.example", "https://d-v2.rosterserver.example/ims/oneroster/v1p1/"]
        {
            let path = route.directly(&base(PROXY), endpoint).unwrap();
            assert_eq!(path, "https://d-v2.rosterserver.example/ims/oneroster/v1p1");
        }
        for endpoint in ["http://d.example", "https://127.0.0.1", "http://localhost:80", "d.example"] {
            assert!(route.directly(&base(PROXY), endpoint).is_err(), "{endpoint}");
        }
        assert!(route.directly(&base("http://127.0.0.1:1"), "http://127.0.0.1:2").is_ok());
    }

    #[test]
    fn wrong_settings_are_named() {
        for (access, template, method, field) in [
            (Some("ftp"), None, None, "`access`"),
            (None, Some("/a/ims/b"), None, "`path_template`"),
            (None, Some("/{id}/{id}"), None, "`path_template`"),
            (None, Some("/{id}?a"), None, "`path_template`"),
            (Some("direct"), Some("/{id}"), None, "`path_template`"),
            (Some("direct"), None, Some("MD5"), "`signature_method`"),
        ] {
            let error = Route::read(access, template, method).unwrap_err();
            assert!(error.message().starts_with(field), "{error}");
        }
    }
}
