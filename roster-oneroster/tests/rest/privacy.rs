//! Nothing of a person and no secret in any output, at the most talkative level.

use std::{
    io,
    sync::{Arc, Mutex},
};

use roster_core::{RosterSource, SensitiveField};
use roster_oneroster::OneRosterSource;
use roster_testkit::sandbox::{OneRosterFault, OneRosterOptions};
use tracing_subscriber::fmt::MakeWriter;

use crate::{Pulled, context, everything, sandbox};

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
    let _guard = tracing::subscriber::set_default(subscriber);
    let sandbox = sandbox(OneRosterOptions::default());
    sandbox.edit(|district| {
        for person in &mut district.people {
            person.name.family = Some("Markerstudent".to_owned());
            person.email = Some("not an address Markerstudent".to_owned());
        }
    });
    let source = OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .client(sandbox.client_id(), sandbox.client_secret(), sandbox.token_url())
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
        "status_403:classes",
    ];
    for fault in faults {
        sandbox.recover();
        if !fault.is_empty() {
            sandbox.fault(fault.parse::<OneRosterFault>().unwrap());
        }
        let pulled = Pulled::of(&source, everything().with_sensitive(SensitiveField::ALL)).await;
        shown.push_str(&format!("{:?} {:?} {:?}", pulled.error, pulled.ends, pulled.problems));
        shown.extend(pulled.problems.iter().map(|problem| problem.message.clone()));
        shown.push_str(&serde_json::to_string(&pulled.cursor).unwrap());
    }
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("/users") && shown.contains("bad_email"));
    for marker in ["Markerstudent", sandbox.client_id(), sandbox.client_secret(), sandbox.token()] {
        assert!(!log.contains(marker), "{marker} in the log");
        assert!(!shown.contains(marker), "{marker} in what is shown");
    }
}
