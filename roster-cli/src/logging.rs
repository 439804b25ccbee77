//! Logs, to stderr.

use tracing::level_filters::LevelFilter;

use crate::args::LogLevel;

/// Starts to log, if a level was asked for.
pub(crate) fn start(level: Option<LogLevel>) {
    let Some(level) = level else { return };
    let filter = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    tracing_subscriber::fmt().with_max_level(filter).with_writer(std::io::stderr).init();
}
