//! Which encoding a file is in, told by its bytes.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    /// Nothing but ASCII was seen so far. The first piece that holds more decides.
    Ascii,
    /// UTF-8. A line that is none is an error of its own.
    Utf8,
    /// Another, decoded before rows are looked for.
    Other(&'static Encoding),
}

/// What the beginning of a file tells of its encoding.
pub(super) struct Told {
    pub(super) charset: Charset,
    /// Bytes of the byte order mark.
    pub(super) mark: usize,
    /// Nothing in the file says so: it was guessed by how the text looks.
    pub(super) guessed: bool,
}

/// Tells the encoding: by the byte order mark, else by valid UTF-8, else by the zeros of UTF-16, else by how it looks.
pub(super) fn of_head(head: &[u8]) -> Told {
    let told = |charset, mark| Told { charset, mark, guessed: false };
    match head {
        [0xef, 0xbb, 0xbf, ..] => told(Charset::Utf8, 3),
        [0xff, 0xfe, ..] => told(Charset::Other(UTF_16LE), 2),
        [0xfe, 0xff, ..] => told(Charset::Other(UTF_16BE), 2),
        _ => {
            if let Some(wide) = by_zeros(head) {
                return told(Charset::Other(wide), 0);
            }
            let charset = if head.is_ascii() { Charset::Ascii } else { by_lines(head) };
            Told { charset, mark: 0, guessed: matches!(charset, Charset::Other(_)) }
        }
    }
}

/// Tells the encoding by the first piece that holds more than ASCII.
pub(crate) fn of_late(piece: &[u8]) -> Charset {
    if piece.is_ascii() { Charset::Ascii } else { by_lines(piece) }
}

/// UTF-16 without a mark: in a roster's header, every other byte is zero.
fn by_zeros(head: &[u8]) -> Option<&'static Encoding> {
    let (pairs, _) = head.get(..head.len().min(1024)).unwrap_or(head).as_chunks::<2>();
    let zeros = |at: fn(&[u8; 2]) -> u8| pairs.iter().filter(|pair| at(pair) == 0).count();
    let (first, second) = (zeros(|pair| pair[0]), zeros(|pair| pair[1]));
    let (most, hardly_any) = (pairs.len() / 2, pairs.len() / 20);
    match pairs.len() {
        0 | 1 => None,
        _ if first > most && second <= hardly_any => Some(UTF_16BE),
        _ if second > most && first <= hardly_any => Some(UTF_16LE),
        _ => None,
    }
}

/// A file is in UTF-8 if most of the lines that tell are: the others are damaged lines then.
fn by_lines(text: &[u8]) -> Charset {
    let (mut sound, mut unsound) = (0_usize, 0_usize);
    // The last line may be cut in the middle of a character.
    let whole = memchr::memrchr(b'\n', text).map_or(text, |end| text.get(..end).unwrap_or(text));
    for line in whole.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_ascii()) {
        match std::str::from_utf8(line) {
            Ok(_) => sound += 1,
            // Without a line end in sight the text as a whole is one that may be cut.
            Err(error) if error.error_len().is_none() && whole.len() == text.len() => sound += 1,
            Err(_) => unsound += 1,
        }
    }
    if sound >= unsound { Charset::Utf8 } else { Charset::Other(by_looks(text)) }
}

/// The detector's guess among the encodings of one byte a character that schools use; Windows-1252 if it has none.
fn by_looks(text: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(text, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    if guess.is_single_byte() { guess } else { WINDOWS_1252 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_zeros_and_lines_tell_the_encoding() {
        let charset = |head: &[u8]| of_head(head).charset;
        assert_eq!(charset(b"\xef\xbb\xbfa,b\n"), Charset::Utf8);
        assert_eq!(charset(b"\xff\xfea\0,\0b\0\n\0"), Charset::Other(UTF_16LE));
        assert_eq!(charset(b"\0a\0,\0b\0\n"), Charset::Other(UTF_16BE));
        assert_eq!(charset(b"a\0,\0b\0\n\0"), Charset::Other(UTF_16LE));
        assert_eq!(charset(b"id,name\n1,Ann\n"), Charset::Ascii);
        assert_eq!(charset("id,name\n1,Zoë\n".as_bytes()), Charset::Utf8);
        assert_eq!(charset(b"id,name\n1,Zo\xeb N\xfa\xf1ez\n"), Charset::Other(WINDOWS_1252));
    }

    #[test]
    fn one_damaged_line_does_not_make_a_file_another() {
        let text = b"1,Zo\xc3\xab\n2,Jos\xc3\xa9\n3,Zo\xeb\n";
        assert_eq!(of_head(text).charset, Charset::Utf8);
        assert_eq!(of_head(b"1,Zo\xc3\xab\n2,Jos\xc3").charset, Charset::Utf8);
        // NULs here and there are damage, not UTF-16.
        assert_eq!(of_head(b"1,A\0nn\n2,Bo\n").charset, Charset::Ascii);
    }
}
