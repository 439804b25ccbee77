//! The settings of one source, wherever they came from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use roster_core::{Error, ErrorKind, PullRequest, Result, Scope, SecretString, SensitiveField, SourcedId};

/// The settings of one source. Whoever keeps them elsewhere than in `roster.toml` fills them by hand.
///
/// ```
/// use roster::Settings;
///
/// let settings = Settings::new().with("path", "exports/lincoln").with("page_size", 100_u32);
/// assert_eq!(settings.request()?.page_size, Some(100));
/// # Ok::<(), roster::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<String, Value>,
}

/// The value of one setting. `Debug` shows no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value {
    /// Text.
    Text(String),
    /// A path.
    Path(PathBuf),
    /// A whole number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// A list of text.
    List(Vec<String>),
    /// What must not be seen.
    Secret(SecretString),
}

impl Settings {
    /// No settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Sets one.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.values.insert(key.into(), value.into());
    }

    /// The value of a setting, if it is set.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// All of them, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// A setting that is text.
    ///
    /// # Errors
    ///
    /// `Config` if it is something else.
    pub fn text(&self, key: &str) -> Result<Option<&str>> {
        self.typed(key, "text", |value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A setting that is a path; text will do.
    ///
    /// # Errors
    ///
    /// `Config` if it is something else.
    pub fn path(&self, key: &str) -> Result<Option<&Path>> {
        self.typed(key, "a path", |value| match value {
            Value::Path(path) => Some(path.as_path()),
            Value::Text(text) => Some(Path::new(text)),
            _ => None,
        })
    }

    /// A setting that is a whole number.
    ///
    /// # Errors
    ///
    /// `Config` if it is something else.
    pub fn number(&self, key: &str) -> Result<Option<u64>> {
        self.typed(key, "a whole number", |value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        })
    }

    /// A setting that is secret.
    ///
    /// # Errors
    ///
    /// `Config` if it was set as something that may be seen.
    pub fn secret(&self, key: &str) -> Result<Option<&SecretString>> {
        self.typed(key, "a secret", |value| match value {
            Value::Secret(secret) => Some(secret),
            _ => None,
        })
    }

    /// A full pull as the settings common to all providers want it: `sensitive`, `schools`, `classes`, `page_size`.
    ///
    /// # Errors
    ///
    /// `Config` if one of them has the wrong form, or names a sensitive field that there is not.
    pub fn request(&self) -> Result<PullRequest> {
        let mut scope = Scope::default();
        scope.orgs = self.ids("schools")?;
        scope.classes = self.ids("classes")?;
        let mut request = PullRequest::full().scoped(scope).with_sensitive(self.sensitive()?);
        if let Some(size) = self.number("page_size")? {
            request.page_size =
                Some(u32::try_from(size).map_err(|_| wrong("page_size", "a smaller number"))?);
        }
        Ok(request)
    }

    /// How much a sync may change without approval: `ends_count`, `ends_percent` and so on. What is not set has its default.
    ///
    /// # Errors
    ///
    /// `Config` if one of them is no number, or so large that the guard would be off.
    #[cfg(feature = "sync")]
    pub fn guards(&self) -> Result<roster_sync::Guards> {
        let mut guards = roster_sync::Guards::default();
        for (limit, count, percent) in [
            (&mut guards.ends, "ends_count", "ends_percent"),
            (&mut guards.updates, "updates_count", "updates_percent"),
            (&mut guards.dangling, "dangling_count", "dangling_percent"),
            (&mut guards.id_shape, "id_shape_count", "id_shape_percent"),
        ] {
            limit.count = self.number(count)?.unwrap_or(limit.count);
            limit.percent = self.number(percent)?.unwrap_or(limit.percent);
        }
        guards.checked()
    }

    /// For how many students there are seats, if that is set.
    ///
    /// # Errors
    ///
    /// `Config` if it is no number.
    pub fn seats(&self) -> Result<Option<u64>> {
        self.number("seats")
    }

    /// A setting that is true or false.
    ///
    /// # Errors
    ///
    /// `Config` if it is something else.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.typed(key, "true or false", |value| match value {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        })
    }

    fn ids<C: FromIterator<SourcedId>>(&self, key: &str) -> Result<Option<C>> {
        let list = self.typed(key, "a list of text", Value::list)?;
        Ok(list.map(|ids| ids.iter().map(|id| SourcedId::from(id.as_str())).collect()))
    }

    fn sensitive(&self) -> Result<Vec<SensitiveField>> {
        match self.get("sensitive") {
            None | Some(Value::Flag(false)) => Ok(Vec::new()),
            Some(Value::Flag(true)) => Ok(SensitiveField::ALL.into()),
            Some(Value::List(names)) => names
                .iter()
                .map(|name| {
                    name.parse().map_err(|error: roster_core::UnknownSensitiveField| {
                        config(format!("`sensitive`: {error}"))
                    })
                })
                .collect(),
            Some(_) => Err(wrong("sensitive", "true, false or a list of names")),
        }
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        wants: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        self.get(key).map(|value| read(value).ok_or_else(|| wrong(key, wants))).transpose()
    }
}

