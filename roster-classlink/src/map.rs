//! Rows of the list to districts. Pure.

use roster_core::{ConnectionState, SecretString, Tenant, decode};

use crate::wire;

/// One row of the partner's list: an application that a district shares with, or might.
#[derive(Clone)]
pub(crate) struct Application {
    /// The district's number, as text.
    pub(crate) tenant: String,
    /// The application's number: tells rows of one district apart.
    pub(crate) number: Option<String>,
    /// As it stands in paths, percent-encoded. Empty where the list names none yet: then nothing can be asked of it.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) bearer: Option<SecretString>,
    pub(crate) state: ConnectionState,
    /// The vendor's word, where it is not the usual one.
    pub(crate) detail: Option<String>,
}

/// Reads a row; `None` if it names no district.
pub(crate) fn application(wire: &wire::Application<'_>) -> Option<Application> {
    let tenant = wire.tenant_id.owned()?;
    let bearer = wire.bearer.owned().map(SecretString::from);
    let id = wire.oneroster_application_id.owned().unwrap_or_default();
    let (state, detail) = state(wire, bearer.is_some() && !id.is_empty());
    Some(Application {
        number: wire.application_id.owned(),
        id,
        name: wire.tenant_name.owned().unwrap_or_else(|| tenant.clone()),
        tenant,
        bearer,
        state,
        detail,
    })
}

/// What is not said of a district is as it should be: older entries say less.
fn state(wire: &wire::Application<'_>, has_bearer: bool) -> (ConnectionState, Option<String>) {
    let is_enabled = |text: &str| decode::flag(text).is_some_and(|flag| flag.value);
    if wire.enabled.get().is_some_and(|text| !is_enabled(text)) {
        return (ConnectionState::Paused, Some("not enabled".to_owned()));
    }
    match wire.tenant_status.get() {
        Some(status) if !status.eq_ignore_ascii_case("active") => {
            (ConnectionState::Failing, Some(status.to_owned()))
        }
        _ if has_bearer => (ConnectionState::Live, None),
        _ => (ConnectionState::Pending, None),
    }
}

impl Application {
    /// Whether a host means this one: by the district's number, or by that and the application's.
    pub(crate) fn is(&self, tenant: &str) -> bool {
        match tenant.split_once('/') {
            Some((number, application)) => {
                self.tenant == number && self.number.as_deref() == Some(application)
            }
            None => self.tenant == tenant,
        }
    }

    /// As a host sees it, under that id.
    pub(crate) fn tenant(&self, id: String) -> Tenant {
        let mut tenant = Tenant::new(id, self.name.clone(), self.state);
        tenant.detail.clone_from(&self.detail);
        tenant.identifiers = vec![format!("classlink_tenant:{}", self.tenant)];
        tenant
    }
}

/// The districts of a list, each under its number; where it has one more than once, the application's number tells them apart.
pub(crate) fn tenants(applications: &[Application]) -> Vec<Tenant> {
    let count = |tenant: &str| applications.iter().filter(|other| other.tenant == tenant).count();
    applications
        .iter()
        .map(|application| {
            let number = application.number.as_deref().filter(|_| count(&application.tenant) > 1);
            let id = number.map_or_else(
                || application.tenant.clone(),
                |number| format!("{}/{number}", application.tenant),
            );
            application.tenant(id)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(row: &Value) -> Option<Application> {
        let text = row.to_string();
        application(&serde_json::from_str(&text).unwrap())
    }

    fn row(more: &Value) -> Value {
        let mut row = json!({
            "id": 1176, "tenant_name": "ClassLink Demo", "tenant_id": 2, "application_id": 57,
            "bearer": "CanaryBearer", "name": "ClassLink", "oneroster_application_id": "MoYPlyQWmG0%3D",
        });
        if let (Some(row), Some(more)) = (row.as_object_mut(), more.as_object()) {
            row.extend(more.clone());
        }
        row
    }

    #[test]
    fn states_are_those_of_the_list() {
        use ConnectionState::{Failing, Live, Paused, Pending};
        for (more, state, detail) in [
            (json!({}), Live, None),
            (json!({ "enabled": "true", "tenant_status": "Active" }), Live, None),
            (json!({ "enabled": true, "tenant_status": "active" }), Live, None),
            (json!({ "enabled": "", "tenant_status": null }), Live, None),
            (json!({ "enabled": "true", "bearer": null }), Pending, None),
            (json!({ "bearer": "" }), Pending, None),
            (json!({ "enabled": "false", "tenant_status": "Active" }), Paused, Some("not enabled")),
            (json!({ "enabled": "perhaps" }), Paused, Some("not enabled")),
            (json!({ "enabled": "true", "tenant_status": "Suspended" }), Failing, Some("Suspended")),
            (json!({ "tenant_status": "Trial", "bearer": null }), Failing, Some("Trial")),
        ] {
            let read = read(&row(&more)).unwrap();
            assert_eq!((read.state, read.detail.as_deref()), (state, detail), "{more}");
        }
    }

    #[test]
    fn numbers_are_texts_and_ids_stay_encoded() {
        let read = read(&row(&json!({}))).unwrap();
        assert_eq!((read.tenant.as_str(), read.number.as_deref()), ("2", Some("57")));
        assert_eq!(read.id, "MoYPlyQWmG0%3D");
        assert!(read.is("2") && read.is("2/57") && !read.is("57") && !read.is("2/58"));
        assert!(self::read(&row(&json!({ "tenant_id": null }))).is_none());
        let unnamed = self::read(&row(&json!({ "oneroster_application_id": null }))).unwrap();
        assert_eq!((unnamed.state, unnamed.id.as_str()), (ConnectionState::Pending, ""));
    }

    #[test]
    fn a_district_with_two_applications_is_listed_twice() {
        let list =
            [row(&json!({})), row(&json!({ "application_id": 58 })), row(&json!({ "tenant_id": "3" }))];
        let list: Vec<_> = list.iter().filter_map(read).collect();
        let ids: Vec<_> = tenants(&list).into_iter().map(|tenant| tenant.id).collect();
        assert_eq!(ids, ["2/57", "2/58", "3"]);
    }
}
