//! Cells of a row that is made of another, by where they come from.

use super::made_ids::{Hashed, is_made, make};
use crate::{dialect::Source, rows::Trimmed};

/// Writes what a cell says.
#[inline]
pub(super) fn write(source: &Source, cells: Trimmed<'_>, hashed: &mut Hashed, text: &mut String) {
    match source {
        Source::At(at) => text.push_str(cells.cell(*at)),
        Source::Fixed(value) => text.push_str(value),
        Source::Words(at, words) => text.push_str(in_words(cells.cell(*at), words)),
        Source::Made(pieces) => {
            let start = text.len();
            if !make(pieces, cells, hashed, text) {
                text.truncate(start);
            }
        }
    }
}

/// Whether a cell says something.
pub(super) fn says_something(source: &Source, cells: Trimmed<'_>) -> bool {
    match source {
        Source::At(at) => !cells.cell(*at).is_empty(),
        Source::Fixed(value) => !value.is_empty(),
        Source::Words(at, words) => !in_words(cells.cell(*at), words).is_empty(),
        Source::Made(pieces) => is_made(pieces, cells),
    }
}

/// What a cell says, in the words that are read.
fn in_words<'a>(said: &'a str, words: &[(&str, &'static str)]) -> &'a str {
    words.iter().find(|(word, _)| said.eq_ignore_ascii_case(word)).map_or(said, |(_, says)| says)
}
