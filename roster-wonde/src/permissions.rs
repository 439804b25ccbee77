//! What a school has granted. The words of the vendor's permissions are not documented, so they are read by what they name.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::{
    resource::Resource,
    wire::{self, flag},
};

/// The permissions of one school: whether each is approved, by its identity in one spelling.
#[derive(Clone, Default)]
pub(crate) struct Permissions(BTreeMap<String, bool>);

impl Permissions {
    pub(crate) fn read<'a>(rows: impl IntoIterator<Item = &'a RawValue>) -> Self {
        let mut permissions = BTreeMap::new();
        for row in rows {
            let Ok(wire) = serde_json::from_str::<wire::Permission<'_>>(row.get()) else { continue };
            let Some(identity) = wire.identity.get().or(wire.name.get()) else { continue };
            let approved = flag(&wire.approved) == Some(true);
            *permissions.entry(plain(identity)).or_insert(false) |= approved;
        }
        Self(permissions)
    }

    /// Whether a resource is granted; `None` if nothing is said of it.
    pub(crate) fn resource(&self, resource: Resource) -> Option<bool> {
        self.any(&both(resource.word()))
    }

    /// Whether an include of a resource is granted; `None` if nothing is said of it.
    pub(crate) fn include(&self, resource: Resource, include: &str) -> Option<bool> {
        let of = resource.word();
        if let Some((outer, inner)) = include.split_once('.') {
            let outer = both(outer);
            return self.any(&outer.map(|outer| format!("{outer}_{inner}")));
        }
        let own: Vec<String> = both(of).iter().map(|of| format!("{of}_{include}")).collect();
        let resource = match include {
            "year" | "registration" | "house" | "campus" | "groups" => "groups",
            "classes" => "classes",
            "subject" => "subjects",
            "students" => "students",
            "employees" => "employees",
            "contacts" => "contacts",
            _ => include,
        };
        self.any(&own).or_else(|| self.any(&both(resource)))
    }

    /// Whether the Unique Pupil Number is granted, which has a permission of its own.
    pub(crate) fn upn(&self) -> Option<bool> {
        self.any(&[
            "students_upn",
            "student_upn",
            "upn",
            "education_details_upn",
            "students_education_details_upn",
        ])
    }

    fn any(&self, names: &[impl AsRef<str>]) -> Option<bool> {
        let found = names.iter().filter_map(|name| self.0.get(name.as_ref()).copied());
        found.reduce(|one, other| one || other)
    }
}

/// A word in the plural and in the singular.
fn both(word: &str) -> [String; 2] {
    let singular = match word {
        "classes" => "class",
        "details" => "details",
        other => other.strip_suffix('s').unwrap_or(other),
    };
    [word.to_owned(), singular.to_owned()]
}

/// One spelling of an identity: `Students.Read`, `students-read` and `students:read` are all `students`.
fn plain(identity: &str) -> String {
    let lower = identity.to_ascii_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words = match words.as_slice() {
        [some @ .., "read" | "view"] | ["read" | "view", some @ ..] if !some.is_empty() => some,
        all => all,
    };
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, bool)]) -> Permissions {
        Permissions(pairs.iter().map(|(identity, approved)| (plain(identity), *approved)).collect())
    }

    #[test]
    fn only_what_is_said_counts() {
        let some = of(&[
            ("students.read", true),
            ("contacts.read", false),
            ("groups.read", true),
            ("students.contact_details.read", false),
            ("Student UPN read", true),
        ]);
        assert_eq!(some.resource(Resource::Students), Some(true));
        assert_eq!(some.resource(Resource::Classes), None);
        assert_eq!(some.include(Resource::Students, "contacts"), Some(false));
        assert_eq!(some.include(Resource::Students, "contact_details"), Some(false));
        assert_eq!(some.include(Resource::Employees, "contact_details"), None);
        assert_eq!(some.include(Resource::Students, "house"), Some(true));
        assert_eq!(some.upn(), Some(true));
    }

    #[test]
    fn a_contacts_address_is_not_the_contact() {
        let some = of(&[("contacts.read", true)]);
        assert_eq!(some.include(Resource::Students, "contact_details"), None);
        assert_eq!(some.include(Resource::Students, "contacts.contact_details"), None);
    }
}
