//! What a pull shows on a terminal while it runs.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use roster::Tally;

const PAUSE: Duration = Duration::from_millis(100);

/// A line on stderr with what came so far; hidden where stderr is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    shown: Instant,
}

impl Progress {
    pub(super) fn start() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        Self { bar, shown: Instant::now() }
    }

    /// Shows the counts, unless they were shown a moment ago.
    pub(super) fn show(&mut self, tally: &Tally) {
        if self.bar.is_hidden() || self.shown.elapsed() < PAUSE {
            return;
        }
        self.shown = Instant::now();
        self.bar.set_message(format!("records {}, problems {}", tally.delivered(), tally.problems()));
        self.bar.tick();
    }

    pub(super) fn stop(self) {
        self.bar.finish_and_clear();
    }
}
