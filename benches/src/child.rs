//! One round in a process of its own.

use std::{error::Error, process::Command, time::Instant};

/// What one round took.
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    /// The largest resident set, in KiB; 0 where the system does not tell.
    pub(crate) peak_kib: u64,
    pub(crate) rows: u64,
}

impl Sample {
    /// Runs a round and times it, start of the process included.
    pub(crate) fn take(what: &str, directory: &str) -> Result<Self, Box<dyn Error>> {
        let start = Instant::now();
        let output = Command::new(std::env::current_exe()?).args(["one", what, directory]).output()?;
        let seconds = start.elapsed().as_secs_f64();
        let text = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            return Err(text.into());
        }
        let mut words = text.split_whitespace().map(str::parse);
        let mut next = || words.next().unwrap_or(Ok(0));
        Ok(Self { seconds, rows: next()?, peak_kib: next()? })
    }
}

/// The largest resident set of this process so far, in KiB, where the system tells.
pub(crate) fn peak_kib() -> u64 {
    use std::io::{BufRead, BufReader};
    let Ok(status) = std::fs::File::open("/proc/self/status") else {
        return 0;
    };
    let mut lines = BufReader::new(status).lines().map_while(Result::ok);
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:").map(str::to_owned));
    peak.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
