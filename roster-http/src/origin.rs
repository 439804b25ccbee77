//! Where tokens may go: the origin of the base URL, and nowhere else.

use std::fmt;

use roster_core::{Error, ErrorKind, Result};
use url::{Host, Url};

/// The base URL of a vendor's API. What is asked of the vendor stays at its scheme, host and port.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
    provider: &'static str,
}

impl BaseUrl {
    /// Reads the URL that a host configured. `key` is the setting's name, for the message.
    ///
    /// # Errors
    ///
    /// `Config` if it is no URL, holds a user, a query or a fragment, or is not `https`. Plain HTTP is taken for loopback
    /// only: a token sent over it could be read on the way.
    pub fn parse(provider: &'static str, key: &str, text: &str) -> Result<Self> {
        let refuse = |why: &str| {
            let message = format!("`{key}` {why}");
            Err(Error::new(ErrorKind::Config, provider, "reading the settings", message))
        };
        // The parser's own message may quote what it was given.
        let Ok(mut url) = Url::parse(text.trim()) else {
            return refuse(
                "is no URL: write it with its scheme, such as https://sis.example/ims/oneroster/v1p1",
            );
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "holds a user or a password: give credentials by the settings that are meant for them",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("holds a `?` or a `#`: end it with the path that all endpoints have in common");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return refuse(
                    "is plain HTTP: use https, since a token sent without TLS can be read on the way",
                );
            }
            _ => return refuse("has neither the scheme https nor, for loopback, http"),
        }
        if url.host().is_none() {
            return refuse("names no host");
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { url, provider })
    }

    /// The URL itself.
    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// Host, port if it is named, and path: a name for the tenant where the vendor gives none.
    pub fn host_and_path(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{host}{port}{}", self.url.path().trim_end_matches('/'))
    }

    /// Whether it is this machine itself.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// An endpoint below the base. Each segment is encoded, so that an id with a slash stays one segment.
    #[must_use]
    pub fn endpoint<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut path = self.url.path().trim_end_matches('/').to_owned();
        // Segments of dots alone would lead elsewhere, encoded or not.
        for segment in segments.into_iter().filter(|segment| !matches!(*segment, "." | "..")) {
            path.push('/');
            path.push_str(&percent_encode(segment));
        }
        let mut url = self.url.clone();
        url.set_path(&path);
        url
    }

    /// Whether scheme, host and port are the base's.
    pub fn holds(&self, url: &Url) -> bool {
        self.url.scheme() == url.scheme()
            && self.url.host() == url.host()
            && self.url.port_or_known_default() == url.port_or_known_default()
    }

    /// Reads the `next` that an answer to `current` names. It may be relative, and may lack the base's path.
    ///
    /// # Errors
    ///
    /// `Provider` if it is no URL, or leads to another scheme, host or port: no token is sent there.
    pub fn follow(&self, current: &Url, next: &str) -> Result<Url> {
        let refuse = |why: &str| {
            Err(Error::new(ErrorKind::Provider, self.provider, "following a page link", why.to_owned()))
        };
        let Ok(mut url) = current.join(next) else {
            return refuse("the server names a next page that is no URL; tell its operator");
        };
        if !self.holds(&url) {
            return refuse(
                "the server names a next page at another scheme, host or port; nothing was sent there. If that host \
                 is the right one, set it as the base URL",
            );
        }
        let below =
            |path: &str| path == self.url.path() || path.starts_with(&format!("{}/", self.url.path()));
        if !below(url.path()) && next.starts_with('/') {
            let path = format!("{}{}", self.url.path(), url.path());
            if path == current.path() {
                url.set_path(&path);
            }
        }
        Ok(url)
    }
}

/// Shows no path segments: some vendors put keys there.
impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({}://{}..)", self.url.scheme(), self.url.host_str().unwrap_or_default())
    }
}

/// Percent-encodes by RFC 3986: letters, digits and `-._~` alone stay.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Result<BaseUrl> {
        BaseUrl::parse("test", "base_url", text)
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for fine in
            ["https://x.example/api", "http://127.0.0.1:8080", "http://[::1]/a", "http://localhost:1/"]
        {
            assert!(base(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "x.example",
            "http://x.example/api",
            "http://127.0.0.1.x.example/",
            "ftp://x.example",
            "https://user@x.example",
            "https://x.example/?key=Canary",
            "http://0.0.0.0/",
        ] {
            let error = base(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{wrong}");
            assert!(error.message().starts_with("`base_url` ") && !format!("{error:?}").contains("Canary"));
        }
    }

    #[test]
    fn ids_stay_one_segment() {
        let base = base("https://x.example/ims/oneroster/v1p1/").unwrap();
        let url = base.endpoint(["users", "a/b c|d..?"]);
        assert_eq!(url.as_str(), "https://x.example/ims/oneroster/v1p1/users/a%2Fb%20c%7Cd..%3F");
        assert_eq!(base.host_and_path(), "x.example/ims/oneroster/v1p1");
    }

    #[test]
    fn a_next_page_elsewhere_is_refused() {
        let base = base("https://x.example/api").unwrap();
        let current = base.endpoint(["users"]);
        let elsewhere = [
            "https://y.example/api/users?offset=1",
            "http://x.example/api/users",
            "https://x.example:8443/api/users",
            "//y.example/api/users",
            "https://x.example@y.example/api/users",
            "javascript:0",
        ];
        for next in elsewhere {
            assert_eq!(base.follow(&current, next).unwrap_err().kind(), ErrorKind::Provider, "{next}");
        }
        for next in
            ["?offset=1", "users?offset=1", "/users?offset=1", "https://X.example:443/api/users?offset=1"]
        {
            let url = base.follow(&current, next).unwrap();
            assert_eq!(url.as_str(), "https://x.example/api/users?offset=1", "{next}");
        }
    }
}
