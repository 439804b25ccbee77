//! The thin rim, against servers on loopback.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod limits;
mod retries;
mod rotating;
mod sending;
mod tokens;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use roster_core::{Notice, Observer, PullContext, Result};
use roster_http::{Answer, BaseUrl, Call, HttpLimits, RetryPolicy, Wire, WireBuilder};
use roster_testkit::TestClock;
use wiremock::MockServer;

/// Hears what an observer hears.
#[derive(Debug, Default)]
struct Ear(Mutex<Vec<String>>);

impl Observer for Ear {
    fn notice(&self, notice: &Notice<'_>) {
        let heard = match notice {
            Notice::Request { .. } => "request",
            Notice::Retry { .. } => "retry",
            Notice::Throttled { .. } => "throttled",
            _ => "other",
        };
        self.0.lock().unwrap().push(heard.to_owned());
    }
}

/// A pull's context on a clock whose waits pass at once.
fn context() -> (PullContext, TestClock, Arc<Ear>) {
    let (clock, ear) = (TestClock::default(), Arc::new(Ear::default()));
    let observer: Arc<dyn Observer> = Arc::clone(&ear) as _;
    (PullContext::new(observer).with_clock(Arc::new(clock.clone())), clock, ear)
}

fn builder(url: &str) -> WireBuilder {
    let mut limits = HttpLimits::default();
    limits.read_time = Duration::from_millis(300);
    limits.body_bytes = 1024 * 1024;
    Wire::builder("test", BaseUrl::parse("test", "base_url", url).unwrap())
        .limits(limits)
        .retry(RetryPolicy::default().attempts(4).deadline(Duration::from_secs(60)))
}

fn wire(server: &MockServer) -> Wire {
    builder(&server.uri()).build().unwrap()
}

async fn get(wire: &Wire, cx: &PullContext) -> Result<String> {
    get_path(wire, "users", cx).await
}

async fn get_path(wire: &Wire, path: &str, cx: &PullContext) -> Result<String> {
    let url = wire.base().endpoint([path]);
    let call = Call { operation: "reading a page", label: "/users", place: "/users page 3".to_owned(), url };
    let read = |answer: Answer| Ok(String::from_utf8_lossy(&answer.body).into_owned());
    wire.get(&call, cx, read).await
}
