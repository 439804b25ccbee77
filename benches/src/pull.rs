//! The reference and ours.

use std::{
    error::Error,
    fs::File,
    path::{Path, PathBuf},
};

use futures::{StreamExt, executor::block_on};
use roster::{PullContext, PullRequest, RosterSource, Tally, csv::CsvSource};

use crate::child::{Counted, peak_kib};

/// The files of a set, in the order in which they are read.
pub(crate) const FILES: [&str; 6] =
    ["orgs.csv", "academicSessions.csv", "courses.csv", "classes.csv", "users.csv", "enrollments.csv"];

/// The bare loop of the `csv` crate.
pub(crate) fn raw(set: &Path) -> Result<Counted, Box<dyn Error>> {
    let rows = each_row(set, |_| {})?;
    Ok(Counted { rows, peak_kib: peak_kib(), seconds: 0.0 })
}

/// The files of a folder, or a roster that is one file.
fn files(set: &Path) -> Vec<PathBuf> {
    if set.is_file() { vec![set.to_owned()] } else { FILES.map(|file| set.join(file)).into() }
}

/// Reads each row of the files, and counts them.
pub(crate) fn each_row(set: &Path, mut see: impl FnMut(&csv::ByteRecord)) -> Result<u64, Box<dyn Error>> {
    let mut rows = 0;
    for file in files(set) {
        let file = File::open(file)?;
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).buffer_capacity(256 << 10).from_reader(file);
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            see(&record);
            rows += 1;
        }
    }
    Ok(rows)
}

/// A pull into typed records, each counted as the command counts it, and dropped.
pub(crate) fn streamed(set: &Path) -> Result<Counted, Box<dyn Error>> {
    let source = CsvSource::builder().path(set).build()?;
    let mut pull = source.pull(PullRequest::full(), PullContext::default());
    let mut tally = Tally::new();
    block_on(async {
        while let Some(event) = pull.next().await {
            tally.count(&event?);
        }
        Ok::<(), roster::Error>(())
    })?;
    let rows = tally.kinds().values().map(|kind| kind.records).sum();
    Ok(Counted { rows, peak_kib: peak_kib(), seconds: 0.0 })
}
