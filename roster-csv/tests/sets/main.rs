//! Sets as they arrive: incomplete, misnamed, damaged, zipped, and with traps in them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::similar_names, reason = "a test may panic")]

mod damaged;
mod delta;
mod forms;
mod incomplete;
mod making;
mod reading;
mod zips;
