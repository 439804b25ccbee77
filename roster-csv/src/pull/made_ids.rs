//! Ids that are made of the cells of a row.

use xxhash_rust::xxh3::xxh3_128;

use super::look::{is_lower, is_wide, push_loosely};
use crate::{address::tells_apart, dialect::Piece, rows::Trimmed};

/// Makes an id of its pieces. `false` if one that it needs is empty.
#[inline]
pub(super) fn make(pieces: &[Piece], cells: Trimmed<'_>, hashed: &mut Hashed, id: &mut String) -> bool {
    make_part(pieces, pieces.len() == 1, cells, hashed, id)
}

/// Makes of some pieces what stands in an id, which is made of them alone or of others too.
#[inline]
pub(super) fn make_part(
    pieces: &[Piece],
    is_alone: bool,
    cells: Trimmed<'_>,
    hashed: &mut Hashed,
    id: &mut String,
) -> bool {
    let value = |at: &usize| cells.cell(*at);
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            id.push(':');
        }
        let made = match piece {
            Piece::Word(word) => {
                id.push_str(word);
                true
            }
            Piece::At(at) => write_part(value(at), is_alone, id),
            Piece::Maybe(at) => {
                write_part(at.as_ref().map_or("", value), is_alone, id);
                true
            }
            Piece::Hashed(columns) => hashed.write(columns, cells, id),
            Piece::AtOrHashed(at, columns) => {
                let own = at.as_ref().map_or("", value);
                if own.is_empty() { hashed.write(columns, cells, id) } else { write_part(own, is_alone, id) }
            }
        };
        if !made {
            return false;
        }
    }
    true
}

/// Whether an id can be made of the pieces.
pub(super) fn is_made(pieces: &[Piece], cells: Trimmed<'_>) -> bool {
    let has = |at: usize| !cells.cell(at).is_empty();
    let is_alone = pieces.len() == 1;
    // What stands between pieces makes an id of several.
    pieces.iter().all(|piece| match piece {
        Piece::Word(word) => !is_alone || !word.is_empty(),
        Piece::At(at) => has(*at),
        Piece::Maybe(at) => !is_alone || at.is_some_and(has),
        Piece::Hashed(columns) => is_told(columns, cells),
        Piece::AtOrHashed(at, columns) => at.is_some_and(has) || is_told(columns, cells),
    }) && !pieces.is_empty()
}

/// Whether cells tell anybody apart. A column that is hashed alone holds an address; what is none does not.
fn is_told(columns: &[usize], cells: Trimmed<'_>) -> bool {
    match columns {
        [at] => tells_apart(cells.cell(*at)),
        _ => columns.iter().any(|at| !cells.cell(*at).is_empty()),
    }
}

/// Writes a part as [`SourcedId::from_parts`](roster_core::SourcedId::from_parts) does; an id of one part is that part.
fn write_part(value: &str, is_alone: bool, id: &mut String) -> bool {
    if is_alone || !value.bytes().any(|byte| matches!(byte, b':' | b'\\')) {
        id.push_str(value);
        return !value.is_empty();
    }
    for character in value.chars() {
        if matches!(character, ':' | '\\') {
            id.push('\\');
        }
        id.push(character);
    }
    true
}

/// The last hash of cells: a row may name the same person several times, and several rows one after the other do.
#[derive(Default)]
pub(super) struct Hashed {
    /// What was hashed last: each cell, and after it what no cell holds.
    last: String,
    /// The same in lower case, where it differs.
    lower: String,
    /// In hexadecimal; empty if such a text tells nobody apart.
    hex: String,
}

/// What stands after each cell that is hashed.
const CELL_END: char = '\u{1f}';

impl Hashed {
    /// Writes a hash of some cells. `false` if they tell nobody apart.
    #[inline]
    fn write(&mut self, columns: &[usize], cells: Trimmed<'_>, id: &mut String) -> bool {
        let is_last = match columns {
            [at] => self.last.strip_suffix(CELL_END) == Some(cells.cell(*at)),
            _ => self.is_of(columns, cells),
        };
        if !is_last {
            self.hash(columns, cells);
        }
        id.push_str(&self.hex);
        !self.hex.is_empty()
    }

