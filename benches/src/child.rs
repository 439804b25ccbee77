//! One round in a process of its own.

use std::{error::Error, fmt, path::Path, process::Command, time::Instant};

/// What one round took.
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    /// The largest resident set, in KiB; 0 where the system does not tell.
    pub(crate) peak_kib: u64,
    pub(crate) rows: u64,
}

/// What a round prints.
pub(crate) struct Counted {
    pub(crate) rows: u64,
    pub(crate) peak_kib: u64,
    /// What it took by its own clock; 0 if the whole process counts.
    pub(crate) seconds: f64,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.rows, self.peak_kib, self.seconds)
    }
}

impl Sample {
    /// Runs a round and times it, start of the process included unless the round has a clock of its own.
    pub(crate) fn take(what: &str, paths: &[&Path]) -> Result<Self, Box<dyn Error>> {
        let start = Instant::now();
        let output = Command::new(std::env::current_exe()?).args(["one", what]).args(paths).output()?;
        let whole = start.elapsed().as_secs_f64();
        let text = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            return Err(text.into());
        }
        let words: Vec<_> = text.split_whitespace().collect();
        let [rows, peak_kib, seconds] = words.as_slice() else {
            return Err(format!("a round printed {text:?}").into());
        };
        let own: f64 = seconds.parse()?;
        let seconds = if own > 0.0 { own } else { whole };
        Ok(Self { seconds, rows: rows.parse()?, peak_kib: peak_kib.parse()? })
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
