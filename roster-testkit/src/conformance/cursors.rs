//! Law 5: a cursor loses nothing.

use futures::StreamExt;
use roster_core::{Completeness, Cursor, ErrorKind, PullEvent, PullRequest, RosterSource};

use super::{
    case::{Case, changes},
    changes::{NO_CURSOR, NO_DAY, compare},
    form::Form,
    pulled::Pulled,
    stored::Stored,
    verdict::{Breach, Outcome, Verdict, breach, skip},
};
use crate::{Fault, Harness, Support};

/// Takes a cursor through JSON, as a host does that stores it.
pub(super) fn stored_and_read(cursor: &Cursor) -> Result<Cursor, Breach> {
    let json = serde_json::to_string(cursor)
        .map_err(|error| Breach(format!("a cursor does not serialize ({:?})", error.classify())))?;
    let read: Cursor = serde_json::from_str(&json)
        .map_err(|error| Breach(format!("a cursor does not read back ({:?})", error.classify())))?;
    if read != *cursor {
        breach!("a cursor reads back as another one");
    }
    Ok(read)
}

pub(super) async fn cursor_survives_json_and_restart<H: Harness>(harness: &H, form: Form) -> Verdict {
    let request = PullRequest::full();
    let full = Case::open(harness, form).await.whole(request.clone()).await?;
    let Some(cursor) = full.cursor() else { skip!("{NO_CURSOR}") };
    let cursor = stored_and_read(&cursor)?;
    let restarted = Case::open(harness, form).await;
    let pulled = restarted.pull(changes(&request, cursor)).await.ended()?;
    if let Some(error) = &pulled.error {
        breach!("a source opened anew does not serve the cursor: {error}");
    }
    if let Some(cursor) = pulled.cursor() {
        stored_and_read(&cursor)?;
    }
    Ok(Outcome::Passed)
}

pub(super) async fn cursor_is_taken_first<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    // Early and late: what is read first, and what is read last, must both be covered.
    for before_the_day in [2, 12] {
        let Some((pulled, passed)) = pull_over_a_day(&case, &request, before_the_day).await? else {
            skip!("{NO_DAY}");
        };
        // `Unstable` is an honest answer to data that change while they are read.
        let Some(pulled) = pulled.filter(|_| passed) else {
            continue;
        };
        let mut stored = Stored::default();
        stored.apply(&pulled);
        let Some(cursor) = pulled.cursor() else { skip!("{NO_CURSOR}") };
        let after = case.pull(changes(&request, cursor)).await.ended()?;
        if after.is_refused() {
            continue;
        }
        stored.apply(&after.whole("a changes pull")?);
        compare(&case, &request, &stored).await.map_err(|Breach(why)| {
            Breach(format!("during a full pull, after {before_the_day} events: {why}"))
        })?;
    }
    Ok(Outcome::Passed)
}

/// A full pull during which a day passes; `None` if the harness can't. The pull is missing if the source found the data
/// unstable; the flag tells whether the day came before the end.
async fn pull_over_a_day<H: Harness>(
    case: &Case<'_, H>,
    request: &PullRequest,
    before_the_day: usize,
) -> Result<Option<(Option<Pulled>, bool)>, Breach> {
    let mut stream = case.source.pull(request.clone(), case.harness.context());
    let mut first = Vec::new();
    let mut over = false;
    for _ in 0..before_the_day {
        match stream.next().await {
            Some(Ok(event)) => first.push(event),
            Some(Err(error)) => breach!("a full pull failed: {error}"),
            None => {
                over = true;
                break;
            }
        }
    }
    if case.harness.next_day().await.is_none() {
        return Ok(None);
    }
    let mut pulled = if over {
        Pulled::default()
    } else {
        Pulled::read(stream, case.harness.limits().events).await.ended()?
    };
    first.append(&mut pulled.events);
    pulled.events = first;
    if pulled.is_refused() {
        return Ok(Some((None, true)));
    }
    Ok(Some((Some(pulled.whole("a full pull")?), !over)))
}

pub(super) async fn forgotten_changes_are_told<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let full = case.whole(request.clone()).await?;
    let Some(cursor) = full.cursor() else { skip!("{NO_CURSOR}") };
    if harness.next_day().await.is_none() {
        skip!("{NO_DAY}");
    }
    if harness.fault(Fault::ForgottenChanges).await == Support::Unsupported {
        skip!("the harness can't forget changes");
    }
    let pulled = case.pull(changes(&request, cursor)).await.ended()?;
    if let Some(error) = &pulled.error {
        if matches!(error.kind(), ErrorKind::CursorExpired | ErrorKind::CursorInvalid) {
            return Ok(Outcome::Passed);
        }
        breach!("the vendor forgot the changes, and the answer is not `CursorExpired`: {error}");
    }
    let vouched = |event: &PullEvent| {
        matches!(event, PullEvent::End { completeness: Completeness::Changes | Completeness::Unchanged, .. })
    };
    if pulled.events.iter().any(vouched) {
        let mut stored = Stored::default();
        stored.apply(&full);
        stored.apply(&pulled);
        compare(&case, &request, &stored).await?;
    }
    Ok(Outcome::Passed)
}
