//! What one school of a group has of its own.

use roster_core::{Field, FieldSet, PersonField, Result};
use serde::{Deserialize, Serialize};

use crate::{
    builder::SETTINGS,
    config::{ClassSource, EmailOrder, WondeConfig},
    error::wrong,
};

/// What one school of a group has of its own: what is not said here is as for all of them.
///
/// ```
/// use roster_core::PersonField;
/// use roster_wonde::{ClassSource, SchoolOptions, WondeAccount};
///
/// # fn main() -> roster_core::Result<()> {
/// let account = WondeAccount::builder()
///     .token("example-token")
///     .school_options("A1000000001", SchoolOptions::default().class_source(ClassSource::RegistrationGroups))
///     .school_options("A1000000002", SchoolOptions::default().frozen_fields([PersonField::Email]))
///     .build_account();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SchoolOptions {
    /// What classes are taken from.
    pub class_source: Option<ClassSource>,
    /// Which of a person's addresses is the one.
    pub emails: Option<EmailOrder>,
    /// A change of the school's MIS was announced and is not over: nothing ends meanwhile.
    pub frozen: Option<bool>,
    /// Fields of people, by name, that stay as they are known, such as `email` while the school's addresses are being changed.
    pub frozen_fields: Option<Vec<String>>,
}

impl SchoolOptions {
    /// What classes are taken from.
    #[must_use]
    pub fn class_source(mut self, source: ClassSource) -> Self {
        self.class_source = Some(source);
        self
    }

    /// Which of a person's addresses is the one.
    #[must_use]
    pub fn emails(mut self, order: EmailOrder) -> Self {
        self.emails = Some(order);
        self
    }

    /// A change of the school's MIS was announced and is not over, or is over again.
    #[must_use]
    pub fn frozen(mut self, frozen: bool) -> Self {
        self.frozen = Some(frozen);
        self
    }

    /// Fields of people that stay as they are known.
    #[must_use]
    pub fn frozen_fields(mut self, fields: impl IntoIterator<Item = PersonField>) -> Self {
        self.frozen_fields = Some(names(fields));
        self
    }
}

/// What is so for one school.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    pub(crate) class_source: ClassSource,
    pub(crate) emails: EmailOrder,
    pub(crate) frozen: bool,
    pub(crate) frozen_fields: FieldSet,
}

impl Choices {
    /// The settings for all schools, what they say of this one, and what is said of it beside them: the later counts.
    pub(crate) fn of(config: &WondeConfig, school: &str, beside: &SchoolOptions) -> Result<Self> {
        let own = config.schools.get(school).cloned().unwrap_or_default();
        let fields = beside.frozen_fields.as_ref().or(own.frozen_fields.as_ref());
        Ok(Self {
            class_source: beside.class_source.or(own.class_source).unwrap_or(config.class_source),
            emails: beside.emails.clone().or(own.emails).unwrap_or_else(|| config.emails.clone()),
            frozen: beside.frozen.or(own.frozen).unwrap_or(config.frozen),
            frozen_fields: read(fields.unwrap_or(&config.frozen_fields))?,
        })
    }
}

pub(crate) fn names(fields: impl IntoIterator<Item = PersonField>) -> Vec<String> {
    fields.into_iter().map(|field| field.name().to_owned()).collect()
}

/// The fields of these names.
pub(crate) fn read(names: &[String]) -> Result<FieldSet> {
    names.iter().try_fold(FieldSet::EMPTY, |fields, name| {
        let known = PersonField::ALL.iter().find(|field| field.name() == name.trim());
        known.map(|field| fields.with(*field)).ok_or_else(|| {
            let all: Vec<_> = PersonField::ALL.iter().map(|field| field.name()).collect();
            wrong(
                SETTINGS,
                format!("`frozen_fields` (`frozen` in roster.toml) has a name that is no field of people: they are {}", all.join(", ")),
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_school_counts_before_what_is_said_of_all() {
        let mut config = WondeConfig { frozen_fields: vec!["email".to_owned()], ..WondeConfig::default() };
        let own = SchoolOptions::default().class_source(ClassSource::Both).frozen(true);
        config.schools.insert("A1".to_owned(), own);
        let of = |school, beside: SchoolOptions| Choices::of(&config, school, &beside).unwrap();
        let one = of("A1", SchoolOptions::default());
        assert_eq!((one.class_source, one.frozen), (ClassSource::Both, true));
        assert!(one.frozen_fields.contains(PersonField::Email));
        let beside = SchoolOptions::default().frozen(false).frozen_fields([PersonField::Groups]);
        let same = of("A1", beside);
        assert_eq!((same.class_source, same.frozen), (ClassSource::Both, false));
        assert!(same.frozen_fields == FieldSet::of([PersonField::Groups]));
        let other = of("A2", SchoolOptions::default());
        assert_eq!((other.class_source, other.frozen), (ClassSource::Auto, false));
    }

    #[test]
    fn a_group_is_written_as_data() {
        let text = r#"{ "schools": { "A1": { "class_source": "registration_groups", "frozen_fields": ["email"] } } }"#;
        let config: WondeConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.schools["A1"].class_source, Some(ClassSource::RegistrationGroups));
        assert!(serde_json::from_str::<WondeConfig>(&text.replace("class_source", "classes")).is_err());
    }
}
