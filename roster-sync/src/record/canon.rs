//! Values as canonical bytes: what is equal gives the same bytes, and what differs gives others.
//!
//! Each value is preceded by its field's tag, and text and lists by their length, so that no two records can run into the
//! same bytes. Few bytes, since each is written and hashed for every record of every night. A change of this form, or of the model, raises [`FORM`]; then stored digests fit nothing, bodies are compared
//! instead, and no record is told to have changed.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    AccountState, Address, Affiliation, ClassState, ClassType, ContactKind, DemographicField, GradeLevel,
    GroupTag, Identifier, IdentifierScheme, LabeledText, LegalName, Level, OrgType, Role, SessionType,
    SourcedId, Subject, jiff::civil::Date,
};

/// The version of these bytes and of the model behind them.
pub(crate) const FORM: u16 = 1;

/// A value that can be told from any other by its bytes.
pub(crate) trait Canon {
    /// Appends the bytes.
    fn put(&self, out: &mut Vec<u8>);

    /// Whether it says nothing, and so is left out with its tag.
    fn is_nothing(&self) -> bool {
        false
    }
}

impl Canon for str {
    #[inline]
    fn put(&self, out: &mut Vec<u8>) {
        put_length(self.len(), out);
        out.extend_from_slice(self.as_bytes());
    }
}

/// A length: in one byte, as most are, or in eight after a byte that says so.
#[inline]
fn put_length(length: usize, out: &mut Vec<u8>) {
    match u8::try_from(length) {
        Ok(short) if short < u8::MAX => out.push(short),
        _ => {
            out.push(u8::MAX);
            out.extend_from_slice(&(length as u64).to_le_bytes());
        }
    }
}

macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl Canon for $type {
            #[inline]
            fn put(&self, out: &mut Vec<u8>) {
                self.as_str().put(out);
            }
        }
    )+};
}

as_text!(
    String,
    SourcedId,
    Role,
    OrgType,
    SessionType,
    ClassType,
    ClassState,
    IdentifierScheme,
    DemographicField,
    Level
);

macro_rules! as_bytes {
    ($($type:ty),+) => {$(
        impl Canon for $type {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )+};
}

as_bytes!(i16, u32);

impl Canon for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Canon for Date {
    #[inline]
    fn put(&self, out: &mut Vec<u8>) {
        let [low, high] = self.year().to_le_bytes();
        out.extend_from_slice(&[low, high, self.month().cast_unsigned(), self.day().cast_unsigned()]);
    }
}

impl Canon for AccountState {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
}

impl Canon for ContactKind {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
}

impl<T: Canon> Canon for Option<T> {
    #[inline]
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.put(out);
        }
    }

    #[inline]
    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

fn put_all<'a, T: Canon + 'a>(values: impl ExactSizeIterator<Item = &'a T>, out: &mut Vec<u8>) {
    put_length(values.len(), out);
    values.for_each(|value| value.put(out));
}

impl<T: Canon> Canon for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_all(self.iter(), out);
    }

    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Canon> Canon for BTreeSet<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_all(self.iter(), out);
    }

    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<K: Canon, V: Canon> Canon for BTreeMap<K, V> {
    fn put(&self, out: &mut Vec<u8>) {
        put_length(self.len(), out);
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }

    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

/// Fields outside the model have any shape. Objects of JSON are sorted, so their text is canonical.
impl Canon for serde_json::Value {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_string().as_str().put(out);
    }
}

macro_rules! in_parts {
    ($($type:ident { $($part:ident),+ })+) => {$(
        impl Canon for $type {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$part.put(out);)+
            }
        }
    )+};
}

in_parts! {
    Identifier { scheme, value, role, org }
    Affiliation { role, org, primary, begin, end, title }
    GroupTag { group_type, id, name }
    Subject { name, code }
    LegalName { given, middle, family }
    LabeledText { label, value }
    Address { label, lines, city, state, postal_code, country }
}

impl Canon for GradeLevel {
    fn put(&self, out: &mut Vec<u8>) {
        self.raw.put(out);
        out.push(self.scheme as u8);
        self.level.put(out);
    }
}
