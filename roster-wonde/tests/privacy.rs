//! Nothing of a person and no secret in any output, at the most talkative level.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use futures::{StreamExt, TryStreamExt};
use roster_core::{Ask, PullContext, PullEvent, PullRequest, RosterSource, SensitiveField, TenantDirectory};
use roster_testkit::{
    TestClock,
    district::DistrictSpec,
    sandbox::{SandboxFault, WondeOptions, WondeSandbox, WondeStage},
};
use roster_wonde::{WondeAccount, WondeSource};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_log_error_or_debug_shows_a_marker() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // For all threads: this test is alone in its program.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let district = DistrictSpec::new(11).students(40).generate();
    let sandbox = WondeSandbox::start_with(district, WondeOptions::default().all_stages()).unwrap();
    let context = || PullContext::default().with_clock(Arc::new(TestClock::default()));
    sandbox.edit(|district| {
        for person in &mut district.people {
            person.name.family = Some("Markerstudent".to_owned());
            person.email = Some("not an address Markerstudent".to_owned());
        }
    });
    let school = sandbox.schools()[0].clone();
    sandbox.set_stage(&school, WondeStage::Approved);
    sandbox.set_stage(&school, WondeStage::Live);
    let school_token = sandbox.school_token(&school).unwrap();
    let mut shown = String::new();
    for token in [sandbox.token(), school_token.as_str()] {
        let source =
            WondeSource::builder().school(&school).token(token).base_url(sandbox.base_url()).build().unwrap();
        shown.push_str(&format!("{source:?} {:?}", source.check(&context()).await));
        for fault in [
            "",
            "status_500:students",
            "invalid_json:students",
            "missing_key:students",
            "cut_body:students",
            "status_401",
            "status_403:classes",
            "status_423:employees",
        ] {
            sandbox.recover();
            if !fault.is_empty() {
                sandbox.fault(fault.parse::<SandboxFault>().unwrap());
            }
            let mut stream = source.pull(PullRequest::full().with_sensitive(SensitiveField::ALL), context());
            while let Some(item) = stream.next().await {
                shown.push_str(&format!("{item:?}"));
                match item {
                    Ok(PullEvent::Problem(problem)) => shown.push_str(&problem.message),
                    Ok(PullEvent::End { completeness, .. }) => shown.push_str(&format!("{completeness:?}")),
                    Ok(PullEvent::Checkpoint(cursor)) => {
                        shown.push_str(&serde_json::to_string(&cursor).unwrap());
                    }
                    Err(error) => shown.push_str(&format!("{error} {error:?}")),
                    _ => {}
                }
            }
        }
    }
    sandbox.recover();
    let account =
        WondeAccount::builder().token(sandbox.token()).base_url(sandbox.base_url()).build_account().unwrap();
    let mut ask = Ask::default();
    ask.contact_name = Some("Markercontact".to_owned());
    ask.contact_email = Some("Markercontact@x.example".to_owned());
    let pending = account.connect(&sandbox.schools()[2], ask.clone(), &context()).await;
    sandbox.fault("status_422".parse::<SandboxFault>().unwrap());
    let nobody = account.connect("A404", ask, &context()).await;
    let tenants: Result<Vec<_>, _> = account.tenants(&context()).try_collect().await;
    shown.push_str(&format!("{account:?} {pending:?} {nobody:?} {tenants:?}"));
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("/students") && shown.contains("bad_email") && shown.contains("answered 500"));
    for marker in ["Markerstudent", "Markercontact", sandbox.token(), school_token.as_str()] {
        assert!(!log.contains(marker), "{marker} in the log");
        assert!(!shown.contains(marker), "{marker} in what is shown");
    }
}
