//! Which keys an event's object has.

/// The keys of an object, and of each of its roles: what an event tells of it.
#[derive(Default)]
pub(crate) struct Told(serde_json::Map<String, serde_json::Value>);

impl Told {
    /// Reads the keys. An object that is none tells nothing.
    pub(crate) fn of(object: &str) -> Self {
        Self(serde_json::from_str(object).unwrap_or_default())
    }

    /// Whether the object tells the key: a null tells nothing.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_null())
    }

    /// Whether the fields that districts define are told: those of the object or, of a person, of each role that can have any.
    pub(crate) fn has_ext(&self) -> bool {
        match self.0.get("roles").and_then(serde_json::Value::as_object) {
            Some(roles) => {
                let mut carriers =
                    roles.keys().filter(|role| matches!(role.as_str(), "student" | "teacher" | "staff"));
                carriers.all(|role| self.role_has(role, "ext"))
            }
            None => self.has("ext"),
        }
    }

    /// The same, of a role.
    pub(crate) fn role_has(&self, role: &str, key: &str) -> bool {
        let role = self.0.get("roles").and_then(|roles| roles.get(role));
        role.and_then(|role| role.get(key)).is_some_and(|value| !value.is_null())
    }
}
