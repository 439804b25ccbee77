//! Reads JSON that is plain, in a third of the time that `serde_json` takes: texts are passed over eight bytes at a time, and no error is
//! told. Whatever is not plain, or does not fit, is [`Odd`]: then `serde_json` reads it again, and what it says counts.
//!
//! What is read here, `serde_json` reads as the same. How deep an answer is nested has been looked at before.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

/// This is for `serde_json` to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Odd;

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not plain JSON")
    }
}

impl std::error::Error for Odd {}

impl de::Error for Odd {
    /// What is wrong is found out again.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A text, and how far it was read.
pub(super) struct Quick<'de> {
    text: &'de str,
    at: usize,
    /// Nowhere is a backslash or a control character: then texts end at the next quote.
    is_simple: bool,
}

/// A text within the text.
enum Piece<'de> {
    AsItStands(&'de str),
    WithEscapes(String),
}

impl<'de> Quick<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        Self { text, at: 0, is_simple: is_simple(text.as_bytes()) }
    }

    /// Nothing follows but white space.
    pub(super) fn end(&mut self) -> Result<(), Odd> {
        if self.peek().is_none() { Ok(()) } else { Err(Odd) }
    }

    fn rest(&self) -> &'de [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no white space, which is not taken.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Odd> {
        if self.peek() != Some(byte) {
            return Err(Odd);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Odd> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(Odd);
        }
        self.at += word.len();
        Ok(())
    }

    /// A text between quotes.
    #[inline]
    fn piece(&mut self) -> Result<Piece<'de>, Odd> {
        self.expect(b'"')?;
        let begin = self.at;
        self.at += if self.is_simple { bytes_before_quote(self.rest()) } else { plain_bytes(self.rest()) };
        let piece = self.text.get(begin..self.at).ok_or(Odd)?;
        match self.text.as_bytes().get(self.at) {
            Some(b'"') => {
                self.at += 1;
                Ok(Piece::AsItStands(piece))
            }
            Some(b'\\') => self.escaped(begin).map(Piece::WithEscapes),
            _ => Err(Odd),
        }
    }

    /// A text with escapes in it, which begins there; the first is at hand.
    #[cold]
    fn escaped(&mut self, begin: usize) -> Result<String, Odd> {
        loop {
            self.at += plain_bytes(self.rest());
            match self.text.as_bytes().get(self.at) {
                Some(b'\\') => self.at += 2,
                Some(b'"') => break,
                _ => return Err(Odd),
            }
        }
        self.at += 1;
        let quoted = begin.checked_sub(1).and_then(|quote| self.text.get(quote..self.at)).ok_or(Odd)?;
        serde_json::from_str(quoted).map_err(|_| Odd)
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Odd> {
        let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = self.rest().iter().take_while(|byte| is_of_number(byte)).count();
        let number = self.text.get(self.at..self.at + length).ok_or(Odd)?;
        self.at += length;
        let mut json = serde_json::Deserializer::from_str(number);
        let value = json.deserialize_any(visitor).map_err(|_| Odd)?;
        json.end().map_err(|_| Odd)?;
        Ok(value)
    }
}

/// Looks for a backslash or a control character, many bytes at a time.
fn is_simple(text: &[u8]) -> bool {
    const BLOCK: usize = 128;
    let is_odd = |byte: &u8| u8::from(*byte < 0x20) | u8::from(*byte == b'\\');
    text.chunks(BLOCK).all(|block| block.iter().fold(0, |found, byte| found | is_odd(byte)) == 0)
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const TOPS: u64 = ONES << 7;

/// The top bit of each byte that is zero; above the first of them there may be more.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & TOPS
}

const QUOTES: u64 = ONES * b'"' as u64;
const BACKSLASHES: u64 = ONES * b'\\' as u64;

/// How many bytes of a text come before a quote.
#[inline]
fn bytes_before_quote(text: &[u8]) -> usize {
    bytes_before(text, |word| zeros(word ^ QUOTES), |byte| byte == b'"')
}

/// How many bytes of a text come before a quote, a backslash or a control character.
#[inline]
fn plain_bytes(text: &[u8]) -> usize {
    let in_word = |word: u64| {
        let controls = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        controls | zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES)
    };
    bytes_before(text, in_word, |byte| matches!(byte, b'"' | b'\\' | 0..0x20))
}

/// How many bytes come before the first that is looked for. `in_word` marks it by the top bit of its byte, which is the lowest that is set.
#[inline]
fn bytes_before(text: &[u8], in_word: impl Fn(u64) -> u64, is_it: impl Fn(u8) -> bool) -> usize {
    let mut rest = text;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let found = in_word(u64::from_le_bytes(*eight));
        if found != 0 {
            return text.len() - rest.len() + (found.trailing_zeros() / 8) as usize;
        }
        rest = after;
    }
    text.len() - rest.len() + rest.iter().take_while(|byte| !is_it(**byte)).count()
}