impl Value {
    /// The items, if it is a list.
    pub fn list(&self) -> Option<&[String]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }
}

fn wrong(key: &str, wants: &str) -> Error {
    config(format!("`{key}` wants {wants}"))
}

fn config(message: String) -> Error {
    Error::new(ErrorKind::Config, "host", "reading the settings", message)
}

macro_rules! values {
    ($($from:ty => $variant:ident,)+) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )+};
}

values! {
    &str => Text,
    String => Text,
    PathBuf => Path,
    &Path => Path,
    u32 => Number,
    u64 => Number,
    bool => Flag,
    Vec<String> => List,
    SecretString => Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_what_the_settings_say() {
        let settings = Settings::new()
            .with("sensitive", vec!["contacts".to_owned()])
            .with("schools", vec!["12".to_owned()])
            .with("page_size", 0_u32);
        let request = settings.request().unwrap();
        assert!(request.sees(SensitiveField::Contacts) && !request.sees(SensitiveField::Phones));
        assert_eq!(request.scope, Scope::of_orgs(["12".into()]));
        assert_eq!(request.page_size, Some(0));

        let all = Settings::new().with("sensitive", true).request().unwrap();
        assert_eq!(all.sensitive.len(), SensitiveField::ALL.len());
        assert_eq!(Settings::new().request().unwrap(), PullRequest::full());
    }

    #[cfg(feature = "sync")]
    #[test]
    fn guards_are_set_one_by_one_and_never_off() {
        use roster_sync::{Guards, Limit};

        let settings = Settings::new().with("ends_percent", 20_u32).with("dangling_count", 50_u32);
        let guards = settings.guards().unwrap();
        assert_eq!((guards.ends, guards.dangling), (Limit::new(5, 20), Limit::new(50, 5)));
        assert_eq!(guards.updates, Guards::default().updates);
        assert_eq!(Settings::new().guards().unwrap(), Guards::default());
        for (key, value) in [("ends_percent", 51_u32), ("updates_percent", 91), ("dangling_count", 101)] {
            let error = Settings::new().with(key, value).guards().unwrap_err();
            let guard = key.split('_').next().unwrap();
            assert!(error.message().contains(&format!("the guard `{guard}`")), "{error}");
        }
        assert!(Settings::new().with("ends_count", "many").guards().is_err());
    }

    #[test]
    fn a_wrong_form_is_named() {
        let error = Settings::new().with("page_size", "ten").request().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.message(), "`page_size` wants a whole number");
        let error = Settings::new().with("sensitive", vec!["shoe_size".to_owned()]).request().unwrap_err();
        assert!(error.message().contains("there are: contacts"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let settings = Settings::new().with("token", SecretString::from("canary"));
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
