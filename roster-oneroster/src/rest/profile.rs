//! What is known of a server: learnt by a check, kept by the host, used by pulls.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};

use super::collection::Collection;

/// The version of the form in which profiles are kept.
const FORM: u16 = 1;

/// What is known of a server. As JSON it is what a check reports, and what the builder takes. It holds nothing of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a key of the JSON")]
pub(crate) struct Profile {
    version: u16,
    /// The order of rows can be asked for.
    pub(crate) sorts: bool,
    /// Rows can be asked for by when they changed.
    pub(crate) filters: bool,
    /// Fields can be chosen. Not relied on unless a check found it.
    pub(crate) fields: bool,
    /// The total comes with each page, and is right.
    pub(crate) totals: bool,
    /// Pages can be asked for by an offset.
    pub(crate) offsets: bool,
    /// The most rows a page that it sends, where that was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) most_rows: Option<u32>,
    /// How stamps are written.
    pub(crate) dates: Dates,
    /// How truth values are written.
    pub(crate) booleans: Booleans,
    /// How references are written.
    pub(crate) references: References,
    /// Which collections are shared; those that were never asked for are not among them.
    pub(crate) shared: BTreeMap<Collection, bool>,
}

/// How `dateLastModified` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dates {
    #[default]
    Unknown,
    /// To the second at least, with a zone.
    Zoned,
    /// Without a zone.
    Zoneless,
    /// Of a day.
    Day,
}

/// How truth values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Booleans {
    #[default]
    Unknown,
    /// As the texts `true` and `false`, which the binding has.
    Text,
    /// As JSON's own.
    Json,
    /// As something else.
    Other,
}

/// How references are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum References {
    #[default]
    Unknown,
    /// As objects with a `sourcedId`, which the binding has.
    Objects,
    /// As bare ids.
    Bare,
}

impl Default for Profile {
    /// A server that does what the standard says, as far as pulls can find out otherwise by themselves.
    fn default() -> Self {
        Self {
            version: FORM,
            sorts: true,
            filters: true,
            fields: false,
            totals: true,
            offsets: true,
            most_rows: None,
            dates: Dates::default(),
            booleans: Booleans::default(),
            references: References::default(),
            shared: BTreeMap::new(),
        }
    }
}

impl Profile {
    /// Reads a profile as a host kept it; `None` if it is none, or of a later form.
    pub(crate) fn read(json: serde_json::Value) -> Option<Self> {
        serde_json::from_value(json).ok().filter(|profile: &Self| profile.version <= FORM)
    }

    /// Whether a collection is known not to be shared.
    pub(crate) fn withholds(&self, collection: Collection) -> bool {
        self.shared.get(&collection) == Some(&false)
    }

    /// What is no longer as it was known, in whole sentences.
    pub(crate) fn drift(&self, now: &Self) -> Vec<String> {
        let mut told = Vec::new();
        let mut compare = |what: &str, before: String, now: String| {
            if before != now {
                told.push(format!("the server is not as its profile says: {what} was {before} and is {now}"));
            }
        };
        for (what, before, after) in [
            ("asking for an order", self.sorts, now.sorts),
            ("asking for what changed", self.filters, now.filters),
            ("choosing fields", self.fields, now.fields),
            ("a total with each page", self.totals, now.totals),
            ("asking by an offset", self.offsets, now.offsets),
        ] {
            compare(what, of_use(before), of_use(after));
        }
        let rows = |rows: Option<u32>| rows.map_or("not known".to_owned(), |rows| rows.to_string());
        compare("the most rows a page", rows(self.most_rows), rows(now.most_rows));
        if now.dates != Dates::Unknown {
            compare("the form of stamps", word(&self.dates), word(&now.dates));
        }
        if now.booleans != Booleans::Unknown {
            compare("the form of truth values", word(&self.booleans), word(&now.booleans));
        }
        if now.references != References::Unknown {
            compare("the form of references", word(&self.references), word(&now.references));
        }
        for (collection, shared) in &now.shared {
            let before = self.shared.get(collection).copied().unwrap_or(*shared);
            compare(collection.path(), is_shared(before), is_shared(*shared));
        }
        told
    }
}

fn of_use(flag: bool) -> String {
    if flag { "of use" } else { "of no use" }.to_owned()
}

fn is_shared(flag: bool) -> String {
    if flag { "shared" } else { "not shared" }.to_owned()
}

