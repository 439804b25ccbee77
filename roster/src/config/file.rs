//! The file `roster.toml`.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use roster_core::Result;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{capped, environment::capitals, place::Place, secret::SecretPlace, wrong};

const LIMIT: u64 = 1024 * 1024;

/// The sources that a settings file names. `Debug` shows their names alone.
#[derive(Clone, Default)]
pub struct Config {
    path: PathBuf,
    is_there: bool,
    pub(super) sources: BTreeMap<String, Entry>,
}

/// One source, not yet understood: what its settings mean depends on its provider.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) provider: String,
    /// `file:line:column` of the provider.
    pub(super) provider_place: String,
    pub(super) values: BTreeMap<String, Written>,
}

/// A setting as it is written.
#[derive(Clone)]
pub(super) struct Written {
    pub(super) value: Raw,
    /// `file:line:column`.
    pub(super) place: String,
}

/// A value of the file. Text may be a secret that somebody should not have written here, so there is no `Debug`.
#[derive(Clone)]
pub(super) enum Raw {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<String>),
    Secret(SecretPlace),
    Other,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// `Config` if it is not there, too large, not UTF-8 or not TOML, or if it holds anything but sources.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = capped::read(path, LIMIT, &path.display().to_string())?;
        Self::from_toml(&text, path)
    }

    /// Reads a file if there is one; else no source has a name.
    ///
    /// # Errors
    ///
    /// As [`Config::load`], but for a file that is not there.
    pub fn load_if_there(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        match path.try_exists() {
            Ok(false) => Ok(Self { path: path.to_owned(), ..Self::default() }),
            _ => Self::load(path),
        }
    }

    /// Reads text that came from `path`, which messages name and paths are relative to.
    ///
    /// # Errors
    ///
    /// `Config` if it is not TOML, or if it holds anything but sources.
    pub fn from_toml(text: &str, path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let reader = Reader { text, path: &path };
        let sources = reader.sources()?;
        Ok(Self { path, is_there: true, sources })
    }

    /// The names of its sources.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str)
    }

    /// The file's name, for messages.
    pub(super) fn file(&self) -> String {
        self.path.display().to_string()
    }

    /// Whether there is a file at all.
    pub(super) fn is_there(&self) -> bool {
        self.is_there
    }

    /// The folder that paths are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Config").field(&self.sources.keys()).finish()
    }
}

/// Reads the text. The parser's own messages are never shown, since they quote it.
struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

type Node<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn sources(&self) -> Result<BTreeMap<String, Entry>> {
        let document = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(format!(
                "{}: this is not TOML; look for a missing quote, bracket or equals sign, or a name that is there twice",
                self.place(at)
            ))
        })?;
        let mut sources = BTreeMap::new();
        for (key, value) in document.get_ref() {
            if key.get_ref() != "sources" {
                let at = self.place(key.span().start);
                return Err(wrong(format!("{at}: no setting `{}` here; there is: sources", key.get_ref())));
            }
            for (name, entry) in self.table(value, "`sources`")? {
                let place = self.place(name.span().start);
                let name = name.get_ref().to_string();
                check_name(&name, &place, &sources)?;
                let entry = self.entry(&name, &place, entry)?;
                sources.insert(name, entry);
            }
        }
        Ok(sources)
    }

    fn entry(&self, name: &str, place: &str, node: &Node<'_>) -> Result<Entry> {
        let mut provider = None;
        let mut values = BTreeMap::new();
        for (key, value) in self.table(node, &format!("source `{name}`"))? {
            let place = self.place(value.span().start);
            let raw = self.raw(value.get_ref());
            match (key.get_ref().as_ref(), raw) {
                ("provider", Raw::Text(id)) => provider = Some((id, place)),
                ("provider", _) => {
                    return Err(wrong(format!("{place}: `provider` of source `{name}` wants text")));
                }
                (key, value) => {
                    values.insert(key.to_owned(), Written { value, place });
                }
            }
        }
        let (provider, provider_place) = provider
            .ok_or_else(|| wrong(format!("{place}: source `{name}` has no `provider`, such as \"csv\"")))?;
        Ok(Entry { provider, provider_place, values })
    }

    fn table<'n, 't>(&self, node: &'n Node<'t>, what: &str) -> Result<&'n DeTable<'t>> {
        match node.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(wrong(format!(
                "{}: {what} must be a table, such as [sources.lincoln]",
                self.place(node.span().start)
            ))),
        }
    }

    fn raw(&self, value: &DeValue<'_>) -> Raw {
        match value {
            DeValue::String(text) => Raw::Text(text.to_string()),
            DeValue::Boolean(flag) => Raw::Flag(*flag),
            DeValue::Integer(number) => {
                u64::from_str_radix(number.as_str(), number.radix()).map_or(Raw::Other, Raw::Number)
            }
            DeValue::Array(items) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>()
                .map_or(Raw::Other, Raw::List),
            DeValue::Table(table) => self.secret(table).map_or(Raw::Other, Raw::Secret),
            _ => Raw::Other,
        }
    }

    fn secret(&self, table: &DeTable<'_>) -> Option<SecretPlace> {
        let mut parts = table.iter();
        let (key, value) = parts.next()?;
        match (key.get_ref().as_ref(), value.get_ref(), parts.next()) {
            ("env", DeValue::String(name), None) => Some(SecretPlace::Environment(name.to_string())),
            ("file", DeValue::String(path), None) => {
                let folder = self.path.parent().unwrap_or(Path::new(""));
                Some(SecretPlace::File(folder.join(path.as_ref())))
            }
            _ => None,
        }
    }

    fn place(&self, byte: usize) -> String {
        let place = Place::of_byte(self.text, byte);
        format!("{}:{place}", self.path.display())
    }
}

