//! `roster pull`: pulls once, counts, and says what is wrong.

mod cursor;
mod drive;
mod ndjson;
mod report;
mod request;
mod summary;

use std::{io::IsTerminal, path::Path, sync::Arc, time::Instant};

use roster::{EntityKind, Error, ErrorKind, PullContext, PullRequest, RosterSource};

use self::{drive::Pulling, ndjson::Ndjson, report::Report};
use crate::{
    args::{Format, PullArgs},
    observer::Counting,
    outcome::{Failure, Outcome},
    output::{Output, note},
    private_file::PrivateFile,
    progress::Progress,
    source, stop,
};

pub(crate) fn run(args: &PullArgs, output: Output) -> Result<Outcome, Failure> {
    request::check_flags(args, output)?;
    let resolved = source::resolve(&args.global, &args.source)?;
    let source = resolved.open()?;
    let request = request::build(resolved.request()?, args, &source.capabilities())?;
    if args.kinds.is_some()
        && request.entities.contains(&EntityKind::Relationship)
        && !request.wants(EntityKind::Relationship)
    {
        note("note: relationships are pulled only with --sensitive, or `sensitive` in the settings");
    }

    let events_on_stdout = args.format == Format::Ndjson && args.out.is_none();
    let events_on_terminal = events_on_stdout && std::io::stdout().is_terminal();
    let mut files = Files {
        events: args.out.as_deref().map(|path| open(path, "--out")).transpose()?,
        cursor: args.cursor_out.as_deref().map(|path| open(path, "--cursor-out")).transpose()?,
    };
    let mut pulling = Pulling::new(
        match (args.format, files.events.as_mut()) {
            (Format::Summary, _) => None,
            (Format::Ndjson, Some(file)) => Some(Ndjson::to_file(file)),
            (Format::Ndjson, None) => Some(Ndjson::to_stdout()),
        },
        (output == Output::Text && !events_on_terminal).then(Progress::start),
    );

    let start = Instant::now();
    let counting = Arc::new(Counting::default());
    let result = pull(&*source, &request, counting.clone(), &mut pulling);
    let counts = pulling.finish();
    let result = result.and_then(|()| files.keep(args, &counts));
    if let Err(failure @ Failure::Output(_)) = result {
        return Err(failure);
    }
    let report = Report::new(
        &source.info(),
        &request,
        &source.capabilities(),
        &counts,
        &counting,
        result.err(),
        start.elapsed(),
    );
    tracing::info!(problems = report.problems, requests = report.requests, "the pull is over");

    if events_on_stdout {
        note(&summary::last_line(&report));
    } else {
        output.answer(&report, || summary::text(&report))?;
    }
    if let (Some(failure), Output::Text) = (&report.failure, output) {
        output.failure(failure);
    }
    Ok(report.outcome())
}

fn pull(
    source: &dyn RosterSource,
    request: &PullRequest,
    counting: Arc<Counting>,
    pulling: &mut Pulling<'_>,
) -> Result<(), Failure> {
    let info = source.info();
    tracing::info!(provider = info.provider, tenant = info.tenant, "the pull begins");
    source::block_on(async {
        let stream = source.pull(request.clone(), PullContext::new(counting));
        drive::drive(stream, stop::signal(), pulling).await
    })
}

/// The files that a pull leaves behind if it succeeds.
struct Files {
    events: Option<PrivateFile>,
    cursor: Option<PrivateFile>,
}

impl Files {
    /// Puts them in their places, the cursor last: it must never be ahead of the events.
    fn keep(&mut self, args: &PullArgs, counts: &drive::Counts) -> Result<(), Failure> {
        if let (Some(file), Some(path)) = (self.events.take(), &args.out) {
            file.commit().map_err(|error| not_written("writing the events", path, &error))?;
        }
        let (Some(file), Some(path)) = (self.cursor.take(), &args.cursor_out) else {
            return Ok(());
        };
        if let Some(cursor) = &counts.cursor {
            return cursor::write(file, cursor)
                .map_err(|error| not_written("writing the cursor", path, &error));
        }
        let path = path.display();
        note(&format!("note: the source gave no cursor, so {path} was not written"));
        Ok(())
    }
}

/// Opened before the pull, so that nobody waits an hour to learn that a folder is missing.
fn open(path: &Path, flag: &str) -> Result<PrivateFile, Failure> {
    PrivateFile::create(path).map_err(|error| {
        let path = path.display();
        Failure::usage("opening a file to write", format!("{flag} {path}: {error}"))
    })
}

fn not_written(operation: &'static str, path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("{}: {error}", path.display());
    Error::new(ErrorKind::Transport, "host", operation, message).into()
}

#[cfg(test)]
mod tests;
