//! `roster plan`: a dry run. Says what a sync would change, and which guards would hold it.

mod diff;
mod label;
mod schools;
mod text;
mod values;

use roster::{PullContext, sync::Store};

use self::{diff::Diff, schools::Schools};
use crate::{
    args::PlanArgs,
    outcome::{Failure, Outcome},
    output::Output,
    source, store,
    sync::{Target, Watched, approval, failed, outcome, say_error, sync},
};

pub(crate) fn run(args: &PlanArgs, output: Output) -> Result<Outcome, Failure> {
    let options = &args.options;
    let target = Target::resolve(options)?;
    let (result, diff) = source::block_on(async {
        let store = store::to_plan(&options.store).await?;
        let known = target.refuse_another_origin(&*store).await?;
        let is_first = known.is_none_or(|known| known.last_seq == 0);
        let mut diff = diff(&*store, &target, args, is_first, output).await?;
        let source = Watched::new(target.open()?, output);
        let cx = PullContext::new(source.counting());
        let result = sync(&*store, &target, options)
            .plan(&source, &cx, &mut |change| {
                if output == Output::Text {
                    diff.add((&change).into());
                }
            })
            .await;
        Ok((result, diff))
    })?;
    let (mut report, proposals) = match result {
        Ok(planned) => planned,
        Err(error) => (failed(&target, &error), Vec::new()),
    };
    // There is no run, whatever the engine says.
    report.run = None;
    output.answer(&report, || text::text(&report, &diff, &proposals, &approval(options, &report.plan)))?;
    say_error(&report, output);
    Ok(outcome(&report))
}

/// An empty diff, which knows the schools of what is stored; JSON has no need of them.
async fn diff(
    store: &dyn Store,
    target: &Target,
    args: &PlanArgs,
    is_first: bool,
    output: Output,
) -> Result<Diff, Failure> {
    let schools = match output {
        Output::Text => Schools::of_store(store, target.roster()).await?,
        Output::Json => Schools::default(),
    };
    Ok(Diff::new(schools, is_first, args.show_values))
}
