//! What the vendor tells by itself: posted to a URL on loopback, or lost, doubled, or held back.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use url::Url;

/// How webhooks are delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookManner {
    /// Once, at once.
    #[default]
    Once,
    /// Not at all.
    Lost,
    /// Twice, at once.
    Doubled,
    /// Held back until they are asked for; then twice, the last first.
    HeldAndReversed,
}

/// The vendor's desk for webhooks.
pub(super) struct Hooks {
    url: Option<Url>,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    manner: WebhookManner,
    due: Vec<Value>,
    held: Vec<Value>,
}

impl Hooks {
    /// Only a URL on loopback is taken.
    pub(super) fn new(url: Option<String>) -> Self {
        let url = url.and_then(|url| Url::parse(&url).ok());
        let url = url.filter(|url| {
            url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost"))
        });
        Self { url, desk: Mutex::default() }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, manner: WebhookManner) {
        self.desk().manner = manner;
    }

    pub(super) fn due(&self) -> Vec<Value> {
        self.desk().due.clone()
    }

    pub(super) fn post(&self, body: Value) {
        let mut desk = self.desk();
        desk.due.push(body.clone());
        let times = match desk.manner {
            WebhookManner::Once => 1,
            WebhookManner::Lost => 0,
            WebhookManner::Doubled => 2,
            WebhookManner::HeldAndReversed => {
                desk.held.push(body);
                return;
            }
        };
        drop(desk);
        (0..times).for_each(|_| self.send(&body));
    }

    pub(super) fn deliver_held(&self) {
        let held = std::mem::take(&mut self.desk().held);
        for body in held.iter().rev() {
            self.send(body);
            self.send(body);
        }
    }

    /// Posts in a thread of its own, since who receives it asks this very vendor before it answers.
    fn send(&self, body: &Value) {
        let Some(url) = self.url.clone() else { return };
        let body = body.to_string();
        std::thread::spawn(move || {
            let Some((host, port)) = url.host_str().zip(url.port_or_known_default()) else { return };
            let Ok(mut stream) = TcpStream::connect((host, port)) else { return };
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            let request = format!(
                "POST {}{query} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                url.path(),
                body.len()
            );
            let waits = stream.set_read_timeout(Some(Duration::from_secs(10)));
            if waits.is_ok() && stream.write_all(request.as_bytes()).is_ok() {
                let mut answer = [0; 64];
                drop(stream.read(&mut answer));
            }
        });
    }
}
