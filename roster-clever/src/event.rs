//! An event of the feed: what it is about, and what it says.

use roster_core::{EntityKind, Place, SourcedId};

use crate::{
    collection::Collection,
    map::{self, Row, Wants},
    wire,
};

/// An event.
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) tells: Tells,
}

/// What an event tells.
pub(crate) enum Tells {
    /// The object is there, and looks like this.
    Is(Collection, Box<Row>),
    /// The object is gone, or no longer shared; whether it was a contact, where that can be told.
    Gone(Collection, SourcedId, Option<bool>),
    /// Of something that a roster has no use for.
    Nothing,
    /// Of something that is not known: the type, if it is a name that may be shown.
    Unknown(Option<String>),
    /// Of a record of the kind that can't be named.
    Unreadable(Option<EntityKind>),
}

/// What an event does.
enum Verb {
    Is,
    Gone,
}

/// Reads an element of the feed's list.
pub(crate) fn read(raw: &str, wants: &Wants, place: &Place) -> Event {
    let inner = serde_json::from_str::<wire::RawItem<'_>>(raw).ok().and_then(|item| item.data);
    // An event has a `data` of its own: an element that is not wrapped is told by its type.
    let is_bare =
        serde_json::from_str::<wire::Event<'_>>(raw).is_ok_and(|event| event.of_type.get().is_some());
    let text = if is_bare { raw } else { inner.map_or(raw, serde_json::value::RawValue::get) };
    let Ok(event) = serde_json::from_str::<wire::Event<'_>>(text) else {
        return Event { id: map::id_of(text).map(|id| id.to_string()), tells: Tells::Unreadable(None) };
    };
    let id = event.id.owned();
    let Some(of_type) = event.of_type.get() else { return Event { id, tells: Tells::Unreadable(None) } };
    let tells = match known(of_type) {
        None if of_type.starts_with("resources.") => Tells::Nothing,
        None => Tells::Unknown(shown(of_type)),
        Some((collection, verb)) => {
            let object = event.data.as_ref().and_then(|data| data.object);
            object.map_or(Tells::Unreadable(Some(collection.kind())), |object| {
                about(collection, &verb, object.get(), wants, place)
            })
        }
    };
    Event { id, tells }
}

fn known(of_type: &str) -> Option<(Collection, Verb)> {
    let (what, verb) = of_type.split_once('.')?;
    let collection = Collection::ALL.into_iter().find(|collection| collection.segment() == what)?;
    let verb = match verb {
        "created" | "updated" => Verb::Is,
        "deleted" => Verb::Gone,
        _ => return None,
    };
    Some((collection, verb))
}

fn about(collection: Collection, verb: &Verb, object: &str, wants: &Wants, place: &Place) -> Tells {
    match verb {
        Verb::Is => {
            let row = map::object(collection, object, wants, place);
            if row.id.is_none() {
                Tells::Unreadable(Some(collection.kind()))
            } else {
                Tells::Is(collection, Box::new(row))
            }
        }
        Verb::Gone => match map::id_of(object) {
            Some(id) => Tells::Gone(collection, id, is_contact(object)),
            None => Tells::Unreadable(Some(collection.kind())),
        },
    }
}

/// Whether every role is that of a contact.
fn is_contact(object: &str) -> Option<bool> {
    let user = serde_json::from_str::<wire::User<'_>>(object).ok()?;
    let held = &user.roles.held;
    (!held.is_empty()).then(|| held.iter().all(|(name, _)| name == "contact"))
}

/// A type that is a word and a verb may be shown; anything else may hold what nobody should see.
fn shown(of_type: &str) -> Option<String> {
    let is_plain = of_type.len() <= 64
        && of_type.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_' | b'-'));
    is_plain.then(|| of_type.to_owned())
}
