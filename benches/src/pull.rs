//! The reference and ours.

use std::{error::Error, fs::File, path::Path};

use futures::{StreamExt, executor::block_on};
use roster::{PullContext, PullEvent, PullRequest, RosterSource, csv::CsvSource};

use crate::child::peak_kib;

/// What a round prints.
pub(crate) struct Counted {
    rows: u64,
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.rows, peak_kib())
    }
}

const FILES: [&str; 6] =
    ["orgs.csv", "academicSessions.csv", "courses.csv", "classes.csv", "users.csv", "enrollments.csv"];

/// The bare loop of the `csv` crate.
pub(crate) fn raw(directory: &Path) -> Result<Counted, Box<dyn Error>> {
    let mut rows = 0;
    for file in FILES {
        let file = File::open(directory.join(file))?;
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).buffer_capacity(256 << 10).from_reader(file);
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            rows += 1;
        }
    }
    Ok(Counted { rows })
}

/// A pull into typed records, each counted and dropped.
pub(crate) fn streamed(directory: &Path) -> Result<Counted, Box<dyn Error>> {
    let source = CsvSource::builder().path(directory).build()?;
    let mut pull = source.pull(PullRequest::full(), PullContext::default());
    let mut rows = 0;
    block_on(async {
        while let Some(event) = pull.next().await {
            rows += u64::from(matches!(event?, PullEvent::Upsert { .. }));
        }
        Ok::<(), roster::Error>(())
    })?;
    Ok(Counted { rows })
}
