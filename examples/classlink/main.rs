//! Lists the districts that share with a partner of ClassLink, checks one, pulls it, and looks the next night if anything changed.
//!
//! It starts a sandbox, so that it runs anywhere.

use roster::{ConnectionState, PullMode, TenantDirectory, classlink::ClassLinkPartner, prelude::*};
use roster_testkit::{district::DistrictSpec, sandbox::ClassLinkSandbox};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a program to be run by hand")]
async fn main() -> Result<()> {
    println!("{}", report().await?);
    Ok(())
}

/// Who shares, what one of them has, and whether it changed.
pub(crate) async fn report() -> Result<String> {
    let sandbox = ClassLinkSandbox::start(&DistrictSpec::new(7).students(40)).map_err(|error| {
        let message = format!("no port of this machine can be listened at: {}", error.kind());
        Error::new(ErrorKind::Transport, "host", "starting a sandbox", message)
    })?;
    let partner =
        ClassLinkPartner::builder().base_url(sandbox.base_url()).token(sandbox.partner_token()).partner()?;

    let cx = PullContext::default();
    let tenants: Vec<_> = partner.tenants(&cx).try_collect().await?;
    let live: Vec<_> = tenants.iter().filter(|tenant| tenant.state == ConnectionState::Live).collect();
    let mut lines = vec![format!("{} districts, {} live", tenants.len(), live.len())];
    let Some(first) = live.first() else { return Ok(lines.concat()) };

    // What a check learns is kept, and given back whenever the source is opened.
    let profile = partner.source(&first.id, None).check(&cx).await?.profile;
    let source = partner.source(&first.id, profile);
    let (records, cursor) = night(&source, PullRequest::full()).await?;
    lines.push(records);
    let mut changes = PullRequest::full();
    (changes.mode, changes.cursor) = (PullMode::Changes, cursor);
    lines.push(night(&source, changes).await?.0);
    Ok(lines.join("\n"))
}

/// Counts what a pull tells. A host would store it.
async fn night(source: &impl RosterSource, request: PullRequest) -> Result<(String, Option<Cursor>)> {
    let (mut records, mut unchanged, mut cursor) = (0, true, None);
    let mut pull = source.pull(request, PullContext::default());
    while let Some(event) = pull.try_next().await? {
        match event {
            PullEvent::Upsert { .. } => records += 1,
            PullEvent::End { completeness, .. } => unchanged &= completeness == Completeness::Unchanged,
            PullEvent::Checkpoint(checkpoint) => cursor = Some(*checkpoint),
            _ => {}
        }
    }
    let line = if unchanged { "nothing changed".to_owned() } else { format!("{records} records") };
    Ok((line, cursor))
}
