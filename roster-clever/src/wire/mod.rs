//! What Clever says, in its own words. No `Debug` here: these are people.

mod objects;
mod roles;
mod told;

pub(crate) use roster_http::json::Maybe;
use roster_http::json::{Many, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use self::{
    objects::{Course, District, Name, School, Section, Term, User},
    roles::{Attendance, Location, Role, Roles, Tie},
    told::Told,
};

/// An element of a list: the object stands under a `data` of its own, beside its `uri`.
#[derive(Deserialize)]
pub(crate) struct Item<T> {
    pub(crate) data: Option<T>,
}

/// The same, as it came.
#[derive(Deserialize)]
pub(crate) struct RawItem<'a> {
    #[serde(borrow)]
    pub(crate) data: Option<&'a RawValue>,
}

/// What stands beside the rows of an answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Page<'a> {
    #[serde(borrow)]
    pub(crate) links: Many<Maybe<Link<'a>>>,
}

/// A link: `self`, `next` or `prev`. Never told by its place.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Link<'a> {
    #[serde(borrow)]
    pub(crate) rel: Text<'a>,
    #[serde(borrow)]
    pub(crate) uri: Text<'a>,
}

/// What tells a row that can't be read from others.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Head<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

/// One of the list of tokens. Flat, unlike all other rows.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Token<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
    #[serde(borrow)]
    pub(crate) created: Text<'a>,
    #[serde(borrow)]
    pub(crate) owner: Maybe<Owner<'a>>,
    #[serde(rename = "access_token", borrow)]
    pub(crate) bearer: Text<'a>,
    #[serde(borrow)]
    pub(crate) scopes: Many<Text<'a>>,
}

/// Whom a token belongs to.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Owner<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) of_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

/// An event. Its object may stand beside `previous_attributes` or not; those are never relied on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub(crate) of_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) data: Option<EventData<'a>>,
}

/// What an event is about.
#[derive(Deserialize)]
pub(crate) struct EventData<'a> {
    #[serde(default, borrow)]
    pub(crate) object: Option<&'a RawValue>,
}
