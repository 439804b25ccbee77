//! Which settings a provider has.

use std::path::PathBuf;

use crate::Value;

/// One setting of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Key {
    /// Its name, the same in `roster.toml`, in the environment (in capitals) and on the command line.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub what: &'static str,
    /// How it is written.
    pub form: Form,
    /// Whether it must not be seen: read from a file or the environment only.
    pub secret: bool,
    /// Whether nothing can be opened without it.
    pub required: bool,
}

/// How a setting is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// Text.
    Text,
    /// A path. In a settings file it is relative to that file's folder.
    Path,
    /// A whole number, not negative.
    Number,
    /// A list of text; outside a settings file the items stand between commas.
    List,
    /// `true` or `false`.
    Flag,
    /// `true` for all, `false` for none, or a list of names.
    FlagOrList,
}

impl Key {
    /// The settings that every provider has.
    pub const COMMON: &[Self] = &[
        Self::new(
            "page_size",
            "How many records to ask for at a time; 0 leaves it to the server. Files have no pages.",
            Form::Number,
        ),
        Self::new(
            "sensitive",
            "Sensitive fields to pull: true for all, or a list of their names. None by default.",
            Form::FlagOrList,
        ),
        Self::new("schools", "Pull these schools alone, by id.", Form::List),
        Self::new("classes", "Pull these classes alone, by id.", Form::List),
        Self::new(
            "seats",
            "For how many active students there are seats. A sync that would bring more is held; pulls do not look at it.",
            Form::Number,
        ),
        Self::new(
            "ends_count",
            "So many records of a kind may always end in a sync without approval: 5 by default, 100 at most.",
            Form::Number,
        ),
        Self::new(
            "ends_percent",
            "So many of a hundred may end without approval: 10 by default, 50 at most.",
            Form::Number,
        ),
        Self::new(
            "updates_count",
            "So many records of a kind may always be updated without approval: 5 by default, 100 at most.",
            Form::Number,
        ),
        Self::new(
            "updates_percent",
            "So many of a hundred may be updated without approval: 75 by default, 90 at most.",
            Form::Number,
        ),
        Self::new(
            "dangling_count",
            "So many records of a kind may always be quarantined without approval: 5 by default, 100 at most.",
            Form::Number,
        ),
        Self::new(
            "dangling_percent",
            "So many of a hundred may be quarantined without approval: 5 by default, 50 at most.",
            Form::Number,
        ),
        Self::new(
            "id_shape_count",
            "So many ids of a kind may always change their form in a sync without approval: 5 by default, 100 at most.",
            Form::Number,
        ),
        Self::new(
            "id_shape_percent",
            "So many of a hundred may change their form without approval: 5 by default, 50 at most.",
            Form::Number,
        ),
    ];

    /// A setting that is neither secret nor required.
    pub const fn new(name: &'static str, what: &'static str, form: Form) -> Self {
        Self { name, what, form, secret: false, required: false }
    }

    /// Must not be seen.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Must be there.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Reads a value that came as text, from the environment or a command line. `None` if it is not of the key's form.
    pub fn read(&self, text: &str) -> Option<Value> {
        match self.form {
            Form::Text => Some(Value::Text(text.to_owned())),
            Form::Path => Some(Value::Path(PathBuf::from(text))),
            Form::Number => text.trim().parse().ok().map(Value::Number),
            Form::List => Some(Value::List(split(text))),
            Form::Flag => text.trim().parse().ok().map(Value::Flag),
            Form::FlagOrList => Some(match text.trim() {
                "true" => Value::Flag(true),
                "false" => Value::Flag(false),
                list => Value::List(split(list)),
            }),
        }
    }

    /// Whether the value is of the key's form.
    pub fn takes(&self, value: &Value) -> bool {
        if self.secret {
            return matches!(value, Value::Secret(_));
        }
        matches!(
            (self.form, value),
            (Form::Text, Value::Text(_))
                | (Form::Path, Value::Path(_))
                | (Form::Number, Value::Number(_))
                | (Form::List | Form::FlagOrList, Value::List(_))
                | (Form::Flag | Form::FlagOrList, Value::Flag(_))
        )
    }
}

impl Form {
    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Path => "path",
            Self::Number => "number",
            Self::List => "list",
            Self::Flag => "flag",
            Self::FlagOrList => "flag_or_list",
        }
    }

    /// What a value must be, for messages.
    pub const fn wants(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Path => "a path",
            Self::Number => "a whole number from 0",
            Self::List => "a list of text, such as [\"12\", \"15\"]",
            Self::Flag => "true or false",
            Self::FlagOrList => "true, false or a list of names",
        }
    }
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(form: Form) -> Key {
        Key::new("key", "what", form)
    }

    #[test]
    fn text_is_read_by_the_form() {
        assert_eq!(
            key(Form::List).read("12, 15,").unwrap().list(),
            Some(&["12".to_owned(), "15".to_owned()][..])
        );
        assert!(matches!(key(Form::FlagOrList).read("true"), Some(Value::Flag(true))));
        assert!(key(Form::Number).read("many").is_none());
        assert!(key(Form::Number).read("-1").is_none());
    }

    #[test]
    fn a_secret_takes_nothing_that_may_be_seen() {
        let secret = key(Form::Text).secret();
        assert!(!secret.takes(&Value::Text("t".to_owned())));
        assert!(secret.takes(&Value::Secret("t".to_owned().into())));
    }
}
