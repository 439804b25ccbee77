//! Where schools' data live. The wrong host answers with nothing, not with an error.

use roster_core::{Error, Result};
use roster_http::BaseUrl;

use crate::{error::broken, map::school::School, source::PROVIDER};

/// What follows the host.
pub(crate) const PATH: &str = "/v1.0";
/// The host that knows the account, and the schools of the United Kingdom.
pub(crate) const DEFAULT: &str = "api.wonde.com";

/// The hosts that are known: their name in settings, the countries that they serve, and the host.
pub(crate) const KNOWN: [(&str, &[&str], &str); 4] = [
    ("uk", &["UK", "GB", "GBR"], DEFAULT),
    ("au", &["AU", "AUS", "NZ", "NZL"], "api-ap-southeast-2.wonde.com"),
    ("za", &["ZA", "ZAF"], "api-af-south-1.wonde.com"),
    ("us", &["US", "USA"], "api-us-west-2.wonde.com"),
];

/// A region as the settings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) host: String,
    countries: &'static [&'static str],
}

impl Region {
    /// Reads a region's name, a country's code, or a host. `None` if it is none of them.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let upper = text.to_ascii_uppercase();
        let known = KNOWN.iter().find(|(name, countries, host)| {
            name.eq_ignore_ascii_case(text)
                || countries.contains(&upper.as_str())
                || host.eq_ignore_ascii_case(text)
        });
        if let Some((_, countries, host)) = known {
            return Some(Self { host: (*host).to_owned(), countries });
        }
        let is_host = is_allowed(text) || is_loopback(text);
        is_host.then(|| Self { host: text.to_ascii_lowercase(), countries: &[] })
    }

    /// Whether the school's data live there.
    pub(crate) fn holds(&self, school: &School) -> bool {
        let Some(domain) = &school.domain else { return true };
        let same_country = || {
            school
                .region_code
                .as_ref()
                .is_some_and(|code| self.countries.contains(&code.to_ascii_uppercase().as_str()))
        };
        domain.eq_ignore_ascii_case(&self.host) || (!is_allowed(domain) && same_country())
    }
}

/// The name of a host's region in settings, or the host itself.
pub(crate) fn name_of(host: &str) -> &str {
    KNOWN.iter().find(|(.., known)| known.eq_ignore_ascii_case(host)).map_or(host, |(name, ..)| name)
}

/// Whether a token may be sent to that host: it lies below `wonde.com`.
pub(crate) fn is_allowed(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.strip_suffix(".wonde.com").is_some_and(|below| {
        !below.is_empty()
            && below.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    })
}

fn is_loopback(host: &str) -> bool {
    BaseUrl::parse(PROVIDER, "region", &format!("http://{host}")).is_ok()
}

/// Where a school's data are asked for: at the host that it names, or at the base where that is a test's or a proxy's.
pub(crate) fn data_base(base: &BaseUrl, domain: Option<&str>) -> Result<BaseUrl> {
    let Some(domain) = domain.map(str::trim).filter(|domain| !domain.is_empty()) else {
        return Ok(base.clone());
    };
    let at_wonde = base.as_url().host_str().is_some_and(is_allowed);
    if is_allowed(domain) {
        return if at_wonde {
            BaseUrl::parse(PROVIDER, "region.domain", &format!("https://{domain}{PATH}"))
        } else {
            // A proxy's or a test's own: the token goes to no other host than the one that was set.
            Ok(base.clone())
        };
    }
    if base.is_loopback() {
        let path = base.as_url().path();
        // A fake of two regions may tell them apart by the beginning of the path.
        let path = if domain.contains('/') { PATH } else { path };
        let url = format!("{}://{domain}{path}", base.as_url().scheme());
        if let Ok(data) = BaseUrl::parse(PROVIDER, "region.domain", &url)
            && data.is_loopback()
        {
            return Ok(data);
        }
    }
    Err(stranger())
}

/// The hosts that a school's data may be at, if nothing is known of it, with the account's own last: those of all regions, or a proxy's
/// or a test's own alone.
pub(crate) fn hosts(base: &BaseUrl) -> Vec<BaseUrl> {
    let known = KNOWN.iter().rev().filter_map(|(.., host)| data_base(base, Some(host)).ok());
    let mut hosts: Vec<BaseUrl> = known.filter(|host| host != base).collect();
    hosts.push(base.clone());
    hosts
}

fn stranger() -> Error {
    broken(
        "looking for the school's region",
        "the school names a host outside of wonde.com for its data; nothing was sent there. Tell Wonde",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> BaseUrl {
        BaseUrl::parse(PROVIDER, "base_url", url).unwrap()
    }

    fn found(at: &str, domain: &str) -> Option<String> {
        data_base(&base(at), Some(domain)).ok().map(|found| found.as_url().to_string())
    }

    #[test]
    fn a_token_stays_below_wonde() {
        let uk = "https://api.wonde.com/v1.0";
        let au = "https://api-ap-southeast-2.wonde.com/v1.0";
        assert_eq!(found(uk, "api-ap-southeast-2.wonde.com").as_deref(), Some(au));
        for stranger in [
            "evilwonde.com",
            "wonde.com.evil.example",
            "127.0.0.1:80",
            "evil.example/.wonde.com",
            "evil.example#.wonde.com",
            "evil.example:80@.wonde.com",
            "user@api.wonde.com",
            ".wonde.com",
            "localhost",
        ] {
            assert_eq!(found(uk, stranger), None, "{stranger}");
        }
    }

    #[test]
    fn loopback_stays_loopback() {
        let here = "http://127.0.0.1:4000/v1.0";
        assert_eq!(found(here, "127.0.0.1:4001").as_deref(), Some("http://127.0.0.1:4001/v1.0"));
        assert_eq!(found(here, "127.0.0.1:4000/au").as_deref(), Some("http://127.0.0.1:4000/au/v1.0"));
        // The fixtures' own host: a test's token does not leave the machine.
        assert_eq!(found(here, "api.wonde.com").as_deref(), Some(here));
        assert_eq!(found(here, "evil.example"), None);
        assert_eq!(found(here, "127.0.0.1.evil.example"), None);
    }

    #[test]
    fn all_regions_are_asked_unless_there_is_but_one_host() {
        let all = |url: &str| {
            hosts(&base(url)).iter().rev().map(|host| host.as_url().to_string()).collect::<Vec<_>>()
        };
        let wonde = all("https://api-ap-southeast-2.wonde.com/v1.0");
        assert_eq!(wonde[..2], ["https://api-ap-southeast-2.wonde.com/v1.0", "https://api.wonde.com/v1.0"]);
        assert_eq!(wonde.len(), KNOWN.len());
        assert_eq!(all("http://127.0.0.1:4000/v1.0"), ["http://127.0.0.1:4000/v1.0"]);
    }

    #[test]
    fn regions_have_names_and_hosts() {
        assert_eq!(Region::read("au").unwrap().host, "api-ap-southeast-2.wonde.com");
        assert_eq!(Region::read("nzl").unwrap().host, "api-ap-southeast-2.wonde.com");
        assert_eq!(Region::read("api-eu-west-1.wonde.com").unwrap().host, "api-eu-west-1.wonde.com");
        assert_eq!(Region::read("evil.example"), None);
        assert_eq!(name_of("api-us-west-2.wonde.com"), "us");
    }
}
