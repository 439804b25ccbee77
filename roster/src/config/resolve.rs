//! From a source's name to a source.

use std::{collections::BTreeMap, ffi::OsString, fmt, path::PathBuf};

use roster_core::{Error, ErrorKind, PullRequest, Result, RosterSource, TenantDirectory};

use super::{
    Config,
    environment::{self, Environment},
    file::{Entry, Raw, Written},
    secret::sealed,
    source_name::SourceName,
    wrong,
};
use crate::{Form, Key, Provider, Settings, Value, find_provider, registry};

/// Finds out what a source's name means: its provider and its settings.
///
/// ```no_run
/// use roster::config::{Config, Resolver};
///
/// let config = Config::load("roster.toml")?;
/// let source = Resolver::new(&config).resolve("lincoln")?.open()?;
/// # Ok::<(), roster::Error>(())
/// ```
pub struct Resolver<'a> {
    config: &'a Config,
    providers: Vec<Provider>,
    environment: Environment<'a>,
    set: BTreeMap<String, String>,
}

/// A source that was found, with its settings.
#[derive(Clone, Debug)]
pub struct ResolvedSource {
    name: Option<String>,
    provider: Provider,
    settings: Settings,
}

impl<'a> Resolver<'a> {
    /// With the providers that were compiled in and the process's environment.
    pub fn new(config: &'a Config) -> Self {
        Self { config, providers: registry(), environment: environment::of_process(), set: BTreeMap::new() }
    }

    /// With other providers, such as a host's own.
    #[must_use]
    pub fn with_providers(mut self, providers: Vec<Provider>) -> Self {
        self.providers = providers;
        self
    }

    /// With another environment: tests bring their own.
    #[must_use]
    pub fn with_environment(mut self, variable: impl Fn(&str) -> Option<OsString> + 'a) -> Self {
        self.environment = Box::new(variable);
        self
    }

    /// Sets a setting over file and environment; refused if it is secret, since command lines can be seen.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.set.insert(key.into(), value.into());
        self
    }

    /// Finds a source by its name in the file, or ad hoc as `PROVIDER:TENANT`.
    ///
    /// # Errors
    ///
    /// `Config` if there is no such source or provider, or if a setting is unknown, missing, wrong, or secret where it
    /// can be seen.
    pub fn resolve(&self, source: &str) -> Result<ResolvedSource> {
        let config = self.config;
        let name = SourceName::read(source, |name| config.sources.contains_key(name))
            .map_err(|fault| wrong(fault.in_words(source, config)))?;
        let case = match name {
            SourceName::Named(name) => self.named(name)?,
            SourceName::AdHoc { provider, tenant } => Case {
                label: source,
                name: None,
                provider: *find_provider(&self.providers, provider)?,
                entry: None,
                tenant: Some(tenant),
            },
        };
        self.settle(&case, true)
    }

    /// Finds what a provider's directory of tenants needs, by the name of a source in the file that has its credentials, or by
    /// the provider's id. What names a tenant may be missing there.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    pub fn resolve_directory(&self, name: &str) -> Result<ResolvedSource> {
        let case = if self.config.sources.contains_key(name) {
            self.named(name)?
        } else {
            let provider = *find_provider(&self.providers, name)?;
            Case { label: name, name: None, provider, entry: None, tenant: None }
        };
        self.settle(&case, false)
    }

    fn settle(&self, case: &Case<'_>, wants_tenant: bool) -> Result<ResolvedSource> {
        self.refuse_unknown(case)?;
        let mut settings = Settings::new();
        for key in case.provider.all_keys() {
            let is_tenant = case.provider.tenant_key().is_some_and(|tenant| tenant.name == key.name);
            if let Some(value) = self.value(case, key)? {
                settings.set(key.name, value);
            } else if key.required && (wants_tenant || !is_tenant) {
                return Err(case.missing(key, &self.config.file()));
            }
        }
        Ok(ResolvedSource { name: case.name.map(str::to_owned), provider: case.provider, settings })
    }

    fn named<'s>(&'s self, name: &'s str) -> Result<Case<'s>> {
        let entry = self.config.sources.get(name).ok_or_else(|| wrong("no such source"))?;
        let provider = find_provider(&self.providers, &entry.provider).map_err(|error| {
            let place = &entry.provider_place;
            wrong(format!("{place}: source `{name}`: {}", error.message()))
        })?;
        Ok(Case { label: name, name: Some(name), provider: *provider, entry: Some(entry), tenant: None })
    }

    /// Keys that nobody reads are mistakes: a misspelt limit must not pull a whole district.
    fn refuse_unknown(&self, case: &Case<'_>) -> Result<()> {
        let written = case.entry.iter().flat_map(|entry| &entry.values);
        let written = written.map(|(key, written)| (key, format!("{}: ", written.place)));
        let set = self.set.keys().map(|key| (key, String::new()));
        for (key, place) in written.chain(set) {
            if case.provider.key(key).is_none() {
                return Err(wrong(format!(
                    "{place}source `{}`, provider `{}`: no setting `{key}`; there are: {}",
                    case.label,
                    case.provider.id,
                    case.provider.key_names()
                )));
            }
        }
        Ok(())
    }

    fn value(&self, case: &Case<'_>, key: &'static Key) -> Result<Option<Value>> {
        let is_tenant = case.provider.tenant_key().is_some_and(|tenant| tenant.name == key.name);
        if let Some(text) = self.set.get(key.name) {
            if key.secret {
                return Err(wrong(format!(
                    "`{}` is secret: command lines can be seen, so put it into the environment or a file",
                    key.name
                )));
            }
            if is_tenant && case.tenant.is_some() {
                return Err(wrong(format!("`{}` is already given by the source `{}`", key.name, case.label)));
            }
            return case.read(key, text, "set by hand").map(Some);
        }
        if let Some(tenant) = case.tenant.filter(|_| is_tenant) {
            return case.read(key, tenant, "after the colon").map(Some);
        }
        let variable = case.variable(key);
        if let Some(value) = (self.environment)(&variable).filter(|value| !value.is_empty()) {
            return case.variable_value(key, &variable, value).map(Some);
        }
        match case.entry.and_then(|entry| entry.values.get(key.name)) {
            Some(written) => self.written(case, key, written).map(Some),
            None => Ok(None),
        }
    }

    fn written(&self, case: &Case<'_>, key: &'static Key, written: &Written) -> Result<Value> {
        let what = format!("{}: `{}` of source `{}`", written.place, key.name, case.label);
        if key.secret {
            return match &written.value {
                Raw::Secret(place) => place.read(&self.environment, &what).map(Value::Secret),
                _ => Err(wrong(format!(
                    "{what} is secret and must not stand here: write {{ env = \"VARIABLE\" }} or {{ file = \"PATH\" }}"
                ))),
            };
        }
        let value = match (&written.value, key.form) {
            (Raw::Text(text), Form::Path) => Some(Value::Path(self.config.folder().join(text))),
            (Raw::Text(text), _) => Some(Value::Text(text.clone())),
            (Raw::Number(number), _) => Some(Value::Number(*number)),
            (Raw::Flag(flag), _) => Some(Value::Flag(*flag)),
            (Raw::List(items), _) => Some(Value::List(items.clone())),
            (Raw::Secret(_) | Raw::Other, _) => None,
        };
        value
            .filter(|value| key.takes(value))
            .ok_or_else(|| wrong(format!("{what} wants {}", key.form.wants())))
    }
}

