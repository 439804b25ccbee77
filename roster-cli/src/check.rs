//! `roster check`: proves the credentials and says what may be read.

use std::collections::BTreeSet;

use roster::{
    CheckReport, ConnectionState, EntityKind, PullContext, RosterSource, SourceInfo, jiff::Timestamp,
};
use serde::Serialize;

use crate::{
    args::CheckArgs,
    outcome::{ErrorReport, Failure, Outcome},
    output::Output,
    source,
};

#[derive(Serialize)]
struct Checked<'a> {
    provider: &'a str,
    tenant: &'a str,
    state: Option<ConnectionState>,
    granted: &'a BTreeSet<EntityKind>,
    warnings: &'a [String],
    data_as_of: Option<Timestamp>,
    profile: Option<&'a serde_json::Value>,
}

#[derive(Serialize)]
struct Refused<'a> {
    provider: &'a str,
    tenant: &'a str,
    error: ErrorReport<'a>,
}

pub(crate) fn run(args: &CheckArgs, output: Output) -> Result<Outcome, Failure> {
    let source = source::resolve(&args.global, &args.source)?.open()?;
    let info = source.info();
    let result =
        source::block_on(async { source.check(&PullContext::default()).await.map_err(Failure::Roster) });
    let report = match result {
        Ok(report) => report,
        Err(failure) if output == Output::Json => {
            let refused = Refused { provider: info.provider, tenant: &info.tenant, error: failure.report() };
            output.answer(&refused, String::new)?;
            return Ok(failure.outcome());
        }
        Err(failure) => return Err(failure),
    };
    let checked = Checked {
        provider: info.provider,
        tenant: &info.tenant,
        state: report.state,
        granted: &report.granted,
        warnings: &report.warnings,
        data_as_of: report.data_as_of,
        profile: report.profile.as_ref(),
    };
    output.answer(&checked, || text(&info, &report))?;
    Ok(Outcome::Done)
}

fn text(info: &SourceInfo, report: &CheckReport) -> String {
    let line = |name: &str, value: &str| format!("{name:<14}{value}\n");
    let granted: Vec<_> = report.granted.iter().map(|kind| kind.as_str()).collect();
    let granted = if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") };
    let mut text = format!("{} ({})\n", info.tenant, info.provider);
    text.extend(report.state.map(|state| line("state", state.as_str())));
    text.push_str(&line("may be read", &granted));
    text.extend(report.data_as_of.map(|time| line("data as of", &time.to_string())));
    text.extend(report.warnings.iter().map(|warning| line("warning", warning)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_what_may_be_read() {
        let mut report = CheckReport::default();
        report.granted = [EntityKind::Org, EntityKind::Class].into();
        report.state = Some(ConnectionState::Live);
        report.warnings = vec!["The export is old.".to_owned()];
        assert_eq!(
            text(&SourceInfo::new("test", "lincoln"), &report),
            "lincoln (test)\nstate         live\nmay be read   org, class\nwarning       The export is old.\n"
        );
    }
}
