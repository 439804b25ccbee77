//! How a sandbox is to be, and where its schools are.

use std::time::Duration;

/// Where a school's connection is, at the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WondeStage {
    /// Nobody asked.
    NotRequested,
    /// It was asked.
    Pending,
    /// It said no.
    Declined,
    /// It said yes, and its data are not released.
    Approved,
    /// Its data can be read.
    Live,
    /// Its MIS can't be reached.
    Offline,
    /// It took access back.
    Revoked,
}

impl WondeStage {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NotRequested,
        Self::Pending,
        Self::Declined,
        Self::Approved,
        Self::Live,
        Self::Offline,
        Self::Revoked,
    ];

    /// The name in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRequested => "not_requested",
            Self::Pending => "pending",
            Self::Declined => "declined",
            Self::Approved => "approved",
            Self::Live => "live",
            Self::Offline => "offline",
            Self::Revoked => "revoked",
        }
    }

    /// What a plain request's verb leads to.
    pub(super) fn moved_by(verb: &str) -> Option<Self> {
        Some(match verb {
            "request" => Self::Pending,
            "decline" => Self::Declined,
            "approve" => Self::Approved,
            "audit" | "online" => Self::Live,
            "offline" => Self::Offline,
            "revoke" => Self::Revoked,
            _ => return None,
        })
    }
}

/// How a sandbox is to be.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WondeOptions {
    /// The time that each answer takes at least.
    pub latency: Duration,
    /// The most rows a page, whatever is asked for. `None`: 200.
    pub clamp: Option<usize>,
    /// How many requests a second are answered; further ones get a 429.
    pub rate: Option<u32>,
    /// Whether what a school shares is not told, so that only a refusal shows it.
    pub permissions_hidden: bool,
    /// Whether there are more schools than those of the district: one in each stage.
    pub all_stages: bool,
    /// Where webhooks are posted: a URL on loopback, with its secret.
    pub webhook_url: Option<String>,
    /// The port of the first host; 0 lets the system choose.
    pub port: u16,
}

impl WondeOptions {
    /// With answers that take that long.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// With at most so many rows a page.
    #[must_use]
    pub fn clamp(mut self, rows: usize) -> Self {
        self.clamp = Some(rows);
        self
    }

    /// With so many requests a second.
    #[must_use]
    pub fn rate(mut self, a_second: u32) -> Self {
        self.rate = Some(a_second);
        self
    }

    /// With permissions that are not told.
    #[must_use]
    pub fn hiding_permissions(mut self) -> Self {
        self.permissions_hidden = true;
        self
    }

    /// With a further school in each stage.
    #[must_use]
    pub fn all_stages(mut self) -> Self {
        self.all_stages = true;
        self
    }

    /// With webhooks posted there.
    #[must_use]
    pub fn webhooks_to(mut self, url: impl Into<String>) -> Self {
        self.webhook_url = Some(url.into());
        self
    }

    /// With its first host on that port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}
