//! `classlink`: ClassLink's districts.

use roster_classlink::{ClassLinkBuilder, ClassLinkConfig, ClassLinkSource, PROVIDER as ID};
use roster_core::{Capabilities, Result, RosterSource, TenantDirectory};

use super::profile;
use crate::{Form, Key, Provider, Settings};

pub(super) const PROVIDER: Provider = Provider::new(
    ID,
    "A district at ClassLink, through its proxy or from the district's server.",
    KEYS,
    capabilities,
    open,
)
.with_directory(open_directory);

const KEYS: &[Key] = &[
    Key::new(
        "tenant",
        "The district's number at ClassLink, as `roster tenants classlink` lists it. Names the tenant.",
        Form::Text,
    )
    .required(),
    Key::new("token", "The partner's API key, from ClassLink's partner portal.", Form::Text).secret(),
    Key::new("base_url", "The proxy's address. Without it, ClassLink's current one.", Form::Text),
    Key::new("access", "proxy, which is the default, or direct: the district's own server.", Form::Text),
    Key::new(
        "path_template",
        "The path of the data: /{id}/ims/oneroster/v1p1 without it, or /proxy/v1p0/{id} for older addresses.",
        Form::Text,
    ),
    Key::new(
        "signature_method",
        "For direct access: HMAC-SHA256, which is the default, or HMAC-SHA1.",
        Form::Text,
    ),
    Key::new(
        "profile",
        "A file as `roster check --json` wrote it: what was learnt of the district's server.",
        Form::Path,
    ),
];

fn capabilities() -> Capabilities {
    // Building sends nothing, so any address will do; one on loopback needs no list of authorities.
    let source =
        ClassLinkSource::builder().base_url("http://127.0.0.1:1").token("none").tenant("none").build();
    source.map(|source| source.capabilities()).unwrap_or_default()
}

fn builder(settings: &Settings) -> Result<ClassLinkBuilder> {
    let mut config = ClassLinkConfig::default();
    let text = |key| settings.text(key).map(|text| text.map(str::to_owned));
    config.tenant = text("tenant")?;
    config.base_url = text("base_url")?;
    config.access = text("access")?;
    config.path_template = text("path_template")?;
    config.signature_method = text("signature_method")?;
    config.token = settings.secret("token")?.cloned();
    config.profile = settings.path("profile")?.map(|path| profile::read(ID, path)).transpose()?;
    Ok(ClassLinkBuilder::from(config))
}

fn open(settings: &Settings) -> Result<Box<dyn RosterSource>> {
    Ok(Box::new(builder(settings)?.build()?))
}

fn open_directory(settings: &Settings) -> Result<Box<dyn TenantDirectory>> {
    Ok(Box::new(builder(settings)?.partner()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_is_the_number_and_the_directory_needs_none() {
        let token = roster_core::SecretString::from("CanaryToken");
        let settings = Settings::new().with("token", token).with("base_url", "http://127.0.0.1:1");
        assert!(PROVIDER.open_directory(&settings).is_ok());
        let error = PROVIDER.open(&settings).unwrap_err();
        assert!(error.message().contains("`tenant` is missing"), "{error}");
        let source = PROVIDER.open(&settings.with("tenant", "2042")).unwrap();
        assert_eq!((source.info().provider, source.info().tenant.as_str()), ("classlink", "2042"));
        assert!(!format!("{source:?}").contains("Canary"));
        let error = PROVIDER.open(&Settings::new().with("tenant", "2")).unwrap_err();
        assert!(error.message().starts_with("`token` is missing"), "{error}");
    }
}
