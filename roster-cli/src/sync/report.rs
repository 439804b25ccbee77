//! What a report means for whoever called.

use roster::{
    Error,
    sync::{Failed, Status, SyncReport},
};

use super::Target;
use crate::{
    outcome::Outcome,
    output::{Output, note},
};

/// How the command ends: the first that fits.
pub(crate) fn outcome(report: &SyncReport) -> Outcome {
    match report.status {
        Status::Applied | Status::Unchanged if report.is_partial() => Outcome::Partial,
        Status::Applied | Status::Unchanged => Outcome::Done,
        Status::Held => Outcome::Held,
        _ if report.error.as_ref().is_some_and(|error| error.kind == "config") => Outcome::Misused,
        _ => Outcome::Failed,
    }
}

/// The report of a run that could not be recorded.
pub(crate) fn failed(target: &Target, error: &Error) -> SyncReport {
    let mut report = SyncReport::new(target.roster(), target.info().tenant.clone(), Status::Failed);
    report.error = Some(Failed::from(error));
    report
}

/// Says on stderr why it failed; in JSON the document says so.
pub(crate) fn say_error(report: &SyncReport, output: Output) {
    if output == Output::Text
        && let Some(error) = &report.error
    {
        note(&format!("error: {}: {}", error.operation, error.message));
    }
}

#[cfg(test)]
mod tests {
    use roster::{EntityKind, ErrorKind, sync::KindCounts};

    use super::*;

    fn ends(status: Status) -> SyncReport {
        SyncReport::new("lincoln", "lincoln", status)
    }

    #[test]
    fn the_first_that_fits() {
        let mut failed = ends(Status::Failed);
        failed.error = Some(Failed::from(&Error::new(ErrorKind::Transport, "csv", "x", "y")));
        assert_eq!(outcome(&failed), Outcome::Failed);
        failed.error = Some(Failed::from(&Error::new(ErrorKind::Config, "csv", "x", "y")));
        assert_eq!(outcome(&failed), Outcome::Misused);
        assert_eq!(outcome(&ends(Status::Busy)), Outcome::Failed);
        assert_eq!(outcome(&ends(Status::Unchanged)), Outcome::Done);

        let mut partial = KindCounts::default();
        partial.supported = true;
        for (status, expected) in [(Status::Applied, Outcome::Partial), (Status::Held, Outcome::Held)] {
            let mut report = ends(status);
            report.kinds.insert(EntityKind::Org, partial);
            assert_eq!(outcome(&report), expected);
        }
    }
}
