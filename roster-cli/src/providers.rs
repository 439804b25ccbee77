//! `roster providers`: what is compiled in.

use std::collections::BTreeMap;

use roster::{EntityKind, Incremental, Provider, registry};
use serde::Serialize;

use crate::{
    outcome::{Failure, Outcome},
    output::Output,
    table::Table,
};

#[derive(Serialize)]
struct Answer {
    providers: Vec<ProviderReport>,
}

#[derive(Serialize)]
struct ProviderReport {
    id: &'static str,
    about: &'static str,
    /// The setting that names the tenant, and stands after the colon of an ad-hoc source.
    tenant_key: Option<&'static str>,
    /// Whether it can list who has connected.
    directory: bool,
    kinds: BTreeMap<EntityKind, KindReport>,
    settings: Vec<SettingReport>,
}

#[derive(Serialize)]
struct KindReport {
    incremental: Incremental,
    fields: Vec<&'static str>,
    /// Seconds after which a full pull is due.
    reconcile_after: Option<u64>,
}

#[derive(Serialize)]
struct SettingReport {
    key: &'static str,
    what: &'static str,
    form: &'static str,
    secret: bool,
    required: bool,
}

pub(crate) fn run(output: Output) -> Result<Outcome, Failure> {
    let answer = Answer { providers: registry().iter().map(report).collect() };
    output.answer(&answer, || {
        let texts: Vec<_> = answer.providers.iter().map(text).collect();
        texts.join("\n")
    })?;
    Ok(Outcome::Done)
}

fn report(provider: &Provider) -> ProviderReport {
    ProviderReport {
        id: provider.id,
        about: provider.about,
        tenant_key: provider.tenant_key().map(|key| key.name),
        directory: provider.has_directory(),
        kinds: provider
            .capabilities()
            .kinds
            .into_iter()
            .map(|(kind, can)| {
                let report = KindReport {
                    incremental: can.incremental,
                    fields: can.fields.names(kind).collect(),
                    reconcile_after: can.reconcile_after.map(|wait| wait.as_secs()),
                };
                (kind, report)
            })
            .collect(),
        settings: provider
            .all_keys()
            .map(|key| SettingReport {
                key: key.name,
                what: key.what,
                form: key.form.as_str(),
                secret: key.secret,
                required: key.required,
            })
            .collect(),
    }
}

fn text(provider: &ProviderReport) -> String {
    let ProviderReport { id, about, .. } = provider;
    let place = provider.tenant_key.unwrap_or("tenant").to_uppercase();
    let mut kinds = Table::new(["kind", "changes", "fields"]);
    for (kind, can) in &provider.kinds {
        let changes = match can.incremental {
            Incremental::UpsertsAndDeletes => "new, changed and deleted",
            Incremental::UpsertsOnly => "new and changed",
            _ => "whole sets",
        };
        kinds.row([kind.to_string(), changes.to_owned(), can.fields.join(" ")]);
    }
    let mut settings = Table::new(["setting", "", "what it is for"]);
    for setting in &provider.settings {
        let mark = match (setting.required, setting.secret) {
            (true, true) => "required, secret",
            (true, false) => "required",
            (false, true) => "secret",
            (false, false) => "",
        };
        settings.row([setting.key.to_owned(), mark.to_owned(), setting.what.to_owned()]);
    }
    let directory = if provider.directory { "It can list who has connected.\n" } else { "" };
    format!("{id}: {about}\nAd hoc: {id}:{place}\n{directory}\n{kinds}\n{settings}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_is_told_with_its_settings() {
        let reports: Vec<_> = registry().iter().map(report).collect();
        assert!(reports.is_sorted_by_key(|report| report.id));
        let csv = reports.iter().find(|report| report.id == "csv").unwrap();
        let text = text(csv);
        let path = text.lines().find(|line| line.starts_with("path ")).unwrap();
        assert!(text.contains("Ad hoc: csv:PATH") && path.contains("  required  "), "{text}");
    }
}
