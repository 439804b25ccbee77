//! Reads JSON that is plain, in a third of the time that `serde_json` takes: texts are passed over sixty-four bytes at a time, and no error is
//! told. Whatever is not plain, or does not fit, is [`Odd`]: then `serde_json` reads it again, and what it says counts.
//!
//! What is read here, `serde_json` reads as the same, but for whole numbers that 64 bits can't hold: a [`Text`](super::Text) has their
//! digits, which `serde_json` would round. A list in the place of a struct is not read here at all. How deep an answer is nested is counted here, since each level takes its part of the
//! stack.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{depth::MOST_LEVELS, scan::Marks};

/// Whole numbers of so many digits are held by 64 bits, whatever they are.
const MOST_DIGITS: usize = 19;

/// Whether this is a whole number that 64 bits can't hold, of which `serde_json` would make one with a point.
#[cold]
fn is_beyond_64_bits(number: &str) -> bool {
    let is_whole = number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-'));
    let fits = number.parse::<u64>().is_ok() || number.parse::<i64>().is_ok();
    is_whole && !fits && serde_json::from_str::<IgnoredAny>(number).is_ok()
}

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
    marks: Marks,
    /// The lists and objects that are open.
    levels: usize,
}

impl<'de> Quick<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        Self { text, at: 0, marks: Marks::NONE, levels: 0 }
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

    /// A text between quotes, the first of which is passed. Where it has an escape, or no end, nothing is taken.
    #[expect(
        clippy::inline_always,
        reason = "each value and each key is read by it, and its call costs a twentieth of a pull"
    )]
    #[inline(always)]
    fn plain(&mut self) -> Option<&'de str> {
        let text = self.text;
        let end = self.marks.first_from(text.as_bytes(), self.at);
        if text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        let piece = text.get(self.at..end)?;
        self.at = end + 1;
        Some(piece)
    }

    /// A text with escapes in it, of which the first quote is passed.
    #[cold]
    fn escaped(&mut self) -> Result<String, Odd> {
        serde_json::from_str(self.quoted()?).map_err(|_| Odd)
    }

    /// The same as it is written, with both quotes.
    fn quoted(&mut self) -> Result<&'de str, Odd> {
        let begin = self.at;
        loop {
            self.at = self.marks.first_from(self.text.as_bytes(), self.at);
            match self.text.as_bytes().get(self.at) {
                Some(b'\\') => self.at += 2,
                Some(b'"') => break,
                _ => return Err(Odd),
            }
        }
        self.at += 1;
        begin.checked_sub(1).and_then(|quote| self.text.get(quote..self.at)).ok_or(Odd)
    }

    /// What is between brackets, the first of which is at hand.
    #[inline]
    fn open<T>(&mut self, read: impl FnOnce(&mut Items<'_, 'de>) -> Result<T, Odd>) -> Result<T, Odd> {
        self.at += 1;
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            return Err(Odd);
        }
        let mut items = Items { json: self, is_first: true, is_over: false };
        let value = read(&mut items)?;
        if !items.is_over {
            return Err(Odd);
        }
        self.levels -= 1;
        Ok(value)
    }

    /// Passes over a text or a number that `serde_json` passes over.
    #[cold]
    fn pass_over(&mut self) -> Result<(), Odd> {
        let passed = if self.rest().starts_with(b"\"") {
            self.at += 1;
            self.quoted()?
        } else {
            self.digits()?
        };
        serde_json::from_str(passed).map(|IgnoredAny| ()).map_err(|_| Odd)
    }

    /// A number as it is written, if it is one.
    fn digits(&mut self) -> Result<&'de str, Odd> {
        let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = self.rest().iter().take_while(|byte| is_of_number(byte)).count();
        let number = self.text.get(self.at..self.at + length).ok_or(Odd)?;
        self.at += length;
        Ok(number)
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Odd> {
        let number = self.digits()?;
        if number.len() > MOST_DIGITS && is_beyond_64_bits(number) {
            // As it is written, for who takes that: two ids are not to become one by being rounded.
            return visitor.visit_newtype_struct(BorrowedStrDeserializer::new(number));
        }
        let mut json = serde_json::Deserializer::from_str(number);
        let value = json.deserialize_any(visitor).map_err(|_| Odd)?;
        json.end().map_err(|_| Odd)?;
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for &mut Quick<'de> {
    type Error = Odd;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        match self.peek().ok_or(Odd)? {
            b'"' => {
                self.at += 1;
                match self.plain() {
                    Some(text) => visitor.visit_borrowed_str(text),
                    None => visitor.visit_str(&self.escaped()?),
                }
            }
            b'{' => self.open(|items| visitor.visit_map(items)),
            b'[' => self.open(|items| visitor.visit_seq(items)),
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
        self.expect(b'"')?;
        visitor.visit_enum(self.plain().ok_or(Odd)?.into_deserializer())
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Odd> {
        Err(Odd)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Odd> {
        Err(Odd)
    }

    /// An object alone. `serde_json` takes a list too, for the values one after the other.
    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        if self.peek() != Some(b'{') {
            return Err(Odd);
        }
        self.open(|items| visitor.visit_map(items))
    }

    /// What is passed over has to be JSON, and not to be understood: half of a character there, or a number beyond all bounds, costs
    /// nothing.
    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        match self.peek() {
            Some(b'"') => {
                let text = self.text.as_bytes();
                let end = self.marks.first_from(text, self.at + 1);
                if text.get(end) == Some(&b'"') {
                    self.at = end + 1;
                } else {
                    self.pass_over()?;
                }
                visitor.visit_unit()
            }
            Some(b'-' | b'0'..=b'9') => {
                self.pass_over()?;
                visitor.visit_unit()
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct seq tuple tuple_struct map identifier
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
        if self.is_over {
            return Ok(false);
        }
        match self.json.peek() {
            Some(byte) if byte == close => {
                self.json.at += 1;
                self.is_over = true;
                Ok(false)
            }
            Some(b',') if !self.is_first => {
                self.json.at += 1;
                // What closes here is found to be neither a key nor a value.
                Ok(true)
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
        self.json.expect(b'"')?;
        let key = match self.json.plain() {
            Some(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
            None => seed.deserialize(StrDeserializer::new(&self.json.escaped()?)),
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
mod tests;
