//! `roster sync`: brings a roster of a store in step with a source.

mod approval;
mod holds;
mod report;
mod summary;
mod target;
mod watched;

use roster::{PullContext, sync::RosterSync};

pub(crate) use self::{
    approval::line as approval,
    holds::{holds, school},
    report::{failed, outcome, say_error},
    summary::{kinds, rest, seats},
    target::Target,
    watched::Watched,
};
use crate::{
    args::{SyncArgs, SyncOptions},
    outcome::{Failure, Outcome},
    output::Output,
    source, store,
};

pub(crate) fn run(args: &SyncArgs, output: Output) -> Result<Outcome, Failure> {
    let options = &args.options;
    let target = Target::resolve(options)?;
    let result = source::block_on(async {
        let store = store::to_sync(&options.store).await?;
        target.refuse_another_origin(&*store).await?;
        let source = Watched::new(target.open()?, output);
        Ok(sync(&*store, &target, options).run(&source, &PullContext::new(source.counting())).await)
    });
    let report = match result? {
        Ok(report) => report,
        Err(error) => failed(&target, &error),
    };
    tracing::info!(status = report.status.as_str(), problems = report.problems, "the sync is over");
    output.answer(&report, || summary::text(&report, &approval(options, &report.plan)))?;
    say_error(&report, output);
    Ok(outcome(&report))
}

/// The sync that the options ask for.
pub(crate) fn sync<'a>(
    store: &'a dyn roster::sync::Store,
    target: &Target,
    options: &SyncOptions,
) -> RosterSync<'a> {
    let mut sync = RosterSync::new(store, target.roster())
        .request(target.request().clone())
        .guards(target.guards())
        .seats(target.seats())
        .full(options.full);
    if let Some(hash) = &options.approve {
        sync = sync.approve(hash.trim());
    }
    if let Some(origin) = target.origin() {
        sync = sync.origin(origin);
    }
    sync
}
