//! Law 8: no secret and no personal datum where they could be logged.

use std::{
    error::Error as _,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use roster_core::{
    Completeness, Error, Notice, Observer, Person, PullEvent, PullMode, PullRequest, Record, RosterSource,
    SensitiveField,
};

use super::{
    case::Case,
    form::Form,
    pulled::Pulled,
    verdict::{Breach, Outcome, Verdict, breach, skip},
};
use crate::{Fault, Harness};

/// What must not be found in a text.
struct Canaries {
    secrets: Vec<String>,
    personal: Vec<String>,
}

impl Canaries {
    fn of<H: Harness>(harness: &H, pulled: &Pulled) -> Self {
        let mut personal = harness.personal();
        for record in pulled.records() {
            if let Record::Person(person) = record {
                personal.extend(telling(person));
            }
        }
        // An id that the vendor itself makes of an address is shown, like all ids.
        personal.retain(|text| {
            !text.trim().is_empty() && !pulled.records().any(|record| record.id().as_str() == text)
        });
        let mut secrets = harness.secrets();
        secrets.retain(|text| !text.trim().is_empty());
        Self { secrets, personal }
    }

    fn find_secret(&self, place: &str, text: &str) -> Result<(), Breach> {
        if self.secrets.iter().any(|secret| text.contains(secret)) {
            breach!("a secret is shown by {place}");
        }
        Ok(())
    }

    fn find_personal(&self, place: &str, text: &str) -> Result<(), Breach> {
        if let Some(canary) = self.personal.iter().find(|canary| text.contains(*canary)) {
            breach!("a person's data, {canary:?}, is shown by {place}");
        }
        Ok(())
    }

    fn find(&self, place: &str, text: &str) -> Result<(), Breach> {
        self.find_secret(place, text)?;
        self.find_personal(place, text)
    }
}

/// A shorter text may stand somewhere by chance.
const PECULIAR: usize = 7;

/// What of a person is too peculiar to be in a text by chance.
fn telling(person: &Person) -> Vec<String> {
    let mut texts: Vec<String> = person.email.iter().chain(&person.name.full).cloned().collect();
    texts.retain(|text| text.len() >= PECULIAR);
    if let (Some(given), Some(family)) = (&person.name.given, &person.name.family) {
        texts.push(format!("{given} {family}"));
        texts.push(format!("{family}, {given}"));
    }
    if let Some(sensitive) = &person.sensitive {
        let listed = sensitive.emails.iter().chain(&sensitive.phones);
        texts.extend(listed.map(|entry| entry.value.clone()).filter(|value| value.len() >= PECULIAR));
    }
    texts
}

fn everything() -> PullRequest {
    PullRequest::full().with_sensitive(SensitiveField::ALL).with_extra()
}

fn debugged(value: &impl Debug) -> String {
    format!("{value:?}\n{value:#?}")
}

/// What a host may log of a source and of a pull, with where it is from.
async fn shown<H: Harness>(case: &Case<'_, H>, pulled: &Pulled) -> Vec<(&'static str, String)> {
    let mut shown = vec![
        ("`Debug` of the source", debugged(&case.source)),
        ("`Debug` of its info", debugged(&case.source.info())),
        ("`Debug` of its capabilities", debugged(&case.source.capabilities())),
        ("`Debug` of an event", debugged(&pulled.events)),
    ];
    match case.source.check(&case.harness.context()).await {
        Ok(report) => shown.push(("`Debug` of its check report", debugged(&report))),
        Err(error) => shown.push(("the error of `check`", told(&error))),
    }
    shown
}

pub(super) async fn debug_shows_no_secret<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let pulled = case.whole(everything()).await?;
    let canaries = Canaries::of(harness, &pulled);
    if canaries.secrets.is_empty() {
        skip!("the harness names no secret");
    }
    for (place, text) in shown(&case, &pulled).await {
        canaries.find_secret(place, &text)?;
    }
    Ok(Outcome::Passed)
}

pub(super) async fn debug_shows_no_personal_data<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let pulled = case.whole(everything()).await?;
    let canaries = Canaries::of(harness, &pulled);
    if canaries.personal.is_empty() {
        skip!("there is no personal datum to look for");
    }
    for (place, text) in shown(&case, &pulled).await {
        canaries.find_personal(place, &text)?;
    }
    Ok(Outcome::Passed)
}

pub(super) async fn problems_quote_no_data<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let clean = case.whole(everything()).await?;
    let canaries = Canaries::of(harness, &clean);
    let _ = harness.break_record().await;
    let broken = case.pull(everything()).await.ended()?;
    let mut any = false;
    for pulled in [&clean, &broken] {
        for problem in pulled.problems() {
            any = true;
            let json = serde_json::to_string(problem).unwrap_or_default();
            canaries
                .find(&format!("the problem `{}`", problem.code), &format!("{json}\n{}", problem.message))?;
        }
        for (kind, _, end) in pulled.ends() {
            if let Completeness::Partial { reason, .. } = end {
                any = true;
                canaries.find(&format!("the reason why {kind} is partial"), reason)?;
            }
        }
    }
    if !any {
        skip!("no problem came, and no slice was partial");
    }
    Ok(Outcome::Passed)
}

/// All that a host may log of an error.
fn told(error: &Error) -> String {
    let mut texts = vec![format!("{error}\n{error:?}\n{}", error.message())];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(format!("{error}\n{error:?}"));
        cause = error.source();
    }
    texts.join("\n")
}

pub(super) async fn errors_quote_no_data<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let canaries = Canaries::of(harness, &case.whole(everything()).await?);
    let mut refused = PullRequest::full();
    refused.mode = PullMode::Changes;
    let mut pulls = vec![case.pull(refused).await];
    if let Some(foreign) = harness.open_with_foreign_credential().await {
        pulls.push(case.with(foreign).pull(everything()).await);
    }
    for fault in [Fault::CutConnection, Fault::ReaderDies, Fault::RepeatedPageToken] {
        let _ = harness.fault(fault).await;
        pulls.push(case.pull(everything()).await);
    }
    let mut any = false;
    for error in pulls.iter().filter_map(|pulled| pulled.error.as_ref()) {
        any = true;
        canaries.find(&format!("an error while {}", error.operation()), &told(error))?;
    }
    if !any {
        skip!("no error came");
    }
    Ok(Outcome::Passed)
}

/// Writes down what it hears.
#[derive(Debug, Default)]
struct Scribe(Mutex<Vec<String>>);

impl Observer for Scribe {
    fn notice(&self, notice: &Notice<'_>) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(format!("{notice:?}"));
    }
}

pub(super) async fn notices_quote_no_data<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let scribe = Arc::new(Scribe::default());
    let pulled = case.pull_in(everything(), case.heard_by(scribe.clone())).await.whole("a full pull")?;
    let canaries = Canaries::of(harness, &pulled);
    let heard = scribe.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if heard.is_empty() {
        skip!("the observer heard nothing");
    }
    for notice in heard {
        canaries.find("a notice to the observer", &notice)?;
    }
    Ok(Outcome::Passed)
}

pub(super) async fn cursor_holds_no_data<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let pulled = case.whole(everything()).await?;
    let canaries = Canaries::of(harness, &pulled);
    let mut any = false;
    for event in &pulled.events {
        if let PullEvent::Checkpoint(cursor) = event {
            any = true;
            canaries.find("a cursor", &serde_json::to_string(cursor).unwrap_or_default())?;
        }
    }
    if !any {
        skip!("a full pull leaves no cursor");
    }
    Ok(Outcome::Passed)
}