/// Two names that are one in the environment would share their secrets.
fn check_name(name: &str, place: &str, sources: &BTreeMap<String, Entry>) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(wrong(format!(
            "{place}: a source's name is made of the letters a to z, digits, `-` and `_`"
        )));
    }
    if let Some(other) = sources.keys().find(|other| capitals(other) == capitals(name)) {
        return Err(wrong(format!(
            "{place}: sources `{other}` and `{name}` would share their environment variables; rename one"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Config::from_toml(text, "roster.toml").unwrap_err().message().to_owned()
    }

    #[test]
    fn sources_have_names() {
        let config =
            Config::from_toml("[sources.a]\nprovider = 'csv'\n[sources.b]\nprovider = 'csv'", "x").unwrap();
        assert_eq!(config.names().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(Config::from_toml("", "x").unwrap().names().count(), 0);
    }

    #[test]
    fn broken_toml_is_told_by_place_and_never_quoted() {
        let text = "[sources.a]\nprovider = 'csv'\ntoken = \"canary";
        let told = message(text);
        assert!(told.starts_with("roster.toml:3:"), "{told}");
        assert!(!told.contains("canary"));
        assert!(
            message("[sources.a]\nprovider = 'csv'\ncanary = 1\ncanary = 2")
                .starts_with("roster.toml:4:1: this is not TOML")
        );
    }

    #[test]
    fn what_is_out_of_place_is_named() {
        assert_eq!(message("store = 'x'"), "roster.toml:1:1: no setting `store` here; there is: sources");
        assert_eq!(
            message("[sources.a]\npath = 'x'"),
            "roster.toml:1:10: source `a` has no `provider`, such as \"csv\""
        );
        assert_eq!(
            message("[sources.a]\nprovider = 1"),
            "roster.toml:2:12: `provider` of source `a` wants text"
        );
        assert!(message("sources = 1").contains("must be a table"));
        assert!(message("[sources.'a:b']\nprovider = 'csv'").contains("letters a to z"));
    }

    #[test]
    fn names_that_share_variables_are_refused() {
        let told = message("[sources.high-1]\nprovider='csv'\n[sources.HIGH_1]\nprovider='csv'");
        assert!(told.contains("would share their environment variables"), "{told}");
    }

    #[test]
    fn a_file_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roster.toml");
        assert!(Config::load(&path).is_err());
        assert_eq!(Config::load_if_there(&path).unwrap().names().count(), 0);
    }
}
