//! `gclassroom`: a domain's classes and people at Google, or one teacher's classes.

use std::{fs::File, io::Read, path::Path};

use roster_core::{Capabilities, Error, ErrorKind, Result, RosterSource, SecretString, TenantDirectory};
use roster_gclassroom::{
    CourseState, GClassroomConfig, GClassroomSource, GClassroomSourceBuilder, GoogleProject, GoogleRules,
    PROVIDER as ID,
};

use crate::{Form, Key, Provider, Settings};

pub(super) const PROVIDER: Provider = Provider::new(
    ID,
    "Google Classroom and the Admin Directory: a domain's classes and people, or a teacher's own classes.",
    KEYS,
    capabilities,
    open,
)
.with_directory(directory);

const KEYS: &[Key] = &[
    Key::new(
        "domain",
        "The domain, such as district.example; me for the classes of the teacher who logged in.",
        Form::Text,
    )
    .required(),
    Key::new("service_account", "The key file of a service account with domain-wide delegation.", Form::Path),
    Key::new(
        "subject",
        "With a service account: the administrator's e-mail address whom it stands for.",
        Form::Text,
    ),
    Key::new("client_id", "With a refresh token: the client's id.", Form::Text).secret(),
    Key::new("client_secret", "With a refresh token: the client's secret.", Form::Text).secret(),
    Key::new(
        "refresh_token",
        "What somebody who logged in left behind, by `roster login gclassroom`.",
        Form::Text,
    )
    .secret(),
    Key::new("token", "An access token, which lasts an hour.", Form::Text).secret(),
    Key::new("rules", "A file in TOML that says what org units, external ids and aliases mean.", Form::Path),
    Key::new("states", "Courses in these states are read; ACTIVE and ARCHIVED by default.", Form::List),
    Key::new(
        "quota",
        "How many requests a minute are sent at most for one user; 1200 by default, 0 for any number.",
        Form::Number,
    ),
    Key::new("base_url", "Where Classroom is, if not at Google.", Form::Text),
    Key::new(
        "directory_url",
        "Where the Directory is, if not at Google; where Classroom is by default.",
        Form::Text,
    ),
    Key::new("token_url", "Where tokens are given out, if not at Google.", Form::Text),
];

/// A key file has two kilobytes or three, and no rules are longer.
const LARGEST_FILE: u64 = 256 << 10;

fn capabilities() -> Capabilities {
    // Building sends nothing; an address on loopback needs no list of authorities.
    let source = GClassroomSource::builder()
        .domain("domain.example")
        .token("none")
        .base_url("http://127.0.0.1:1")
        .build();
    source.map(|source| source.capabilities()).unwrap_or_default()
}

fn open(settings: &Settings) -> Result<Box<dyn RosterSource>> {
    Ok(Box::new(GClassroomSourceBuilder::from(config(settings)?).build()?))
}

fn directory(settings: &Settings) -> Result<Box<dyn TenantDirectory>> {
    Ok(Box::new(GoogleProject::new(config(settings)?)?))
}

fn config(settings: &Settings) -> Result<GClassroomConfig> {
    let text = |key| settings.text(key).map(|text| text.map(str::to_owned));
    let secret = |key| settings.secret(key).map(Option::<&SecretString>::cloned);
    let mut config = GClassroomConfig::default();
    config.domain = text("domain")?;
    config.subject = text("subject")?;
    config.base_url = text("base_url")?;
    config.directory_url = text("directory_url")?;
    config.token_url = text("token_url")?;
    config.client_id = secret("client_id")?;
    config.client_secret = secret("client_secret")?;
    config.refresh_token = secret("refresh_token")?;
    config.token = secret("token")?;
    config.service_account = settings
        .path("service_account")?
        .map(|path| file("service_account", path))
        .transpose()?
        .map(Into::into);
    if let Some(path) = settings.path("rules")? {
        config.rules = GoogleRules::from_toml(&file("rules", path)?)?;
    }
    if let Some(states) = settings.get("states").and_then(crate::Value::list) {
        config.states = Some(states.iter().map(|state| CourseState::read(Some(state))).collect());
    }
    config.quota = settings.number("quota")?.map(|quota| u32::try_from(quota).unwrap_or(u32::MAX));
    Ok(config)
}

#[expect(clippy::disallowed_methods, reason = "the read is capped by `take`")]
fn file(key: &str, path: &Path) -> Result<String> {
    let wrong = |why: &str| {
        let message = format!("`{key}`: can't read {}: {why}", path.display());
        Error::new(ErrorKind::Config, ID, "opening a source", message)
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| wrong(&error.kind().to_string()))?;
    let read = file.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| wrong(&error.kind().to_string()))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(wrong("it is too large"));
    }
    String::from_utf8(bytes).map_err(|_| wrong("it is not in UTF-8"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn settings_name_the_tenant_and_rules_are_read() {
        let mut rules = tempfile::NamedTempFile::new().unwrap();
        rules.write_all(b"[[school]]\nunit = \"/Students/*\"\n").unwrap();
        let settings = || {
            Settings::new()
                .with("domain", "District.example")
                .with("token", SecretString::from("CanaryToken"))
        };
        let source =
            PROVIDER.open(&settings().with("rules", rules.path().to_owned()).with("quota", 600_u64)).unwrap();
        assert_eq!(source.info().tenant, "district.example");
        assert!(!format!("{source:?}").contains("Canary"));
        rules.write_all(b"x").unwrap();
        let error = PROVIDER.open(&settings().with("rules", rules.path().to_owned())).unwrap_err();
        assert!(error.message().starts_with("`rules`: line"), "{error}");
        let error = PROVIDER.open(&Settings::new().with("domain", "d.example")).unwrap_err();
        assert!(error.message().starts_with("no credentials: give `service_account`"), "{error}");
        let error = PROVIDER.open_directory(&settings()).unwrap_err();
        assert!(error.message().starts_with("`service_account` is missing"), "{error}");
    }
}
