//! Rows to records: pure, one kind a file.

mod catalogue;
mod org;
mod person;
mod reading;
mod section;
mod sensitive;
mod ties;

use std::{collections::BTreeSet, sync::Arc};

use roster_core::{
    ClassField, ConnectionState, DemographicField, EntityKind, Extra, FieldSet, Org, OrgField, Person,
    PersonField, Place, Problem, Record, Role, SensitiveField, SourcedId, codes, jiff::Timestamp,
};
use roster_http::json::{Shape, Text, read_raw_rows, read_rows};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

pub(crate) use self::{reading::Reading, section::Section, sensitive::beside, ties::Ties};
use crate::{
    collection::Collection,
    wire::{self, Told},
};

/// What of the rows the host wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    pub(crate) sensitive: BTreeSet<SensitiveField>,
    pub(crate) extra: bool,
    /// Facts that were shared before, as far as a cursor remembers: one that is not told is unknown, and not gone.
    pub(crate) shared: BTreeSet<DemographicField>,
}

impl Wants {
    pub(crate) fn sees(&self, field: SensitiveField) -> bool {
        self.sensitive.contains(&field)
    }
}

/// A row, mapped.
pub(crate) struct Row {
    pub(crate) id: Option<SourcedId>,
    pub(crate) said: Said,
    pub(crate) problems: Vec<Problem>,
    /// Fields that the row does not tell: they are unknown, not empty.
    pub(crate) unseen: FieldSet,
}

impl Row {
    /// Whether it is of a contact.
    pub(crate) fn is_contact(&self) -> bool {
        matches!(&self.said, Said::Person(person, _) if person.has_role(&Role::Contact))
    }
}

/// What a row says.
pub(crate) enum Said {
    /// The district itself.
    District(Box<District>),
    /// A school.
    Org(Box<Org>),
    /// A term or a course. Its id is made from what it says, and the row's own is among its identifiers.
    Catalogued(Record),
    /// A section, with its seats.
    Section(Box<Section>),
    /// A person, and, of a contact, what it is to whom.
    Person(Box<Person>, Ties),
    /// Nothing that the host wants to know.
    Nothing,
    /// Nothing that could be read.
    Unreadable(Box<Problem>),
}

/// A district, and how it is with it.
pub(crate) struct District {
    pub(crate) org: Org,
    pub(crate) standing: Standing,
}

/// How it is with a district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: ConnectionState,
    /// Clever's own word.
    pub(crate) word: Option<String>,
    /// What Clever says of an error, for people. It may name somebody, so it goes to the list of tenants only.
    pub(crate) error: Option<String>,
    /// When data last came through.
    pub(crate) data_as_of: Option<Timestamp>,
    /// The day on which a pause ends, as Clever writes it.
    pub(crate) pause_end: Option<String>,
    /// The day of the launch, as Clever writes it.
    pub(crate) launched: Option<String>,
}

/// Which page follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The one that this link leads to.
    Link(String),
    /// None, as the links say.
    End,
    /// There are no links that could tell.
    Untold,
}

/// The rows of a page.
pub(crate) fn rows(
    collection: Collection,
    body: &[u8],
    wants: &Wants,
    place: &Place,
) -> Result<Vec<Row>, Shape> {
    match collection {
        Collection::Districts => page::<wire::District<'_>>(collection, body, wants, place),
        Collection::Schools => page::<wire::School<'_>>(collection, body, wants, place),
        Collection::Terms => page::<wire::Term<'_>>(collection, body, wants, place),
        Collection::Courses => page::<wire::Course<'_>>(collection, body, wants, place),
        Collection::Sections => page::<wire::Section<'_>>(collection, body, wants, place),
        Collection::Users => page::<wire::User<'_>>(collection, body, wants, place),
    }
}

