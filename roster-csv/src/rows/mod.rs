//! Bytes to rows: where rows and cells begin and end, and nothing of what they mean.
//!
//! Our own scanner, because neither `csv` nor `simd-csv` does what a roster needs: both take the rest of a file for one cell
//! after a quote that is never closed, drop blank lines unseen, and have no limit for a row. It is tested against `csv`.

mod batch;
mod clean;
mod garbled;
mod hashes;
mod lines;
mod made;
mod scan;
mod separator;
mod split;
mod unwrap;

pub(crate) use self::{
    batch::{Batch, Fault, RowCells, RowMark},
    hashes::WINDOW,
    made::{Origin, Pick, Trimmed},
    scan::Scanner,
    split::commas,
    unwrap::may_be_wrapped,
};