impl fmt::Debug for Resolver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("config", self.config)
            .field("providers", &self.providers)
            .field("set", &self.set.keys())
            .finish_non_exhaustive()
    }
}

/// The source at hand.
struct Case<'a> {
    /// As its user named it.
    label: &'a str,
    name: Option<&'a str>,
    provider: Provider,
    entry: Option<&'a Entry>,
    /// What stands after the colon.
    tenant: Option<&'a str>,
}

impl Case<'_> {
    fn variable(&self, key: &Key) -> String {
        self.name.map_or_else(
            || environment::of_provider(self.provider.id, key.name),
            |name| environment::of_source(name, key.name),
        )
    }

    fn read(&self, key: &Key, text: &str, whence: &str) -> Result<Value> {
        if text.trim().is_empty() {
            return Err(wrong(format!("`{}` of source `{}`, {whence}, is empty", key.name, self.label)));
        }
        key.read(text).ok_or_else(|| {
            let wants = key.form.wants();
            wrong(format!("`{}` of source `{}`, {whence}, wants {wants}", key.name, self.label))
        })
    }

    fn variable_value(&self, key: &Key, variable: &str, value: OsString) -> Result<Value> {
        if key.form == Form::Path && !key.secret {
            return Ok(Value::Path(PathBuf::from(value)));
        }
        let text = value
            .into_string()
            .map_err(|_| wrong(format!("the environment variable {variable} is not UTF-8")))?;
        if key.secret {
            return sealed(text, &format!("the environment variable {variable}")).map(Value::Secret);
        }
        self.read(key, &text, &format!("from the environment variable {variable}"))
    }

    fn missing(&self, key: &Key, file: &str) -> Error {
        let place = if self.entry.is_some() { format!("into {file} or ") } else { String::new() };
        wrong(format!(
            "source `{}` has no `{}`: put it {place}into the environment variable {}",
            self.label,
            key.name,
            self.variable(key)
        ))
    }
}

impl ResolvedSource {
    /// Its name in the file; an ad-hoc source has none.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Its provider.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Opens it. Nothing is read or sent yet.
    ///
    /// # Errors
    ///
    /// As [`Provider::open`].
    pub fn open(&self) -> Result<Box<dyn RosterSource>> {
        self.provider.open(&self.settings)
    }

    /// Opens the directory of tenants that its credentials give. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// As [`Provider::open_directory`].
    pub fn open_directory(&self) -> Result<Box<dyn TenantDirectory>> {
        self.provider.open_directory(&self.settings)
    }

    /// The tenant that its settings name, as they name it.
    pub fn tenant(&self) -> Option<String> {
        let key = self.provider.tenant_key()?;
        match self.settings.get(key.name)? {
            Value::Text(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Path(path) => Some(path.display().to_string()),
            _ => None,
        }
    }

    /// A full pull as its settings want it.
    ///
    /// # Errors
    ///
    /// As [`Settings::request`].
    pub fn request(&self) -> Result<PullRequest> {
        self.settings.request().map_err(|error| self.named(&error))
    }

    /// How much a sync may change without approval, as its settings want it.
    ///
    /// # Errors
    ///
    /// As [`Settings::guards`].
    #[cfg(feature = "sync")]
    pub fn guards(&self) -> Result<roster_sync::Guards> {
        self.settings.guards().map_err(|error| self.named(&error))
    }

    /// For how many students there are seats, if that is set.
    ///
    /// # Errors
    ///
    /// As [`Settings::seats`].
    pub fn seats(&self) -> Result<Option<u64>> {
        self.settings.seats().map_err(|error| self.named(&error))
    }

    /// The error, with the source that it is about.
    fn named(&self, error: &Error) -> Error {
        let name = self.name.as_deref().unwrap_or(self.provider.id);
        let message = format!("source `{name}`: {}", error.message());
        Error::new(ErrorKind::Config, "host", "reading the settings", message)
    }
}

#[cfg(test)]
mod tests;
