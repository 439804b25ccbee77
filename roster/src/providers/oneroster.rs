//! `oneroster`: any server that speaks OneRoster over REST.

use roster_core::{Capabilities, Result, RosterSource};
use roster_oneroster::{OneRosterSource, PROVIDER as ID};

use super::profile;
use crate::{Form, Key, Provider, Settings};

pub(super) const PROVIDER: Provider =
    Provider::new(ID, "A server that speaks OneRoster 1.1 or 1.2 over REST.", KEYS, capabilities, open);

const KEYS: &[Key] = &[
    Key::new(
        "base_url",
        "The rostering base path, such as https://sis.example/ims/oneroster/v1p1. Names the tenant.",
        Form::Text,
    )
    .required(),
    Key::new("api_version", "1.1 or 1.2. Without it, what the URL says, else 1.1.", Form::Text),
    Key::new(
        "profile",
        "A file as `roster check --json` wrote it: what was learnt of the server.",
        Form::Path,
    ),
    Key::new(
        "school_endpoints",
        "Whether the seats of a pull that is limited to schools are asked for school by school: the server's word is taken for which they are.",
        Form::Flag,
    ),
    Key::new("token", "A bearer token that does not change.", Form::Text).secret(),
    Key::new("client_id", "OAuth 2.0: the client's id.", Form::Text).secret(),
    Key::new("client_secret", "OAuth 2.0: the client's secret.", Form::Text).secret(),
    Key::new("token_url", "OAuth 2.0: where tokens are given out.", Form::Text),
    Key::new("consumer_key", "OAuth 1.0a: the consumer's key.", Form::Text).secret(),
    Key::new("consumer_secret", "OAuth 1.0a: the consumer's secret.", Form::Text).secret(),
    Key::new("signature_method", "OAuth 1.0a: HMAC-SHA256, which is the default, or HMAC-SHA1.", Form::Text),
];

fn capabilities() -> Capabilities {
    // Building sends nothing, so any server will do; one on loopback needs no list of authorities.
    let source = OneRosterSource::builder().base_url("http://127.0.0.1:1").token("none").build();
    source.map(|source| source.capabilities()).unwrap_or_default()
}

fn open(settings: &Settings) -> Result<Box<dyn RosterSource>> {
    let mut config = roster_oneroster::OneRosterConfig::default();
    let text = |key| settings.text(key).map(|text| text.map(str::to_owned));
    let secret = |key| settings.secret(key).map(Option::<&roster_core::SecretString>::cloned);
    config.base_url = text("base_url")?;
    config.api_version = text("api_version")?;
    config.token_url = text("token_url")?;
    config.signature_method = text("signature_method")?;
    config.token = secret("token")?;
    config.client_id = secret("client_id")?;
    config.client_secret = secret("client_secret")?;
    config.consumer_key = secret("consumer_key")?;
    config.consumer_secret = secret("consumer_secret")?;
    config.school_endpoints = settings.flag("school_endpoints")?.unwrap_or_default();
    config.profile = settings.path("profile")?.map(|path| profile::read(ID, path)).transpose()?;
    Ok(Box::new(roster_oneroster::OneRosterSourceBuilder::from(config).build()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use roster_core::ErrorKind;

    use super::*;

    fn settings() -> Settings {
        let token = roster_core::SecretString::from("CanaryToken");
        Settings::new().with("base_url", "https://x.example/ims/oneroster/v1p1").with("token", token)
    }

    #[test]
    fn the_tenant_is_host_and_path() {
        let source = PROVIDER.open(&settings()).unwrap();
        assert_eq!(source.info().tenant, "x.example/ims/oneroster/v1p1");
        assert!(!format!("{source:?}").contains("Canary"));
        let error = PROVIDER.open(&Settings::new().with("base_url", "https://x.example")).unwrap_err();
        assert!(error.message().starts_with("no credentials: give `token`"), "{error}");
    }

    #[test]
    fn a_flag_is_true_or_false() {
        assert!(PROVIDER.open(&settings().with("school_endpoints", true)).is_ok());
        let error = PROVIDER.open(&settings().with("school_endpoints", "maybe")).unwrap_err();
        assert!(error.message().contains("true or false"), "{error}");
        let key = KEYS.iter().find(|key| key.name == "school_endpoints").unwrap();
        assert!(key.read(" true ").is_some_and(|value| key.takes(&value)) && key.read("yes").is_none());
    }

    #[test]
    fn a_profile_is_taken_as_a_check_wrote_it() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(br#"{"provider":"oneroster","profile":{"sorts":false}}"#).unwrap();
        assert!(PROVIDER.open(&settings().with("profile", file.path().to_owned())).is_ok());
        file.write_all(b"x").unwrap();
        let error = PROVIDER.open(&settings().with("profile", file.path().to_owned())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
