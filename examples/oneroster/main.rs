//! Pulls a roster from a server of OneRoster, and what changed since.
//!
//! Without settings it starts a sandbox, so that it runs anywhere.

use roster::{PullMode, oneroster::OneRosterSource, prelude::*};
use roster_testkit::{district::DistrictSpec, sandbox::OneRosterSandbox};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a program to be run by hand")]
async fn main() -> Result<()> {
    println!("{}", report().await?);
    Ok(())
}

/// Pulls in full, lets a day pass, and pulls what changed.
pub(crate) async fn report() -> Result<String> {
    let sandbox = OneRosterSandbox::start(DistrictSpec::new(7).students(40)).map_err(|error| {
        let message = format!("no port of this machine can be listened at: {}", error.kind());
        Error::new(ErrorKind::Transport, "host", "starting a sandbox", message)
    })?;
    let source = OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .client(sandbox.client_id(), sandbox.client_secret(), sandbox.token_url())
        .build()?;

    let request = PullRequest::full();
    let (full, cursor) = count(&source, request.clone()).await?;
    sandbox.next_day();
    let mut since = request;
    (since.mode, since.cursor) = (PullMode::Changes, cursor);
    let (changed, _) = count(&source, since).await?;
    Ok(format!("{full}\n{changed}"))
}

/// Counts what a pull tells. A host would store it.
async fn count(source: &OneRosterSource, request: PullRequest) -> Result<(String, Option<Cursor>)> {
    let (mut upserts, mut deletes, mut whole, mut cursor) = (0, 0, true, None);
    let mut pull = source.pull(request, PullContext::default());
    while let Some(event) = pull.try_next().await? {
        match event {
            PullEvent::Upsert { .. } => upserts += 1,
            PullEvent::Delete { .. } => deletes += 1,
            PullEvent::End { completeness, .. } => whole &= !completeness.is_partial(),
            PullEvent::Checkpoint(checkpoint) => cursor = Some(*checkpoint),
            _ => {}
        }
    }
    Ok((format!("{upserts} records, {deletes} deletes, seen whole: {whole}"), cursor))
}
