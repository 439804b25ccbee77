//! The rows of an answer.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    depth::{MOST_LEVELS, is_too_deep},
    quick::{Odd, Quick},
};

/// Numbers of fewer digits are held by 64 bits, whatever they are.
const LONG_NUMBER: usize = 19;

/// Why an answer has no rows that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It is no UTF-8.
    NotText,
    /// It breaks off.
    Cut,
    /// It is no JSON; line and column, from 1.
    NotJson(usize, usize),
    /// It is nested deeper than is followed.
    TooDeep,
    /// The key of the collection is not there.
    NoKey,
    /// What stands under the key is neither a list nor an object, or the key is there twice: which of both holds can't be told.
    NotAList,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("the answer is no UTF-8"),
            Self::Cut => f.write_str("the answer breaks off"),
            Self::NotJson(line, column) => {
                write!(f, "the answer is no JSON, at line {line}, column {column}")
            }
            Self::TooDeep => write!(f, "the answer is nested deeper than {MOST_LEVELS} levels"),
            Self::NoKey => f.write_str("the answer lacks the key of the collection"),
            Self::NotAList => {
                f.write_str("the answer has no list under the key of the collection, or more than one")
            }
        }
    }
}

/// Reads the rows of an answer such as `{"users": [..]}`, in whatever case the key is. A bare list, and one object where a list is due,
/// are taken too.
///
/// Each row goes through `map` as soon as it is read, so that no row is held as it came. If one of them is not of the form
/// `T`, all are read again one by one, and `map` gets it as it came; so `map` may see a row more than once.
///
/// # Errors
///
/// Where there are no rows: an answer without its key is never an empty collection.
pub fn read_rows<'de, T, U>(
    body: &'de [u8],
    key: &str,
    mut map: impl FnMut(Result<T, &'de RawValue>) -> U,
) -> Result<Vec<U>, Shape>
where
    T: Deserialize<'de>,
{
    let text = std::str::from_utf8(body).map_err(|_| Shape::NotText)?;
    let mut rows = Vec::with_capacity(guess(text));
    let quick = collect_quickly(text, key, |row| rows.push(map(Ok(row))));
    let found = match quick {
        Ok(found) => Ok(found),
        Err(Odd) => {
            rows.clear();
            is_fit(text)?;
            if has_long_number(text) {
                // The rows that are plain keep its digits.
                return read_fit_rows(text, key, |row| map(read_row(row).map_err(|_| row)));
            }
            collect(text, key, |Object(row)| rows.push(map(Ok(row))))
        }
    };
    match found {
        Ok(Found::Rows) => Ok(rows),
        Ok(Found::NoKey) => Err(Shape::NoKey),
        Ok(Found::NotAList) => Err(Shape::NotAList),
        Err(error) if error.is_data() || error.is_syntax() => {
            // One of them is odd, or holds what is no text and no number for anybody, such as half of a character. None of the
            // first pass is kept, since its place is not known.
            read_fit_rows(text, key, |row| map(read_row(row).map_err(|_| row)))
        }
        Err(error) => Err(shape(&error)),
    }
}

/// Reads the rows of an answer as they came, for those who need more of a row than a form.
///
/// # Errors
///
/// As [`read_rows`].
pub fn read_raw_rows<'de, U>(
    body: &'de [u8],
    key: &str,
    map: impl FnMut(&'de RawValue) -> U,
) -> Result<Vec<U>, Shape> {
    let text = std::str::from_utf8(body).map_err(|_| Shape::NotText)?;
    is_fit(text)?;
    read_fit_rows(text, key, map)
}

/// Reads one row that came as it is, and was found to be JSON.
///
/// # Errors
///
/// If it is not of that form.
pub fn read_row<'de, T: Deserialize<'de>>(row: &'de RawValue) -> Result<T, serde_json::Error> {
    let mut json = Quick::new(row.get());
    match T::deserialize(&mut json).and_then(|read| json.end().map(|()| read)) {
        Ok(read) => Ok(read),
        Err(Odd) => serde_json::from_str(row.get()).map(|Object(read)| read),
    }
}

/// Whether there is a number of so many digits that 64 bits may not hold it. Digits that begin a text are none; some within one may pass
/// for it, which costs time alone.
fn has_long_number(text: &str) -> bool {
    let (mut digits, mut before) = (0, b'"');
    text.bytes().any(|byte| {
        if !byte.is_ascii_digit() {
            (digits, before) = (0, byte);
            return false;
        }
        digits += 1;
        digits == LONG_NUMBER && matches!(before, b':' | b',' | b'[' | b'-' | b' ' | b'\n' | b'\r' | b'\t')
    })
}

