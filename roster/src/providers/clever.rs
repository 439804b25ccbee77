//! `clever`: districts on Clever.

use roster_clever::{CleverConfig, CleverSourceBuilder, PROVIDER as ID};
use roster_core::{Capabilities, Result, RosterSource, TenantDirectory};

use crate::{Form, Key, Provider, Settings};

pub(super) const PROVIDER: Provider =
    Provider::new(ID, "Districts on Clever: full pulls and the event feed.", KEYS, capabilities, open)
        .with_directory(directory);

const KEYS: &[Key] = &[
    Key::new("district", "The district's id at Clever, 24 hexadecimal digits. Names the tenant.", Form::Text)
        .required(),
    Key::new("api_version", "3.1, which is the default, or 3.0.", Form::Text),
    Key::new("client_id", "The app's client id.", Form::Text).secret(),
    Key::new("client_secret", "The app's client secret.", Form::Text).secret(),
    Key::new(
        "token_url",
        "The list of the districts' tokens. Without it Clever's own, or that of `base_url`.",
        Form::Text,
    ),
    Key::new("token", "The one district's token, for who has no client.", Form::Text).secret(),
    Key::new("base_url", "Where the API is, without the version. Without it Clever's own.", Form::Text),
];

fn capabilities() -> Capabilities {
    // Building sends nothing, so any district will do; one on loopback needs no list of authorities.
    let source =
        CleverSourceBuilder::default().district("none").token("none").base_url("http://127.0.0.1:1").build();
    source.map(|source| source.capabilities()).unwrap_or_default()
}

fn config(settings: &Settings) -> Result<CleverConfig> {
    let text = |key| settings.text(key).map(|text| text.map(str::to_owned));
    let secret = |key| settings.secret(key).map(Option::<&roster_core::SecretString>::cloned);
    let mut config = CleverConfig::default();
    config.district = text("district")?;
    config.api_version = text("api_version")?;
    config.base_url = text("base_url")?;
    config.token_url = text("token_url")?;
    config.client_id = secret("client_id")?;
    config.client_secret = secret("client_secret")?;
    config.token = secret("token")?;
    Ok(config)
}

fn open(settings: &Settings) -> Result<Box<dyn RosterSource>> {
    Ok(Box::new(CleverSourceBuilder::from(config(settings)?).build()?))
}

fn directory(settings: &Settings) -> Result<Box<dyn TenantDirectory>> {
    Ok(Box::new(CleverSourceBuilder::from(config(settings)?).build_account()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_is_the_district_and_secrets_stay_hidden() {
        let secret = |text: &str| roster_core::SecretString::from(text);
        let settings = Settings::new()
            .with("district", "5a0c91b95c7cc000010d417c")
            .with("client_id", secret("CanaryId"))
            .with("client_secret", secret("CanarySecret"));
        let source = PROVIDER.open(&settings).unwrap();
        assert_eq!(source.info().tenant, "5a0c91b95c7cc000010d417c");
        let directory = PROVIDER.open_directory(&settings).unwrap();
        assert!(!format!("{source:?}{directory:?}").contains("Canary"));
        let error = PROVIDER.open(&Settings::new().with("district", "d")).unwrap_err();
        assert!(error.message().starts_with("no credentials: give `client_id`"), "{error}");
    }
}
