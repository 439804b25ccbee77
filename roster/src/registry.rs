//! Which providers were compiled in.

use std::fmt;

use roster_core::{Capabilities, Error, ErrorKind, Result, RosterSource, TenantDirectory};

use crate::{Key, Settings, providers};

type Open = fn(&Settings) -> Result<Box<dyn RosterSource>>;
type OpenDirectory = fn(&Settings) -> Result<Box<dyn TenantDirectory>>;

/// A kind of source: which settings it has, what it can do, and how it is opened.
///
/// Nothing registers itself: [`registry`] lists what the features compiled in, and a host with a source of its own
/// appends one made by [`Provider::new`].
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Provider {
    /// Its id, such as `csv`.
    pub id: &'static str,
    /// What it reads, in one sentence.
    pub about: &'static str,
    /// Its own settings. The first of them names the tenant, and is what stands after the colon in `csv:PATH`.
    pub keys: &'static [Key],
    capabilities: fn() -> Capabilities,
    open: Open,
    directory: Option<OpenDirectory>,
}

/// The providers that were compiled in, by id.
#[must_use]
pub fn registry() -> Vec<Provider> {
    providers::compiled_in()
}

/// Finds a provider by its id.
///
/// # Errors
///
/// `Config` if there is none, saying which there are.
pub fn find_provider<'a>(providers: &'a [Provider], id: &str) -> Result<&'a Provider> {
    providers.iter().find(|provider| provider.id == id).ok_or_else(|| {
        let message = if providers.is_empty() {
            format!("no provider `{id}`; none was compiled in: switch on a feature, such as `csv`")
        } else {
            let ids: Vec<_> = providers.iter().map(|provider| provider.id).collect();
            format!("no provider `{id}`; compiled in: {}", ids.join(", "))
        };
        Error::new(ErrorKind::Config, "host", "looking for a provider", message)
    })
}

impl Provider {
    /// A provider without a directory of tenants.
    pub const fn new(
        id: &'static str,
        about: &'static str,
        keys: &'static [Key],
        capabilities: fn() -> Capabilities,
        open: Open,
    ) -> Self {
        Self { id, about, keys, capabilities, open, directory: None }
    }

    /// With a directory of tenants.
    #[must_use]
    pub const fn with_directory(mut self, directory: OpenDirectory) -> Self {
        self.directory = Some(directory);
        self
    }

    /// All its settings: its own, then those [common](Key::COMMON) to all.
    pub fn all_keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.keys.iter().chain(Key::COMMON)
    }

    /// The setting of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.all_keys().find(|key| key.name == name)
    }

    /// The setting that names the tenant.
    pub fn tenant_key(&self) -> Option<&'static Key> {
        self.keys.first()
    }

    /// What its sources can do, before there is one. A source's own capabilities may be narrower.
    pub fn capabilities(&self) -> Capabilities {
        (self.capabilities)()
    }

    /// Whether it can list its tenants.
    pub const fn has_directory(&self) -> bool {
        self.directory.is_some()
    }

    /// Opens a source. Nothing is read or sent yet.
    ///
    /// # Errors
    ///
    /// `Config` if a setting is unknown, missing or wrong.
    pub fn open(&self, settings: &Settings) -> Result<Box<dyn RosterSource>> {
        self.accept(settings)?;
        if let Some(key) = self.keys.iter().find(|key| key.required && settings.get(key.name).is_none()) {
            return Err(self.refuse("opening a source", format!("`{}` is missing", key.name)));
        }
        (self.open)(settings)
    }

    /// Opens the directory of tenants. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// `Unsupported` if the provider has none, `Config` if a setting is unknown, missing or wrong.
    pub fn open_directory(&self, settings: &Settings) -> Result<Box<dyn TenantDirectory>> {
        let Some(directory) = self.directory else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                self.id,
                "opening a directory",
                "this provider can't list who has connected",
            ));
        };
        self.accept(settings)?;
        directory(settings)
    }

    fn accept(&self, settings: &Settings) -> Result<()> {
        settings.iter().try_for_each(|(name, value)| {
            let key = self.key(name).ok_or_else(|| {
                self.refuse(
                    "reading the settings",
                    format!("no setting `{name}`; there are: {}", self.key_names()),
                )
            })?;
            let text_for_path = matches!((key.form, value), (crate::Form::Path, crate::Value::Text(_)));
            if key.takes(value) || (text_for_path && !key.secret) {
                Ok(())
            } else if key.secret {
                Err(self.refuse("reading the settings", format!("`{name}` is secret: give it as a secret")))
            } else {
                let wants = key.form.wants();
                Err(self.refuse("reading the settings", format!("`{name}` wants {wants}")))
            }
        })
    }

    /// The names of all settings, for messages.
    pub(crate) fn key_names(&self) -> String {
        let names: Vec<_> = self.all_keys().map(|key| key.name).collect();
        names.join(", ")
    }

    fn refuse(&self, operation: &'static str, message: String) -> Error {
        Error::new(ErrorKind::Config, self.id, operation, message)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_id_is_told_what_there_is() {
        let error = find_provider(&registry(), "clevr").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let there_are: Vec<_> = registry().iter().map(|provider| provider.id).collect();
        let there_are = match there_are.join(", ") {
            none if none.is_empty() => {
                "no provider `clevr`; none was compiled in: switch on a feature, such as `csv`".to_owned()
            }
            some => format!("no provider `clevr`; compiled in: {some}"),
        };
        assert_eq!(error.message(), there_are);
    }

    #[test]
    fn they_are_in_the_order_of_their_ids() {
        assert!(registry().is_sorted_by_key(|provider| provider.id));
    }

    #[test]
    fn keys_are_unique_and_explained() {
        for provider in registry() {
            let mut names: Vec<_> = provider.all_keys().map(|key| key.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{provider:?}");
            assert!(provider.all_keys().all(|key| key.what.ends_with('.')), "{provider:?}");
            assert!(provider.tenant_key().is_some(), "{provider:?}");
        }
    }

    #[cfg(feature = "csv")]
    #[test]
    fn settings_are_checked_before_a_source_is_opened() {
        let registry = registry();
        let csv = find_provider(&registry, "csv").unwrap();
        let message = |settings: &Settings| csv.open(settings).unwrap_err().message().to_owned();
        assert_eq!(message(&Settings::new()), "`path` is missing");
        assert!(
            message(&Settings::new().with("base_url", "x"))
                .starts_with("no setting `base_url`; there are: path,")
        );
        assert_eq!(message(&Settings::new().with("path", true)), "`path` wants a path");
        assert!(
            message(&Settings::new().with("path", "x").with("mapping", "m"))
                .contains("can't read the mapping m")
        );
        assert_eq!(csv.open(&Settings::new().with("path", "a/lincoln")).unwrap().info().tenant, "lincoln");
    }
}
