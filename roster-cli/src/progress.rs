//! What a pull or a sync shows on a terminal while it runs.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const PAUSE: Duration = Duration::from_millis(100);

/// A line on stderr with what came so far; hidden where stderr is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    shown: Instant,
}

impl Progress {
    pub(crate) fn start() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        Self { bar, shown: Instant::now() }
    }

    /// Shows the counts, unless they were shown a moment ago.
    pub(crate) fn show(&mut self, records: u64, problems: u64) {
        if self.bar.is_hidden() || self.shown.elapsed() < PAUSE {
            return;
        }
        self.shown = Instant::now();
        self.bar.set_message(format!("records {records}, problems {problems}"));
        self.bar.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
