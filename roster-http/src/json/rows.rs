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
            collect(text, key, |row| rows.push(map(Ok(row))))
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
        Err(Odd) => serde_json::from_str(row.get()),
    }
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
mod tests {
    use super::{
        super::{Many, Text},
        *,
    };

    #[derive(Deserialize)]
    struct Row<'a> {
        #[serde(borrow, default)]
        id: Text<'a>,
        #[serde(borrow, default)]
        tags: Many<Text<'a>>,
    }

    fn rows(body: &str) -> Result<Vec<String>, Shape> {
        read_rows(body.as_bytes(), "rows", |row: Result<Row<'_>, _>| match row {
            Ok(row) => {
                let tags: Vec<_> = row.tags.0.iter().map(|tag| tag.get().unwrap_or("-")).collect();
                format!("{} {}", row.id.get().unwrap_or("-"), tags.join(","))
            }
            Err(_) => "unreadable".to_owned(),
        })
    }

    #[test]
    fn types_are_taken_as_they_come() {
        let body = r#"{"total": 4, "rows": [
            {"id": "a", "tags": ["x", "y"], "more": {"z": [1, null]}},
            {"id": 7, "tags": "x\u0041"},
            {"id": true, "tags": null},
            {"id": " ", "tags": [null, 1.5, {}]}
        ]}"#;
        assert_eq!(rows(body).unwrap(), ["a x,y", "7 xA", "true ", "- -,1.5,-"]);
        assert_eq!(rows(r#"[{"id": "a"}]"#).unwrap(), ["a "]);
        assert_eq!(rows(r#"{"rows": {"id": "a"}}"#).unwrap(), ["a "]);
        assert_eq!(rows(r#"{"rows": []}"#).unwrap(), Vec::<String>::new());
    }

    /// What 64 bits can't hold keeps its digits; read by `serde_json` alone it is none, and never another.
    #[test]
    fn no_two_numbers_become_one() {
        let big =
            ["18446744073709551615", "18446744073709551616", "18446744073709551617", "-9223372036854775809"];
        let body = format!(
            r#"{{"rows": [{{"id": {}}}, {{"id": {}, "tags": {}}}, {{"tags": [{}]}}]}}"#,
            big[0], big[1], big[2], big[3]
        );
        let read = format!("{} ,{} {},- {}", big[0], big[1], big[2], big[3]);
        assert_eq!(rows(&body).unwrap().join(","), read);
        let with_odd = body.replace("[{", "[5, {");
        assert_eq!(rows(&with_odd).unwrap().join(","), format!("unreadable,{read}"));
        for rounded in [big[1], big[3], "1e300", "9007199254740993.0"] {
            let text: Text<'_> = serde_json::from_str(rounded).unwrap();
            assert!(text.is_odd() && text.get().is_none(), "{rounded}");
        }
        for exact in [big[0], "-9223372036854775808", "2.5", "-0.125"] {
            assert_eq!(serde_json::from_str::<Text<'_>>(exact).unwrap().get(), Some(exact));
        }
        for wrong in ["018446744073709551616", "--9223372036854775809", "1844674407370955161-6"] {
            assert!(
                matches!(rows(&format!(r#"{{"rows": [{{"id": {wrong}}}]}}"#)), Err(Shape::NotJson(..))),
                "{wrong}"
            );
        }
    }

    /// A title cut in the middle of a character, as servers cut that count in UTF-16, and a number beyond all bounds.
    #[test]
    fn what_is_no_text_and_no_number_costs_its_own_row_alone() {
        for odd in [r#"{"id": "\ud83c"}"#, r#"{"id": "\udfa8x", "tags": []}"#, r#"{"id": 1e999}"#] {
            let body = format!(r#"{{"rows": [{{"id": "a"}}, {odd}, {{"id": "b"}}]}}"#);
            assert_eq!(rows(&body).unwrap(), ["a ", "unreadable", "b "], "{odd}");
        }
        for wrong in [r#"{"id": "\u12g4"}"#, r#"{"id": "\x"}"#, "{\"id\": \"\n\"}", r#"{"id": 1e}"#] {
            let body = format!(r#"{{"rows": [{{"id": "a"}}, {wrong}]}}"#);
            assert!(matches!(rows(&body), Err(Shape::NotJson(..))), "{wrong}");
        }
    }

    #[test]
    fn one_odd_row_is_one_odd_row() {
        assert_eq!(
            rows(r#"{"rows": [{"id": "a"}, 5, null, {"id": "b"}]}"#).unwrap(),
            ["a ", "unreadable", "unreadable", "b "]
        );
    }

    #[test]
    fn an_answer_without_its_key_is_never_nobody() {
        for (body, shape) in [
            ("{}", Shape::NoKey),
            (r#"{"errors": []}"#, Shape::NoKey),
            ("null", Shape::NoKey),
            ("\"Canary\"", Shape::NoKey),
            (r#"{"rows": null}"#, Shape::NotAList),
            (r#"{"rows": "none"}"#, Shape::NotAList),
            // None of both can be left out.
            (r#"{"rows": [], "rows": [{"id": "a"}]}"#, Shape::NotAList),
            (r#"{"Rows": [], "total": 1, "rows": [{"id": "a"}]}"#, Shape::NotAList),
            (r#"{"rows": [5], "Rows": [{"id": "a"}]}"#, Shape::NotAList),
            ("", Shape::Cut),
            (r#"{"rows": [{"id": "a"}"#, Shape::Cut),
            ("<html>", Shape::NotJson(1, 1)),
            (r#"{"rows": []} x"#, Shape::NotJson(1, 14)),
        ] {
            assert_eq!(rows(body), Err(shape), "{body}");
        }
        assert_eq!(
            read_rows::<IgnoredAny, _>(b"{\"rows\":[\"\xff\"]}", "rows", |_| ()).unwrap_err(),
            Shape::NotText
        );
    }

    #[test]
    fn depth_has_a_limit_wherever_it_is() {
        let deep = "[".repeat(10_000);
        for body in [deep.clone(), format!(r#"{{"x": {deep}"#), format!(r#"{{"rows": [{{"more": {deep}"#)] {
            assert_eq!(rows(&body), Err(Shape::TooDeep));
        }
        // Brackets in texts do not make up for real ones, whoever reads them.
        let deep = format!("{}1{}", r#"{"}":"#.repeat(1_000_000), "}".repeat(1_000_000));
        for body in [format!(r#"{{"x": {deep}, "rows": []}}"#), format!(r#"{{"rows": [{{"id": {deep}}}]}}"#)]
        {
            assert_eq!(rows(&body), Err(Shape::TooDeep));
            assert_eq!(read_raw_rows(body.as_bytes(), "rows", |_| ()), Err(Shape::TooDeep));
        }
    }
}
