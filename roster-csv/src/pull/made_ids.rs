//! Ids that are made of the cells of a row.

use roster_core::decode;
use xxhash_rust::xxh3::xxh3_128;

use crate::{address::tells_apart, dialect::Piece, rows::RowCells};

/// Makes an id of its pieces. `false` if one that it needs is empty.
#[inline]
pub(super) fn make(pieces: &[Piece], cells: RowCells<'_>, hashed: &mut Hashed, id: &mut String) -> bool {
    let value = |at: &usize| decode::trim(cells.cell(*at));
    let is_alone = pieces.len() == 1;
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

/// Writes a part as [`SourcedId::from_parts`](roster_core::SourcedId::from_parts) does; an id of one part is that part.
fn write_part(value: &str, is_alone: bool, id: &mut String) -> bool {
    if is_alone || !value.contains([':', '\\']) {
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
    text: String,
    last: String,
    /// In hexadecimal; empty if such a text tells nobody apart.
    hex: String,
}

impl Hashed {
    /// Writes a hash of some cells. A column that is hashed alone holds an address; what is none tells nobody apart.
    #[inline]
    fn write(&mut self, columns: &[usize], cells: RowCells<'_>, id: &mut String) -> bool {
        let Self { text, last, hex } = self;
        text.clear();
        for at in columns {
            text.push_str(decode::trim(cells.cell(*at)));
            text.push('\u{1f}');
        }
        if text != last {
            last.clone_from(text);
            hex.clear();
            let is_told = match columns {
                [_] => tells_apart(text.trim_end_matches('\u{1f}')),
                _ => text.bytes().any(|byte| byte != 0x1f),
            };
            if is_told {
                if text.is_ascii() {
                    text.make_ascii_lowercase();
                } else {
                    *text = text.to_lowercase();
                }
                push_hex(xxh3_128(text.as_bytes()), hex);
            }
        }
        id.push_str(hex);
        !hex.is_empty()
    }
}

fn push_hex(hash: u128, hex: &mut String) {
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash.to_be_bytes()) {
        for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 0xf]) {
            *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        }
    }
    hex.push_str(std::str::from_utf8(&digits).unwrap_or_default());
}
