//! Nothing of a person and no secret in any output, at the most talkative level.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use futures::StreamExt;
use roster_clever::CleverSource;
use roster_core::{PullContext, PullEvent, PullRequest, RosterSource, SensitiveField};
use roster_testkit::{
    TestClock,
    district::DistrictSpec,
    sandbox::{CleverSandbox, SandboxFault},
};
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
    let sandbox = CleverSandbox::start(DistrictSpec::new(11).students(40)).unwrap();
    let context = || PullContext::default().with_clock(Arc::new(TestClock::default()));
    sandbox.edit(|district| {
        for person in &mut district.people {
            person.name.family = Some("Markerstudent".to_owned());
            person.email = Some("not an address Markerstudent".to_owned());
        }
    });
    let source = CleverSource::builder()
        .base_url(sandbox.base_url())
        .district(sandbox.district_id())
        .client(sandbox.client_id(), sandbox.client_secret())
        .build()
        .unwrap();
    let mut shown = format!("{source:?} {:?}", source.check(&context()).await);
    let faults = [
        "",
        "status_500:users",
        "invalid_json:users",
        "missing_key:users",
        "cut_body:users",
        "status_401",
        "status_403:sections",
    ];
    for fault in faults {
        sandbox.recover();
        if !fault.is_empty() {
            sandbox.fault(fault.parse::<SandboxFault>().unwrap());
        }
        let mut stream = source.pull(PullRequest::full().with_sensitive(SensitiveField::ALL), context());
        while let Some(item) = stream.next().await {
            shown.push_str(&format!("{item:?}"));
            match item {
                Ok(PullEvent::Problem(problem)) => shown.push_str(&problem.message),
                Ok(PullEvent::Checkpoint(cursor)) => shown.push_str(&serde_json::to_string(&cursor).unwrap()),
                _ => {}
            }
        }
    }
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("/users") && shown.contains("bad_email") && shown.contains("answered 500"));
    for marker in ["Markerstudent", sandbox.client_id(), sandbox.client_secret(), sandbox.token()] {
        assert!(!log.contains(marker), "{marker} in the log");
        assert!(!shown.contains(marker), "{marker} in what is shown");
    }
}