/// Which page follows this one.
pub(crate) fn next(body: &[u8]) -> Next {
    let Ok(page) = serde_json::from_slice::<wire::Page<'_>>(body) else { return Next::Untold };
    let links: Vec<_> = page.links.0.iter().filter_map(wire::Maybe::get).collect();
    let next = links.iter().find(|link| link.rel.get().is_some_and(|rel| rel.eq_ignore_ascii_case("next")));
    match next.and_then(|next| next.uri.get()) {
        Some(uri) => Next::Link(uri.to_owned()),
        None if links.iter().any(|link| link.rel.get().is_some()) => Next::End,
        None => Next::Untold,
    }
}

/// The wire form of a row.
pub(crate) trait Wire<'a>: Deserialize<'a> {
    /// Its keys; all else is extra.
    const KEYS: &'static [&'static str];
    /// Its id.
    fn id(&self) -> &Text<'a>;
    /// What it says.
    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>>;
}

fn page<'a, W: Wire<'a>>(
    collection: Collection,
    body: &'a [u8],
    wants: &Wants,
    place: &Place,
) -> Result<Vec<Row>, Shape> {
    let at = At { kind: collection.kind(), wants, place, told: None };
    if !wants.extra {
        let mut is_flat = false;
        let rows = read_rows(body, "data", |row: Result<wire::Item<W>, &RawValue>| match row {
            Ok(wire::Item { data: Some(row) }) => at.row(&row),
            Ok(wire::Item { data: None }) => {
                is_flat = true;
                at.unreadable("{}")
            }
            Err(raw) => at.raw::<W>(raw.get()),
        })?;
        if !is_flat {
            return Ok(rows);
        }
    }
    read_raw_rows(body, "data", |raw| at.raw::<W>(raw.get()))
}

/// What an event's object says.
pub(crate) fn object(collection: Collection, object: &str, wants: &Wants, place: &Place) -> Row {
    let told = Told::of(object);
    let at = At { kind: collection.kind(), wants, place, told: Some(&told) };
    match collection {
        Collection::Districts => at.bare::<wire::District<'_>>(object),
        Collection::Schools => at.bare::<wire::School<'_>>(object),
        Collection::Terms => at.bare::<wire::Term<'_>>(object),
        Collection::Courses => at.bare::<wire::Course<'_>>(object),
        Collection::Sections => at.bare::<wire::Section<'_>>(object),
        Collection::Users => at.bare::<wire::User<'_>>(object),
    }
}

/// The id of an object, if it has one.
pub(crate) fn id_of(object: &str) -> Option<SourcedId> {
    let head = serde_json::from_str::<wire::Head<'_>>(object).ok()?;
    head.id.get().map(SourcedId::from)
}

/// Where rows are read.
struct At<'p> {
    kind: EntityKind,
    wants: &'p Wants,
    place: &'p Place,
    told: Option<&'p Told>,
}

impl At<'_> {
    fn row<'a, W: Wire<'a>>(&self, wire: &W) -> Row {
        let Some(id) = wire.id().get() else {
            let message = "the row has no `id`, and was left out";
            let problem = self.problem(message, codes::MISSING_REQUIRED).in_field("id");
            return nothing(None, Said::Unreadable(Box::new(problem)));
        };
        let mut reading = Reading::new(self.kind, id, self.wants, self.told, self.place);
        let said = wire.map(id, &mut reading).unwrap_or_else(Said::Unreadable);
        let Reading { mut problems, unseen, .. } = reading;
        if let Said::Catalogued(record) = &said {
            // Reports name records by the ids that these have.
            for problem in &mut problems {
                problem.id = Some(record.id().clone());
            }
        }
        Row { id: Some(id.into()), said, problems, unseen }
    }

    /// A row as it came: wrapped, or, as no page of Clever's shows, bare.
    fn raw<'a, W: Wire<'a>>(&self, raw: &'a str) -> Row {
        match serde_json::from_str::<wire::RawItem<'a>>(raw) {
            Ok(wire::RawItem { data: Some(inner) }) => self.bare::<W>(inner.get()),
            _ => self.bare::<W>(raw),
        }
    }

    fn bare<'a, W: Wire<'a>>(&self, object: &'a str) -> Row {
        let Ok(wire) = serde_json::from_str::<W>(object) else { return self.unreadable(object) };
        let mut row = self.row(&wire);
        if self.wants.extra {
            row.set_extra(&extra(object, W::KEYS, self.wants));
            if self.told.is_some_and(|told| !told.has_ext()) {
                row.unsee_extra();
            }
        }
        row
    }

    fn unreadable(&self, object: &str) -> Row {
        let id = id_of(object);
        let message = "the row is not of the form that it should have, and was left out";
        let mut problem = self.problem(message, codes::MALFORMED_RECORD);
        problem.id.clone_from(&id);
        nothing(id, Said::Unreadable(Box::new(problem)))
    }

    fn problem(&self, message: &str, code: &'static str) -> Problem {
        Problem::error(code, message).of(self.kind).at(self.place.clone())
    }
}

