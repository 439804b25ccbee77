//! Nothing of a person and no secret in any output, at the most talkative level.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use futures::StreamExt;
use roster_core::{PullContext, PullEvent, PullRequest, RosterSource, SensitiveField};
use roster_gclassroom::{GClassroomSource, GoogleLogin, GoogleRules, GoogleScope};
use roster_testkit::{
    TestClock,
    district::DistrictSpec,
    sandbox::{GoogleSandbox, SandboxFault},
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
    let sandbox = GoogleSandbox::start(DistrictSpec::new(11).students(40)).unwrap();
    let context = || PullContext::default().with_clock(Arc::new(TestClock::default()));
    sandbox.edit(|district| {
        for person in &mut district.people {
            person.name.family = Some("Markerstudent".to_owned());
            person.email = Some("not an address Markerstudent".to_owned());
        }
    });
    let builder = |domain: &str| GClassroomSource::builder().domain(domain).base_url(sandbox.base_url());
    let rules = GoogleRules::from_toml(&GoogleSandbox::rules()).unwrap();
    let district =
        builder(sandbox.domain()).service_account(sandbox.key_file(), sandbox.subject()).rules(rules);
    let teacher = builder("me")
        .refresh_token(sandbox.client_id(), sandbox.client_secret(), sandbox.refresh_token())
        .token_url(sandbox.token_url());
    let mut shown = format!("{district:?}{teacher:?}");
    let login = GoogleLogin::new(
        sandbox.client_id(),
        sandbox.client_secret(),
        "http://127.0.0.1:1/",
        GoogleScope::TEACHER,
    );
    let login = login.unwrap();
    shown.push_str(&format!("{login:?}{:?}", login.begin().unwrap()));
    let faults = [
        "",
        "status_500:users",
        "status_502:students",
        "invalid_json:users",
        "missing_key:students",
        "cut_body:courses",
        "status_401",
        "status_403:teachers",
        "status_403:guardians",
    ];
    for source in [district.build().unwrap(), teacher.build().unwrap()] {
        shown.push_str(&format!("{source:?} {:?}", source.check(&context()).await));
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
                    Ok(PullEvent::Checkpoint(cursor)) => {
                        shown.push_str(&serde_json::to_string(&cursor).unwrap());
                    }
                    _ => {}
                }
            }
        }
    }
    sandbox.revoke();
    let revoked =
        builder(sandbox.domain()).service_account(sandbox.key_file(), sandbox.subject()).build().unwrap();
    shown.push_str(&format!("{:?}", revoked.check(&context()).await));
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("/students") && shown.contains("bad_email") && shown.contains("answered 500"));
    assert!(shown.contains("invalid_grant"));
    let key: serde_json::Value = serde_json::from_str(&sandbox.key_file()).unwrap();
    let key_lines: Vec<_> = key["private_key"]
        .as_str()
        .unwrap()
        .lines()
        .filter(|line| line.len() > 20 && !line.contains(' '))
        .collect();
    assert!(key_lines.len() > 20);
    let secrets = [sandbox.client_id(), sandbox.client_secret(), sandbox.refresh_token(), sandbox.token()];
    // The enrollment codes and recovery addresses of the sandbox begin with this.
    for marker in secrets.into_iter().chain(["Markerstudent", "never-to-be-read", "eyJ"]).chain(key_lines) {
        assert!(!log.contains(marker), "{marker} in the log");
        assert!(!shown.contains(marker), "{marker} in what is shown");
    }
}
