//! `wonde`: schools that share their MIS through Wonde.

use roster_core::{Capabilities, Error, ErrorKind, Result, RosterSource, SecretString, TenantDirectory};
use roster_wonde::{ClassSource, PROVIDER as ID, WondeBuilder, WondeConfig, WondeSource};

use crate::{Form, Key, Provider, Settings};

pub(super) const PROVIDER: Provider =
    Provider::new(ID, "Schools that share their MIS through Wonde.", KEYS, capabilities, open)
        .with_directory(directory);

const KEYS: &[Key] = &[
    Key::new("school", "The school's id, such as A1930499544.", Form::Text).required(),
    Key::new("token", "The application's token, or the one that the school gave.", Form::Text).secret(),
    Key::new(
        "region",
        "Where the school's data are expected: uk, au, nz, za, us, or a host. Without it, where the school itself says.",
        Form::Text,
    ),
    Key::new(
        "class_source",
        "What classes are taken from: auto (the default), classes, registration_groups or both.",
        Form::Text,
    ),
    Key::new(
        "frozen",
        "true while a change of the school's MIS was announced and is not over: nothing ends meanwhile. false by default.",
        Form::Text,
    ),
    Key::new("frozen_fields", "Fields of people that stay as they are known, such as email.", Form::List),
    Key::new("base_url", "The base path of the interface, for tests and proxies.", Form::Text),
];

fn capabilities() -> Capabilities {
    // Building sends nothing, so any school will do; one on loopback needs no list of authorities.
    let source = WondeSource::builder().school("none").token("none").base_url("http://127.0.0.1:1").build();
    source.map(|source| source.capabilities()).unwrap_or_default()
}

fn builder(settings: &Settings) -> Result<WondeBuilder> {
    let mut config = WondeConfig::default();
    let text = |key| settings.text(key).map(|text| text.map(str::to_owned));
    config.school = text("school")?;
    config.region = text("region")?;
    config.base_url = text("base_url")?;
    config.class_source = match settings.text("class_source")? {
        None | Some("auto") => ClassSource::Auto,
        Some("classes") => ClassSource::Classes,
        Some("registration_groups") => ClassSource::RegistrationGroups,
        Some("both") => ClassSource::Both,
        Some(_) => {
            return Err(wrong(
                "`class_source` is none of `auto`, `classes`, `registration_groups` and `both`",
            ));
        }
    };
    config.frozen = match settings.text("frozen")? {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong("`frozen` is either `true` or `false`")),
    };
    if let Some(fields) = settings.get("frozen_fields") {
        let fields = fields.list().ok_or_else(|| wrong("`frozen_fields` is a list of fields' names"))?;
        config.frozen_fields = fields.to_vec();
    }
    config.token = settings.secret("token").map(Option::<&SecretString>::cloned)?;
    Ok(WondeBuilder::from(config))
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::Config, ID, "opening a source", message)
}

fn open(settings: &Settings) -> Result<Box<dyn RosterSource>> {
    Ok(Box::new(builder(settings)?.build()?))
}

fn directory(settings: &Settings) -> Result<Box<dyn TenantDirectory>> {
    Ok(Box::new(builder(settings)?.build_account()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_is_the_school() {
        let settings = Settings::new().with("school", "A1").with("token", SecretString::from("CanaryToken"));
        let source = PROVIDER.open(&settings).unwrap();
        assert_eq!(source.info().tenant, "A1");
        assert!(!format!("{source:?}").contains("Canary"));
        let error = PROVIDER.open(&Settings::new().with("school", "A1")).unwrap_err();
        assert!(error.message().starts_with("`token` is missing"), "{error}");
        for (key, value) in [("class_source", "forms"), ("frozen", "yes"), ("frozen_fields", "email")] {
            let error = PROVIDER.open(&settings.clone().with(key, value)).unwrap_err();
            assert!(error.message().starts_with(&format!("`{key}`")), "{error}");
        }
        let fields = vec!["email".to_owned()];
        let all = settings.clone().with("class_source", "both").with("frozen", "true");
        assert!(PROVIDER.open(&all.with("frozen_fields", fields)).is_ok());
        let account = Settings::new().with("token", SecretString::from("CanaryToken"));
        assert!(PROVIDER.open_directory(&account).is_ok());
    }
}