fn word(form: &impl Serialize) -> String {
    let json = serde_json::to_value(form).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// What is known now: a profile to begin with, and what requests found out since. Shared by all clones of a source.
#[derive(Debug)]
pub(crate) struct Habits {
    now: RwLock<Profile>,
    /// The profile that a check made, against which drift is told.
    checked: RwLock<Option<Profile>>,
}

/// What a pull saw of a server's habits beside what it has to go by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observed {
    /// How stamps are written, where they are not whole.
    pub(crate) dates: Dates,
    /// Whether a page came with a total; nothing, before any came.
    pub(crate) totals: Option<bool>,
    /// The rows of a first page that was cut short.
    pub(crate) most_rows: Option<u32>,
    /// The same page came whatever the offset.
    pub(crate) repeats: bool,
    /// Collections that were asked for and refused.
    pub(crate) refused: BTreeSet<Collection>,
}

impl Habits {
    /// With the profile that a check made, or without.
    pub(crate) fn new(checked: Option<Profile>) -> Self {
        let now = RwLock::new(checked.clone().unwrap_or_default());
        Self { now, checked: RwLock::new(checked) }
    }

    pub(crate) fn get<T>(&self, look: impl FnOnce(&Profile) -> T) -> T {
        look(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn learn(&self, learn: impl FnOnce(&mut Profile)) {
        learn(&mut self.now.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The profile that a check made.
    pub(crate) fn checked(&self) -> Option<Profile> {
        self.checked.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A check made this profile.
    pub(crate) fn check(&self, profile: Profile) {
        self.learn(|now| *now = profile.clone());
        *self.checked.write().unwrap_or_else(PoisonError::into_inner) = Some(profile);
    }

    /// What of the profile no longer fits, as far as a pull can tell; nothing, where there is none.
    pub(crate) fn drift(&self, observed: &Observed) -> Vec<String> {
        let Some(checked) = self.checked() else { return Vec::new() };
        // What a pull does not try out may have become of use unseen.
        let mut now = self.get(|now| Profile {
            sorts: checked.sorts && now.sorts,
            filters: checked.filters && now.filters,
            fields: checked.fields && now.fields,
            most_rows: now.most_rows,
            ..checked.clone()
        });
        now.totals &= observed.totals != Some(false);
        now.offsets &= !observed.repeats;
        if let Some(rows) = observed.most_rows {
            now.most_rows = Some(now.most_rows.map_or(rows, |most| most.min(rows)));
        }
        if checked.dates == Dates::Zoned && observed.dates != Dates::Unknown {
            now.dates = observed.dates;
        }
        for collection in &observed.refused {
            now.shared.entry(*collection).and_modify(|shared| *shared = false);
        }
        checked.drift(&now)
    }

    /// No more rows a page than this.
    pub(crate) fn narrow(&self, rows: u32) {
        self.learn(|profile| {
            profile.most_rows = Some(profile.most_rows.map_or(rows, |most| most.min(rows)));
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_profile_is_read_back_and_a_later_form_is_not() {
        let mut profile = Profile { most_rows: Some(500), fields: true, ..Profile::default() };
        profile.shared = [(Collection::Users, true), (Collection::Demographics, false)].into();
        let json = serde_json::to_value(&profile).unwrap();
        assert_eq!(json["version"], 1);
        assert_eq!(json["shared"], json!({ "users": true, "demographics": false }));
        assert_eq!(Profile::read(json.clone()), Some(profile));
        let mut later = json;
        later["version"] = 2.into();
        assert_eq!(Profile::read(later), None);
        assert_eq!(Profile::read(json!({ "sorts": false })).map(|profile| profile.sorts), Some(false));
        for wrong in [json!("x"), json!({ "sort": true }), json!({ "shared": { "pupils": true } })] {
            assert_eq!(Profile::read(wrong), None);
        }
    }

    #[test]
    fn drift_is_told_in_sentences_and_the_unknown_is_none() {
        let before = Profile { dates: Dates::Zoned, ..Profile::default() };
        assert_eq!(before.drift(&before), Vec::<String>::new());
        let unknown = Profile { dates: Dates::Unknown, ..before.clone() };
        assert_eq!(before.drift(&unknown), Vec::<String>::new());
        let mut now = Profile { sorts: false, dates: Dates::Day, ..before.clone() };
        now.shared.insert(Collection::Users, false);
        assert_eq!(before.drift(&now).len(), 2);
        let mut before = before;
        before.shared.insert(Collection::Users, true);
        let told = before.drift(&now);
        assert_eq!(
            told.last().map(String::as_str),
            Some("the server is not as its profile says: /users was shared and is not shared")
        );
    }
}
