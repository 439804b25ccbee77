//! What a SOURCE on the command line means.

use super::Config;

/// A source as its user names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceName<'a> {
    /// One that the settings file names.
    Named(&'a str),
    /// A provider, and what stands after the colon.
    AdHoc { provider: &'a str, tenant: &'a str },
}

/// Why a text names no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has no colon, and the settings file does not know it.
    Unknown,
    /// Something stands after a name of the settings file.
    NameAndMore,
    /// Nothing stands after the colon.
    NoTenant,
}

impl<'a> SourceName<'a> {
    /// Reads `text`; `is_named` tells whether the settings file has a source of that name.
    pub(super) fn read(text: &'a str, is_named: impl Fn(&str) -> bool) -> Result<Self, Fault> {
        if is_named(text) {
            return Ok(Self::Named(text));
        }
        let (provider, tenant) = text.split_once(':').ok_or(Fault::Unknown)?;
        if is_named(provider) {
            Err(Fault::NameAndMore)
        } else if tenant.is_empty() {
            Err(Fault::NoTenant)
        } else {
            Ok(Self::AdHoc { provider, tenant })
        }
    }
}

impl Fault {
    /// What is wrong with `text`, and what to write.
    pub(super) fn in_words(self, text: &str, config: &Config) -> String {
        let file = config.file();
        match self {
            Self::Unknown => {
                let whose = if config.is_there() {
                    format!("{file} has no source `{text}`")
                } else {
                    format!("no source `{text}`: there is no {file} that could name it")
                };
                let hint = if text.contains(['/', '\\', '.']) {
                    format!("to read files, write csv:{text}")
                } else {
                    "or name one ad hoc, such as csv:PATH".to_owned()
                };
                format!("{whose}; {hint}")
            }
            Self::NameAndMore => {
                format!("`{text}` begins with the name of a source of {file}, which stands alone")
            }
            Self::NoTenant => format!("nothing stands after the colon of `{text}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SourceName<'_>, Fault> {
        SourceName::read(text, |name| name == "lincoln")
    }

    #[test]
    fn names_come_first_and_the_first_colon_divides() {
        assert_eq!(read("lincoln"), Ok(SourceName::Named("lincoln")));
        for (text, provider, tenant) in [
            ("csv:data/a:b", "csv", "data/a:b"),
            (r"csv:C:\data", "csv", r"C:\data"),
            ("oneroster:https://x.example/v1", "oneroster", "https://x.example/v1"),
        ] {
            assert_eq!(read(text), Ok(SourceName::AdHoc { provider, tenant }));
        }
        assert_eq!(read("lincoln:x"), Err(Fault::NameAndMore));
        assert_eq!(read("csv:"), Err(Fault::NoTenant));
        assert_eq!(read("jefferson"), Err(Fault::Unknown));
    }

    #[test]
    fn a_path_alone_is_told_how_to_write_it() {
        let there = Config::from_toml("", "roster.toml").unwrap();
        assert_eq!(
            Fault::Unknown.in_words("./data", &there),
            "roster.toml has no source `./data`; to read files, write csv:./data"
        );
        let absent = Config::load_if_there("not-here/roster.toml").unwrap();
        assert_eq!(
            Fault::Unknown.in_words("lincoln", &absent),
            "no source `lincoln`: there is no not-here/roster.toml that could name it; or name one ad hoc, such as \
             csv:PATH"
        );
    }
}