fn nothing(id: Option<SourcedId>, said: Said) -> Row {
    Row { id, said, problems: Vec::new(), unseen: FieldSet::EMPTY }
}

impl Row {
    /// An event that has not all that carries extra fields does not tell these.
    fn unsee_extra(&mut self) {
        let field = match &self.said {
            Said::District(_) | Said::Org(_) => FieldSet::of([OrgField::Extra]),
            Said::Section(_) => FieldSet::of([ClassField::Extra]),
            Said::Person(..) => FieldSet::of([PersonField::Extra]),
            _ => return,
        };
        self.unseen = self.unseen.union(field);
    }

    fn set_extra(&mut self, extra: &Extra) {
        let place = match &mut self.said {
            Said::District(district) => &mut district.org.extra,
            Said::Org(org) => &mut org.extra,
            Said::Section(section) => &mut section.class.extra,
            Said::Person(person, _) => &mut person.extra,
            _ => return,
        };
        place.clone_from(extra);
    }
}

/// The fields that the model has no place for: those of `ext` as `ext.name`, and those of a role as `student.name`.
fn extra(object: &str, keys: &[&str], wants: &Wants) -> Extra {
    let Ok(Value::Object(fields)) = serde_json::from_str(object) else { return Extra::new() };
    let mut extra = Extra::new();
    for (name, value) in fields {
        match value {
            Value::Object(ext) if name == "ext" => add(&mut extra, "ext.", ext, &[]),
            Value::Object(roles) if name == "roles" => {
                for (role, fields) in roles {
                    let is_hidden = role == "contact" && !wants.sees(SensitiveField::Contacts);
                    let Value::Object(mut fields) = fields else { continue };
                    if is_hidden {
                        continue;
                    }
                    if let Some(Value::Object(ext)) = fields.remove("ext") {
                        add(&mut extra, &format!("{role}.ext."), ext, &[]);
                    }
                    add(&mut extra, &format!("{role}."), fields, person::ROLE_KEYS);
                }
            }
            value if keys.contains(&name.as_str()) || is_secret(&name) || value.is_null() => {}
            value => {
                extra.insert(name, value);
            }
        }
    }
    extra
}

fn add(extra: &mut Extra, prefix: &str, fields: serde_json::Map<String, Value>, keys: &[&str]) {
    let kept = fields
        .into_iter()
        .filter(|(name, value)| !keys.contains(&name.as_str()) && !is_secret(name) && !value.is_null());
    extra.extend(kept.map(|(name, value)| (format!("{prefix}{name}"), value)));
}

/// Nobody wants a password, whatever it is called.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "secret", "credential"].iter().any(|word| name.contains(word))
}

/// Where a page's rows are.
pub(crate) fn place(path: &str, page: u64) -> Place {
    Place::Page { operation: Arc::from(path), page }
}

#[cfg(test)]
mod tests;
