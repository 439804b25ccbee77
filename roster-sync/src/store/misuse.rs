//! What no writer may ask of a store: signs of a defect, which stores refuse rather than keep.

use roster_core::{Error, ErrorKind, Result};

use super::{Op, VersionWrite};

/// Refuses a version that would leave a gap in the log, or be there twice.
pub(crate) fn check_version(write: &VersionWrite, last: u64) -> Result<()> {
    if write.seq != last + 1 {
        return Err(refused(format!("version {} can't follow version {last}", write.seq)));
    }
    if write.op == Op::Create && write.uid != write.seq {
        return Err(refused(format!(
            "version {} creates record {}, which has to bear the version's number",
            write.seq, write.uid
        )));
    }
    Ok(())
}

pub(crate) fn no_record(uid: u64) -> Error {
    refused(format!("there is no record {uid}"))
}

pub(crate) fn no_version(seq: u64) -> Error {
    refused(format!("there is no version {seq}"))
}

pub(crate) fn no_run() -> Error {
    refused("no run was begun".to_owned())
}

pub(crate) fn written_in_part() -> Error {
    refused("a write before failed, and the run can only end without a memory".to_owned())
}

pub(crate) fn refused(message: String) -> Error {
    let message = format!("{message}; nothing of it was kept. Run again, and report it if it comes back");
    Error::new(ErrorKind::Transport, "host", "writing the store", message).exhausted()
}