    /// Whether these are the cells that were hashed last.
    fn is_of(&self, columns: &[usize], cells: Trimmed<'_>) -> bool {
        let mut rest = self.last.as_str();
        for at in columns {
            let after = rest.strip_prefix(cells.cell(*at)).and_then(|after| after.strip_prefix(CELL_END));
            let Some(after) = after else { return false };
            rest = after;
        }
        rest.is_empty()
    }

    fn hash(&mut self, columns: &[usize], cells: Trimmed<'_>) {
        let Self { last, lower, hex } = self;
        last.clear();
        for at in columns {
            last.push_str(cells.cell(*at));
            last.push(CELL_END);
        }
        // A column that is hashed alone holds an address, and those that tell anybody apart have no blanks.
        if columns.len() > 1 && is_wide(last) {
            loosen(columns, cells, last);
        }
        hex.clear();
        if !is_told(columns, cells) {
            return;
        }
        if is_lower(last) {
            push_hex(xxh3_128(last.as_bytes()), hex);
            return;
        }
        lower.clear();
        if last.is_ascii() {
            lower.push_str(last);
            lower.make_ascii_lowercase();
        } else {
            *lower = last.to_lowercase();
        }
        push_hex(xxh3_128(lower.as_bytes()), hex);
    }
}

/// Writes the cells as they are compared: what one calls somebody is the same however wide the blanks in it are.
#[cold]
#[inline(never)]
fn loosen(columns: &[usize], cells: Trimmed<'_>, last: &mut String) {
    last.clear();
    for at in columns {
        push_loosely(cells.cell(*at), last);
        last.push(CELL_END);
    }
}

fn push_hex(hash: u128, hex: &mut String) {
    let mut digits = [0; 32];
    let (parts, _) = digits.as_chunks_mut::<8>();
    let bytes = hash.to_be_bytes();
    for (part, bytes) in parts.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *part = hex_of(u32::from_be_bytes(*bytes));
    }
    hex.push_str(std::str::from_utf8(&digits).unwrap_or_default());
}

/// Eight digits at once, each in a byte of a number.
const fn hex_of(part: u32) -> [u8; 8] {
    let mut digits = part as u64;
    digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff;
    digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff;
    digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // With six added, ten and more reach the next bit: those are letters.
    let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    let from_zero = 0x3030_3030_3030_3030;
    (digits + from_zero + letters * (b'a' - b'0' - 10) as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::{Batch, Scanner};

    #[test]
    fn hashes_are_written_as_anybody_writes_them() {
        for hash in [0, u128::MAX, 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210, 0xa0 << 64 | 0x9f, 1 << 127] {
            let mut hex = String::new();
            push_hex(hash, &mut hex);
            assert_eq!(hex, format!("{hash:032x}"));
        }
    }

    /// Pieces of each sort, over three columns.
    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let piece = (0..8_usize, 0..3_usize).prop_map(|(sort, at)| match sort {
            0 => Piece::Word("w"),
            1 => Piece::Word(""),
            2 => Piece::At(at),
            3 => Piece::Maybe(Some(at)),
            4 => Piece::Maybe(None),
            5 => Piece::Hashed(vec![at]),
            6 => Piece::Hashed(vec![at, (at + 1) % 3]),
            _ => Piece::AtOrHashed((at > 0).then_some(at), vec![0]),
        });
        prop::collection::vec(piece, 0..4)
    }

    proptest! {
        #[test]
        fn what_can_be_made_is_told_without_making_it(pieces in pieces(), row in "((a|A:|a@x.example|none@x.example|é|),){2}[ ab]{0,2}") {
            let (mut scanner, mut batch) = (Scanner::new(1 << 10), Batch::default());
            scanner.scan(row.as_bytes(), true, 10, &mut batch);
            let cells = batch.trimmed(batch.row(0).unwrap());
            let (mut hashed, mut id) = (Hashed::default(), String::new());
            let is_there = make(&pieces, cells, &mut hashed, &mut id) && !id.is_empty();
            prop_assert_eq!(is_made(&pieces, cells), is_there);
        }
    }
}
