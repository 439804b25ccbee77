//! Text of another form, made UTF-8 with line feeds, piece by piece.

use encoding_rs::{Decoder, DecoderResult};

use super::{Form, charset::Charset};

/// Brings a file's bytes to UTF-8 with line feeds. What can't be decoded becomes a byte that is no UTF-8, so that its row is told
/// of, and no value is made up.
pub(crate) struct Transcoder {
    decoder: Option<Decoder>,
    /// Bytes of the mark that are still to come.
    mark: usize,
    returns: bool,
    /// A carriage return was the last of a piece: whether a line feed follows is not known yet.
    pending_return: bool,
    /// The line that names the separator is not over yet.
    in_separator_line: bool,
    decoded: String,
}

/// Stands for what could not be decoded.
const UNDECODABLE: u8 = 0xff;

impl Transcoder {
    pub(crate) fn new(form: &Form) -> Self {
        let decoder = match form.charset {
            Charset::Other(encoding) => Some(encoding.new_decoder_without_bom_handling()),
            Charset::Ascii | Charset::Utf8 => None,
        };
        Self {
            decoder,
            mark: form.mark,
            returns: form.returns,
            pending_return: false,
            in_separator_line: form.says_separator,
            decoded: String::new(),
        }
    }

    /// Takes in a piece, and puts out what it says. `last` if there are no more.
    pub(crate) fn push(&mut self, piece: &[u8], last: bool, out: &mut Vec<u8>) {
        let from = out.len();
        let mark = self.mark.min(piece.len());
        self.mark -= mark;
        let piece = piece.get(mark..).unwrap_or(&[]);
        match &mut self.decoder {
            Some(decoder) => decode(decoder, piece, last, &mut self.decoded, out),
            None => out.extend_from_slice(piece),
        }
        if self.returns {
            self.end_lines(from, last, out);
        }
        if self.in_separator_line {
            let end = memchr::memchr(b'\n', out.get(from..).unwrap_or(&[]));
            self.in_separator_line = end.is_none();
            let end = end.map_or(out.len(), |end| from + end + 1);
            out.drain(from..end);
        }
    }

    /// Makes a line feed of each carriage return that stands alone.
    fn end_lines(&mut self, from: usize, last: bool, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.pending_return) {
            out.insert(from, b'\r');
        }
        if !last && out.len() > from && out.last() == Some(&b'\r') {
            self.pending_return = true;
            out.pop();
        }
        let mut at = from;
        while let Some(found) = memchr::memchr(b'\r', out.get(at..).unwrap_or(&[])) {
            at += found + 1;
            if out.get(at) != Some(&b'\n')
                && let Some(byte) = out.get_mut(at - 1)
            {
                *byte = b'\n';
            }
        }
    }
}

fn decode(decoder: &mut Decoder, piece: &[u8], last: bool, text: &mut String, out: &mut Vec<u8>) {
    let mut rest = piece;
    loop {
        text.clear();
        // Without a length there is nothing that could be decoded: a piece is far below the address space.
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(0).max(64));
        let (result, read) = decoder.decode_to_string_without_replacement(rest, text, last);
        rest = rest.get(read..).unwrap_or(&[]);
        take(text, out);
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => out.push(UNDECODABLE),
        }
    }
}

/// Takes decoded text over. A control character of the upper half is what decoders make of bytes that their encoding does not
/// have: no letter, and no text.
fn take(decoded: &str, out: &mut Vec<u8>) {
    let from = out.len();
    out.extend_from_slice(decoded.as_bytes());
    let Some(taken) = out.get_mut(from..).filter(|taken| !taken.is_ascii()) else { return };
    let mut at = 0;
    while let Some(found) = memchr::memchr(0xc2, taken.get(at..).unwrap_or(&[])) {
        at += found + 1;
        if let Some(byte) = taken.get_mut(at).filter(|byte| (0x80..0xa0).contains(*byte)) {
            *byte = UNDECODABLE;
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
    use proptest::prelude::*;

    use super::*;

    fn all(form: &Form, pieces: &[&[u8]]) -> Vec<u8> {
        let (mut transcoder, mut out) = (Transcoder::new(form), Vec::new());
        for piece in pieces {
            transcoder.push(piece, false, &mut out);
        }
        transcoder.push(&[], true, &mut out);
        out
    }

    #[test]
    fn decodes_whatever_the_pieces_are() {
        let form = Form { charset: Charset::Other(UTF_16LE), mark: 2, ..Form::default() };
        let text: Vec<u8> = "\u{feff}Zoë,😀\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for cut in 0..text.len() {
            let (head, tail) = text.split_at(cut);
            assert_eq!(all(&form, &[head, tail]), "Zoë,😀\n".as_bytes(), "{cut}");
        }
    }

    #[test]
    fn what_can_not_be_decoded_is_never_made_up() {
        let form = Form { charset: Charset::Other(WINDOWS_1252), ..Form::default() };
        assert_eq!(all(&form, &[b"Zo\xeb,\x80\n"]), "Zoë,€\n".as_bytes());
        assert!(String::from_utf8(all(&form, &[b"a\x81b"])).is_err());
        let form = Form { charset: Charset::Other(UTF_16BE), ..Form::default() };
        assert!(String::from_utf8(all(&form, &[b"\0a\xd8\0\0b"])).is_err());
    }

    #[test]
    fn the_line_that_names_the_separator_is_no_row() {
        let form = Form { says_separator: true, ..Form::default() };
        assert_eq!(all(&form, &[b"sep", b"=;\r", b"\na;b\n"]), b"a;b\n");
    }

    proptest! {
        #[test]
        fn returns_end_lines_wherever_pieces_are_cut(text in "[ab\r\n]{0,40}", cut in 0_usize..40) {
            let form = Form { returns: true, ..Form::default() };
            let cut = cut.min(text.len());
            let (head, tail) = text.as_bytes().split_at(cut);
            let wanted = text.replace("\r\n", "\u{1}").replace('\r', "\n").replace('\u{1}', "\r\n");
            prop_assert_eq!(all(&form, &[head, tail]), wanted.into_bytes());
        }
    }
}
