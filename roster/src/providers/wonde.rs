//! `wonde`: schools that share their MIS through Wonde.

use roster_core::{Capabilities, Error, ErrorKind, Result, RosterSource, SecretString, TenantDirectory};
use roster_wonde::{ClassSource, PROVIDER as ID, WondeBuilder, WondeConfig, WondeSource};

use crate::{Form, Key, Provider, Settings, Value};

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
        "true while a change of the school's MIS was announced and is not over: nothing ends meanwhile. Or a list of fields of people \
         that stay as they are known, such as email.",
        Form::FlagOrList,
    ),
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
    match settings.get("frozen") {
        None => {}
        Some(Value::Flag(frozen)) => config.frozen = *frozen,
        Some(Value::List(fields)) => config.frozen_fields.clone_from(fields),
        Some(_) => return Err(wrong("`frozen` is true, false or a list of fields of people")),
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
        for wrong in [settings.clone().with("class_source", "forms"), settings.clone().with("frozen", "yes")]
        {
            let error = PROVIDER.open(&wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
        }
        let none = settings.clone().with("frozen", vec!["e-mail".to_owned()]);
        assert!(PROVIDER.open(&none).unwrap_err().message().contains("no field of people"));
        for frozen in [Value::Flag(true), Value::List(vec!["email".to_owned()])] {
            assert!(
                PROVIDER.open(&settings.clone().with("class_source", "both").with("frozen", frozen)).is_ok()
            );
        }
        let account = Settings::new().with("token", SecretString::from("CanaryToken"));
        assert!(PROVIDER.open_directory(&account).is_ok());
    }
}
