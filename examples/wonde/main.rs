//! Asks a school for access, waits until its data are released, and pulls them.
//!
//! Without settings it starts a sandbox, whose school answers at once, so that it runs anywhere.

use std::collections::BTreeSet;

use roster::{Ask, ConnectionState, TenantDirectory, prelude::*};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{WondeOptions, WondeSandbox, WondeStage},
};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a program to be run by hand")]
async fn main() -> Result<()> {
    println!("{}", report().await?);
    Ok(())
}

/// From the request to the data.
pub(crate) async fn report() -> Result<String> {
    let district = DistrictSpec::new(7).students(40).generate();
    let sandbox =
        WondeSandbox::start_with(district, WondeOptions::default().all_stages()).map_err(|error| {
            let message = format!("no port of this machine can be listened at: {}", error.kind());
            Error::new(ErrorKind::Transport, "host", "starting a sandbox", message)
        })?;
    let cx = PullContext::default();
    let account =
        WondeAccount::builder().token(sandbox.token()).base_url(sandbox.base_url()).build_account()?;

    // Somebody at the host looked for the school and confirmed that it is the one.
    let found: Vec<_> = account.search("st not requested", &cx).try_collect().await?;
    let school = found.first().map(|school| school.id.clone()).unwrap_or_default();
    let mut ask = Ask::default();
    ask.contact_name = Some("Dana Head".to_owned());
    let mut states = vec![account.connect(&school, ask, &cx).await?];

    // A host looks now and then, or when a webhook comes.
    for stage in [WondeStage::Approved, WondeStage::Live] {
        sandbox.set_stage(&school, stage);
        let tenant = account.tenant(&school, &cx).await?;
        states.push(tenant.map_or(ConnectionState::NotRequested, |tenant| tenant.state));
    }
    let states: Vec<String> = states.iter().map(ToString::to_string).collect();
    Ok(format!("{}\n{}", states.join("\n"), first_pull(&account, &school, &cx).await?))
}

/// What the school's data are, for a person to look at before anything is stored.
async fn first_pull(account: &WondeAccount, school: &str, cx: &PullContext) -> Result<String> {
    let source = account.open(school, cx).await?;
    let (mut people, mut types, mut whole) = (0, BTreeSet::new(), true);
    let mut pull = source.pull(PullRequest::full(), cx.clone());
    while let Some(event) = pull.try_next().await? {
        match event {
            PullEvent::Upsert { record: Record::Person(_), .. } => people += 1,
            PullEvent::Upsert { record: Record::Class(class), .. } => {
                types.insert(class.class_type.to_string());
            }
            PullEvent::End { completeness, .. } => whole &= !completeness.is_partial(),
            _ => {}
        }
    }
    let types: Vec<_> = types.into_iter().collect();
    Ok(format!("{people} people in classes of type {}, seen whole: {whole}", types.join(", ")))
}
