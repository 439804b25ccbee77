//! Lines and columns.

use std::fmt;

/// A position in a settings file, both numbers from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// The position of a byte of `text`; past its end, the end.
    pub(super) fn of_byte(text: &str, byte: usize) -> Self {
        let before = text.char_indices().take_while(|(at, _)| *at < byte);
        before.fold(Self { line: 1, column: 1 }, |place, (_, c)| {
            if c == '\n' {
                Self { line: place.line + 1, column: 1 }
            } else {
                Self { column: place.column + 1, ..place }
            }
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters() {
        let text = "a\nö = 1\n";
        assert_eq!(Place::of_byte(text, 0).to_string(), "1:1");
        assert_eq!(Place::of_byte(text, text.find('=').unwrap()).to_string(), "2:3");
        assert_eq!(Place::of_byte(text, 99).to_string(), "3:1");
    }
}
