//! One request, one answer: sent without redirects, read under limits.

use std::{error::Error as _, fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{Client, Request, StatusCode, header::HeaderMap, redirect};
use roster_core::{Error, ErrorKind, Result};

use crate::{failure::Failure, limits::HttpLimits};

/// Sends requests and reads answers. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub(crate) struct Transport {
    client: Client,
    limits: HttpLimits,
    provider: &'static str,
}

/// An answer, whatever its status.
pub(crate) struct RawAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Transport {
    pub(crate) fn new(provider: &'static str, loopback: bool, limits: HttpLimits) -> Result<Self> {
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            // Requests are sent again by us, who count them.
            .retry(reqwest::retry::never())
            .connect_timeout(limits.connect_time)
            .read_timeout(limits.read_time)
            .timeout(limits.request_time)
            // Google compresses only for whom the word is in here too.
            .user_agent(concat!("roster/", env!("CARGO_PKG_VERSION"), " (gzip)"));
        if loopback {
            // What is meant for this machine must not leave it by a proxy, and needs no list of authorities.
            builder = builder.no_proxy().tls_certs_only([]);
        }
        let client = builder.build().map_err(|_| {
            let message = "the TLS stack does not start: is a list of trusted certificates installed?";
            Error::new(ErrorKind::Config, provider, "starting the HTTP client", message)
        })?;
        Ok(Self { client, limits, provider })
    }

    pub(crate) fn limits(&self) -> &HttpLimits {
        &self.limits
    }

    /// Sends it. `operation` says what is being done, `place` where.
    pub(crate) async fn send(
        &self,
        request: Request,
        operation: &'static str,
        place: &str,
    ) -> Result<RawAnswer, Failure> {
        let failed = |error: &reqwest::Error| self.failed(error, operation, place);
        let mut response = self.client.execute(request).await.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::with_capacity(self.expected(response.content_length()));
        while let Some(piece) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len().saturating_add(piece.len()) > self.limits.body_bytes {
                return Err(self.too_large(operation, place).into());
            }
            body.extend_from_slice(&piece);
        }
        Ok(RawAnswer { status, headers, body: body.freeze() })
    }

    /// How much room to make. The header is a wish: what really comes is counted.
    fn expected(&self, length: Option<u64>) -> usize {
        let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        length.min(self.limits.body_bytes).min(1 << 20)
    }

    fn too_large(&self, operation: &'static str, place: &str) -> Error {
        let limit = self.limits.body_bytes;
        let message = format!("{place}: the answer is larger than {limit} bytes; ask for smaller pages");
        Error::new(ErrorKind::TooLarge, self.provider, operation, message)
    }

    /// Tells a failure by its class: the client's own text quotes URLs.
    fn failed(&self, error: &reqwest::Error, operation: &'static str, place: &str) -> Failure {
        let why = if error.is_timeout() {
            let Timeouts { connect, read, whole } = Timeouts::of(&self.limits);
            if error.is_connect() {
                format!("no connection within {connect}")
            } else {
                format!("no answer within {read}, or not all of it within {whole}")
            }
        } else if error.is_connect() {
            format!("no connection: {}", connect_cause(error))
        } else {
            "the answer broke off, or is no HTTP".to_owned()
        };
        let error = Error::new(ErrorKind::Transport, self.provider, operation, format!("{place}: {why}"));
        error.into()
    }
}

struct Timeouts {
    connect: Seconds,
    read: Seconds,
    whole: Seconds,
}

struct Seconds(Duration);

impl Timeouts {
    const fn of(limits: &HttpLimits) -> Self {
        let HttpLimits { connect_time, read_time, request_time, .. } = *limits;
        Self { connect: Seconds(connect_time), read: Seconds(read_time), whole: Seconds(request_time) }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}

/// Why there is no connection, in words that quote nothing.
fn connect_cause(error: &reqwest::Error) -> &'static str {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            match io.kind() {
                std::io::ErrorKind::ConnectionRefused => return "nothing listens there",
                std::io::ErrorKind::ConnectionReset => return "the server closed it",
                _ => {}
            }
        }
        // The text is looked at, never shown.
        let text = error.to_string();
        if text.contains("dns") {
            return "no such host name";
        }
        if text.contains("certificate") {
            return "the server's certificate is not trusted, or not for this host name";
        }
        cause = error.source();
    }
    "the host can't be reached, or speaks no TLS"
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transport({})", self.provider)
    }
}