fn read_fit_rows<'de, U>(
    text: &'de str,
    key: &str,
    mut map: impl FnMut(&'de RawValue) -> U,
) -> Result<Vec<U>, Shape> {
    let mut rows = Vec::with_capacity(guess(text));
    match collect(text, key, |row| rows.push(map(row))) {
        Ok(Found::Rows) => Ok(rows),
        Ok(Found::NoKey) => Err(Shape::NoKey),
        Ok(Found::NotAList) => Err(Shape::NotAList),
        // All rows are taken, whatever they are; but one object where a list is due is taken apart before it is known for a row.
        Err(error) if error.is_data() => match one(text, key) {
            Ok(row) => Ok(vec![map(row?)]),
            Err(error) => Err(shape(&error)),
        },
        Err(error) => Err(shape(&error)),
    }
}

/// For how many rows to make room. Rows of rosters are of some hundred bytes; what is no roster must not cost more for it.
fn guess(text: &str) -> usize {
    (text.len() / 400).min(1024)
}

/// Whether the answer may be parsed by `serde_json`, which does not count the levels of what it passes over.
fn is_fit(text: &str) -> Result<(), Shape> {
    if is_too_deep(text.as_bytes()) { Err(Shape::TooDeep) } else { Ok(()) }
}

fn shape(error: &serde_json::Error) -> Shape {
    if error.is_eof() { Shape::Cut } else { Shape::NotJson(error.line(), error.column()) }
}

enum Found {
    Rows,
    NoKey,
    NotAList,
}

fn collect<'de, T: Deserialize<'de>>(
    text: &'de str,
    key: &str,
    each: impl FnMut(T),
) -> Result<Found, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let found = json.deserialize_any(Envelope { key, each, row: PhantomData })?;
    json.end()?;
    Ok(found)
}

/// As [`collect`], where the answer is plain.
fn collect_quickly<'de, T: Deserialize<'de>>(
    text: &'de str,
    key: &str,
    each: impl FnMut(T),
) -> Result<Found, Odd> {
    let mut json = Quick::new(text);
    let found = json.deserialize_any(Envelope { key, each, row: PhantomData })?;
    json.end()?;
    Ok(found)
}

/// The one object that stands where a list is due, as it came.
fn one<'de>(text: &'de str, key: &str) -> Result<Result<&'de RawValue, Shape>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let row = json.deserialize_map(TheOne(key))?;
    json.end()?;
    Ok(row)
}

struct TheOne<'k>(&'k str);

impl<'de> Visitor<'de> for TheOne<'_> {
    type Value = Result<&'de RawValue, Shape>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer with one row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Err(Shape::NoKey);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key.eq_ignore_ascii_case(self.0) {
                let row = map.next_value()?;
                found = if matches!(found, Err(Shape::NoKey)) { Ok(row) } else { Err(Shape::NotAList) };
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// A row that is an object: a list is none, though `serde_json` would take its items for the values of the row, one after the other.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Object)
    }
}

/// The answer as a whole.
struct Envelope<'k, F, T> {
    key: &'k str,
    each: F,
    row: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Envelope<'_, F, T> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer with rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Found, A::Error> {
        Rows(self.each, PhantomData).visit_seq(list)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Found, A::Error> {
        let mut found = Found::NoKey;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if !key.eq_ignore_ascii_case(self.key) {
                map.next_value::<IgnoredAny>()?;
            } else if matches!(found, Found::NoKey) {
                found = map.next_value_seed(Rows(&mut self.each, PhantomData::<T>))?;
            } else {
                map.next_value::<IgnoredAny>()?;
                found = Found::NotAList;
            }
        }
        Ok(found)
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::NoKey)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(Found::NoKey)
    }

    fn visit_str<E>(self, _: &str) -> Result<Found, E> {
        Ok(Found::NoKey)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(Found::NoKey)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(Found::NoKey)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found, E> {
        Ok(Found::NoKey)
    }
}

/// What stands under the key.
struct Rows<F, T>(F, PhantomData<T>);

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Rows<F, T> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Rows<F, T> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Found, A::Error> {
        while let Some(row) = list.next_element()? {
            (self.0)(row);
        }
        Ok(Found::Rows)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<Found, A::Error> {
        (self.0)(T::deserialize(de::value::MapAccessDeserializer::new(map))?);
        Ok(Found::Rows)
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::NotAList)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(Found::NotAList)
    }

    fn visit_str<E>(self, _: &str) -> Result<Found, E> {
        Ok(Found::NotAList)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(Found::NotAList)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(Found::NotAList)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found, E> {
        Ok(Found::NotAList)
    }
}

#[cfg(test)]
mod tests;
