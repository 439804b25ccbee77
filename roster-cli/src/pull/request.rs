//! From flags and settings to a request.

use roster::{Capabilities, EntityKind, PullMode, PullRequest, SensitiveField, SourcedId};

use super::cursor;
use crate::{
    args::{Format, PullArgs},
    outcome::Failure,
    output::Output,
};

/// Refuses flags that do not go together.
pub(super) fn check_flags(args: &PullArgs, output: Output) -> Result<(), Failure> {
    let refuse = |message: &str| Err(Failure::usage("reading the command line", message));
    match (args.format, &args.out) {
        (Format::Summary, Some(_)) => {
            refuse("--out is where --format ndjson writes its events: add that, or leave --out away")
        }
        (Format::Ndjson, None) if output == Output::Json => refuse(
            "--json and --format ndjson would both write to stdout: say with --out where the events go",
        ),
        (_, Some(out)) if args.cursor_out.as_ref() == Some(out) => {
            refuse("--out and --cursor-out name the same file")
        }
        _ => Ok(()),
    }
}

/// Flags count before settings. Without `--kinds` every supported kind is pulled.
pub(super) fn build(
    mut request: PullRequest,
    args: &PullArgs,
    capabilities: &Capabilities,
) -> Result<PullRequest, Failure> {
    if args.sensitive {
        request = request.with_sensitive(SensitiveField::ALL);
    }
    request.entities = match &args.kinds {
        Some(kinds) => kinds.iter().copied().collect(),
        None => capabilities.kinds.keys().copied().collect(),
    };
    if args.kinds.is_some() && request.wanted().next().is_none() {
        let message = format!("--kinds {} is pulled only with --sensitive", EntityKind::Relationship);
        return Err(Failure::usage("reading the command line", message));
    }
    if !args.school.is_empty() {
        request.scope.orgs = Some(args.school.iter().map(|id| SourcedId::from(id.as_str())).collect());
    }
    if !args.class.is_empty() {
        request.scope.classes = Some(args.class.iter().map(|id| SourcedId::from(id.as_str())).collect());
    }
    if let Some(path) = &args.changes {
        request.mode = PullMode::Changes;
        request.cursor = Some(cursor::read(path)?);
    }
    Ok(request)
}
