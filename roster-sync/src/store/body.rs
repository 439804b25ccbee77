//! What stores read out of bodies.

use std::fmt;

use roster_core::{EntityKind, Error, ErrorKind, FieldSet, Record, Result, SourcedId};
use serde::{Deserialize, de::IntoDeserializer};

use super::{Change, Op, Quarantined, RecordState, StoredRecord};
use crate::Key;

/// Where a body lies, for errors: they name the place, and never quote what is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lies {
    /// It is that of a version.
    Version(u64),
    /// It is in quarantine.
    Quarantine(Key),
}

impl fmt::Display for Lies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(seq) => write!(f, "the body of version {seq}"),
            Self::Quarantine(key) => write!(f, "the quarantined body of {key:?}"),
        }
    }
}

/// A whole body.
pub(crate) fn record(body: &str, lies: Lies) -> Result<Record> {
    serde_json::from_str(body).map_err(|error| unreadable(lies, &error))
}

/// The id alone, which a tombstone has too.
pub(crate) fn id(body: &str, lies: Lies) -> Result<SourcedId> {
    #[derive(Deserialize)]
    struct Named {
        id: SourcedId,
    }
    serde_json::from_str(body).map(|named: Named| named.id).map_err(|error| unreadable(lies, &error))
}

fn unreadable(lies: Lies, error: &serde_json::Error) -> Error {
    let message = format!(
        "{lies} is no record that this library can read ({:?} error at line {}, column {}); \
         restore the store from a backup",
        error.classify(),
        error.line(),
        error.column()
    );
    // The same bytes will be there at the next try.
    Error::new(ErrorKind::Transport, "host", "reading the store", message).exhausted()
}

/// A set of fields, of its bits.
pub(crate) fn fields(bits: u64) -> FieldSet {
    let bits: serde::de::value::U64Deserializer<serde::de::value::Error> = bits.into_deserializer();
    FieldSet::deserialize(bits).unwrap_or_default()
}

/// What a store knows of a version when it lists the log.
#[derive(Debug)]
pub(crate) struct VersionRow<'a> {
    pub(crate) seq: u64,
    pub(crate) run: u64,
    pub(crate) op: Op,
    pub(crate) kind: EntityKind,
    pub(crate) uid: u64,
    pub(crate) from: Option<&'a str>,
    pub(crate) changed: u64,
    pub(crate) blanked: bool,
    pub(crate) body: &'a str,
}

impl VersionRow<'_> {
    /// The line of the change log.
    pub(crate) fn change(&self, with_record: bool) -> Result<Change> {
        let lies = Lies::Version(self.seq);
        let record = if with_record && !self.blanked && self.op != Op::End {
            Some(record(self.body, lies)?)
        } else {
            None
        };
        let id = match &record {
            Some(record) => record.id().clone(),
            None => id(self.body, lies)?,
        };
        let mut change = Change::new(self.seq, self.run, self.op, self.kind, self.uid, id);
        change.from = self.from.map(SourcedId::from);
        change.changed = fields(self.changed);
        change.record = record;
        Ok(change)
    }
}

/// What a store knows of a record that has a uid.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) kind: EntityKind,
    pub(crate) uid: u64,
    pub(crate) state: RecordState,
    /// Its latest version.
    pub(crate) seq: u64,
    /// The body of that version, which names it.
    pub(crate) named: &'a str,
    /// How it looks, or last looked; `None` if that was blanked.
    pub(crate) body: Option<&'a str>,
    /// Whether it is in quarantine, and what it says there.
    pub(crate) quarantined: Option<Option<&'a str>>,
}

impl Standing<'_> {
    /// The record as a store gives it out. Of one in quarantine, how it looks there.
    pub(crate) fn stored(&self) -> Result<StoredRecord> {
        let lies = Lies::Version(self.seq);
        let body = self.quarantined.flatten().or(self.body);
        let record = body.map(|body| record(body, lies)).transpose()?;
        let id = match &record {
            Some(record) if self.quarantined.is_some() => record.id().clone(),
            _ => id(self.named, lies)?,
        };
        let state = match (self.state, self.quarantined) {
            (RecordState::Suppressed, _) | (_, None) => self.state,
            (_, Some(_)) => RecordState::Quarantined,
        };
        Ok(StoredRecord::new(self.kind, Some(self.uid), id, state, record))
    }
}

/// A record that is in quarantine and never stood in the roster, as a store gives it out.
pub(crate) fn never_stood(row: &Quarantined, body: &str) -> Result<StoredRecord> {
    let record = record(body, Lies::Quarantine(row.key))?;
    let id = record.id().clone();
    Ok(StoredRecord::new(row.kind, None, id, RecordState::Quarantined, Some(record)))
}

#[cfg(test)]
mod tests {
    use roster_core::PersonField;

    use super::*;
    use crate::store::batch::tombstone;

    #[test]
    fn a_body_that_does_not_parse_is_named_and_not_quoted() {
        for text in
            ["{\"record_type\":\"person\",\"id\":\"p\",\"email\":7,\"x\":\"Canary\"}", "Canary", "\"Canary\""]
        {
            let error = record(text, Lies::Version(17)).unwrap_err();
            assert!(error.message().contains("version 17"), "{error}");
            assert!(!format!("{error:?}").contains("Canary"), "{error}");
        }
    }

    #[test]
    fn a_tombstone_has_an_id_whatever_is_in_it() {
        for text in ["p1", "a\"b\\c", "é学生\u{1F393}", "\n"] {
            assert_eq!(id(&tombstone(EntityKind::Person, text), Lies::Version(1)).unwrap().as_str(), text);
        }
    }

    #[test]
    fn fields_come_back_of_their_bits() {
        let set = FieldSet::of([PersonField::Email, PersonField::Extra]);
        assert_eq!(fields(set.bits()), set);
    }
}
