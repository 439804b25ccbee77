//! Dialects other than OneRoster: what their files say, and what is wrong with them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::similar_names, reason = "a test may panic")]

mod clever;
mod dirt;
mod equivalence;
mod forms;
mod mapping;
mod one_file;
mod reading;
mod sds;
