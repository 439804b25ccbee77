//! Bytes to text: how a file is encoded, what separates its cells and its lines, and how that is brought to the one form that
//! [`rows`](crate::rows) reads. Decided once for each file. A file in UTF-8 with commas passes by: nothing here touches its bytes.

mod charset;
mod form;
mod mojibake;
mod sniff;
mod transcoder;

pub(crate) use self::{
    charset::{Charset, of_late},
    form::Form,
    mojibake::{has_lost_text, repaired},
    sniff::{Sniffed, sniff},
    transcoder::Transcoder,
};
