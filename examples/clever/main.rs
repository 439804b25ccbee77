//! Lists the districts that have connected to an app at Clever, and pulls the first: in full, and what changed since.
//!
//! Without settings it starts a sandbox, so that it runs anywhere.

use roster::{PullMode, TenantDirectory, clever::CleverAccount, prelude::*};
use roster_testkit::{district::DistrictSpec, sandbox::CleverSandbox};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a program to be run by hand")]
async fn main() -> Result<()> {
    println!("{}", report().await?);
    Ok(())
}

/// Lists the districts, pulls one in full, lets a day pass, and pulls what changed.
pub(crate) async fn report() -> Result<String> {
    let sandbox = CleverSandbox::start(DistrictSpec::new(7).students(40)).map_err(|error| {
        let message = format!("no port of this machine can be listened at: {}", error.kind());
        Error::new(ErrorKind::Transport, "host", "starting a sandbox", message)
    })?;
    let account = CleverAccount::builder()
        .base_url(sandbox.base_url())
        .client(sandbox.client_id(), sandbox.client_secret())
        .build_account()?;

    let cx = PullContext::default();
    let mut districts = account.tenants(&cx);
    let Some(district) = districts.try_next().await? else { return Ok("nobody has connected".to_owned()) };
    let source = account.open(&district.id, &cx).await?;

    let request = PullRequest::full();
    let (full, cursor) = count(&*source, request.clone()).await?;
    sandbox.next_day();
    let mut since = request;
    (since.mode, since.cursor) = (PullMode::Changes, cursor);
    let (changed, _) = count(&*source, since).await?;
    Ok(format!("{} is {}\n{full}\n{changed}", district.name, district.state))
}

/// Counts what a pull tells. A host would store it.
async fn count(source: &dyn RosterSource, request: PullRequest) -> Result<(String, Option<Cursor>)> {
    let (mut upserts, mut deletes, mut cursor) = (0, 0, None);
    let mut pull = source.pull(request, PullContext::default());
    while let Some(event) = pull.try_next().await? {
        match event {
            PullEvent::Upsert { .. } => upserts += 1,
            PullEvent::Delete { .. } => deletes += 1,
            PullEvent::Checkpoint(checkpoint) => cursor = Some(*checkpoint),
            _ => {}
        }
    }
    Ok((format!("{upserts} records, {deletes} deletes"), cursor))
}