impl<'de> Deserializer<'de> for &mut Quick<'de> {
    type Error = Odd;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        match self.peek().ok_or(Odd)? {
            b'"' => match self.piece()? {
                Piece::AsItStands(text) => visitor.visit_borrowed_str(text),
                Piece::WithEscapes(text) => visitor.visit_str(&text),
            },
            b'{' => {
                self.at += 1;
                let mut items = Items { json: self, is_first: true, is_over: false };
                let value = visitor.visit_map(&mut items)?;
                if items.is_over { Ok(value) } else { Err(Odd) }
            }
            b'[' => {
                self.at += 1;
                let mut items = Items { json: self, is_first: true, is_over: false };
                let value = visitor.visit_seq(&mut items)?;
                if items.is_over { Ok(value) } else { Err(Odd) }
            }
            b'n' => self.word("null").and_then(|()| visitor.visit_unit()),
            b't' => self.word("true").and_then(|()| visitor.visit_bool(true)),
            b'f' => self.word("false").and_then(|()| visitor.visit_bool(false)),
            b'-' | b'0'..=b'9' => self.number(visitor),
            _ => Err(Odd),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        if self.peek() == Some(b'n') {
            self.word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Odd> {
        visitor.visit_newtype_struct(self)
    }

    /// A variant without content alone.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        match self.piece()? {
            Piece::AsItStands(name) => visitor.visit_enum(name.into_deserializer()),
            Piece::WithEscapes(_) => Err(Odd),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Odd> {
        Err(Odd)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Odd> {
        Err(Odd)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// The items of a list, or the keys and values of an object.
struct Items<'q, 'de> {
    json: &'q mut Quick<'de>,
    is_first: bool,
    is_over: bool,
}

impl Items<'_, '_> {
    /// Whether there is one more, before which a comma stands unless it is the first.
    #[inline]
    fn has_next(&mut self, close: u8) -> Result<bool, Odd> {
        match self.json.peek() {
            Some(byte) if byte == close && !self.is_over => {
                self.json.at += 1;
                self.is_over = true;
                Ok(false)
            }
            Some(b',') if !self.is_first => {
                self.json.at += 1;
                // Nothing closes behind a comma.
                if self.json.peek() == Some(close) { Err(Odd) } else { Ok(true) }
            }
            Some(_) if std::mem::replace(&mut self.is_first, false) => Ok(true),
            _ => Err(Odd),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Odd;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Odd> {
        if !self.has_next(b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.json).map(Some)
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Odd;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Odd> {
        if !self.has_next(b'}')? {
            return Ok(None);
        }
        let key = match self.json.piece()? {
            Piece::AsItStands(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
            Piece::WithEscapes(key) => seed.deserialize(StrDeserializer::new(&key)),
        };
        key.map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Odd> {
        self.json.expect(b':')?;
        seed.deserialize(&mut *self.json)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    fn quick(text: &str) -> Result<Value, Odd> {
        let mut json = Quick::new(text);
        let value = Value::deserialize(&mut json)?;
        json.end()?;
        Ok(value)
    }

    #[test]
    fn what_is_plain_is_read_here() {
        let text = r#" {"a": "x", "b": [1, -2, 3.5e2, true, false, null, {}, []], "ü\"\u00e9": "tab\there \\", "long text": "eight or more"} "#;
        assert_eq!(quick(text), Ok(serde_json::from_str::<Value>(text).unwrap()));
        assert_eq!(quick("\"\""), Ok(json!("")));
    }

    #[test]
    fn what_is_wrong_is_not() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "[,1]",
            "[1 2]",
            "{\"a\" 1}",
            "{a:1}",
            "{1:1}",
            "01",
            "1-2",
            "nul",
            "truex",
            "\"a",
            "\"a\tb\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "[1]]",
            "{} x",
            "[}",
            "{]",
            "1.",
            "+1",
            "\"\\\"",
        ] {
            assert_eq!(quick(text), Err(Odd), "{text}");
        }
    }

    #[test]
    fn plain_bytes_end_at_the_first_that_is_not() {
        for end in ["\"", "\\", "\n", "\0", "\u{1f}"] {
            for before in 0..20 {
                let text =
                    format!("{}{end}é\"\\", "é~ !#[]".chars().cycle().take(before).collect::<String>());
                let length = text.find(['"', '\\', '\n', '\0', '\u{1f}']).unwrap();
                assert_eq!(plain_bytes(text.as_bytes()), length, "{text:?}");
            }
        }
        assert_eq!(plain_bytes("é\u{7f}abcdefgh".as_bytes()), 11);
        assert_eq!(bytes_before_quote("é\\\u{1}!#abcdefgh\"\"".as_bytes()), 14);
        assert!(is_simple("é\u{7f}\" ".as_bytes()) && !is_simple(b"a\\") && !is_simple(b"\n"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[a-z0-9\\\\\"\t ]{0,24}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-z\\\\\"é]{0,12}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn all_that_is_written_is_read(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert_eq!(quick(&text), Ok(serde_json::from_str::<Value>(&text).unwrap()));
        }

        /// Whatever is done to it: what is read is what `serde_json` reads.
        #[test]
        fn nothing_is_read_that_is_not_there(value in any_json(), hurts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4)) {
            const CHARS: &[char] = &['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'u', 't', ' ', '\n', '\t', 'é'];
            let mut text: Vec<char> = value.to_string().chars().collect();
            for (at, what) in hurts {
                let at = at.index(text.len());
                text[at] = CHARS[what.index(CHARS.len())];
            }
            let text: String = text.into_iter().collect();
            if let Ok(read) = quick(&text) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(read), "{}", text);
            }
        }
    }
}
