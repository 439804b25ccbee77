//! Fake vendors on loopback: they hold a seeded district, change it on demand, and misbehave by name.
//!
//! ```
//! use roster_testkit::{district::DistrictSpec, sandbox::OneRosterSandbox};
//!
//! let sandbox = OneRosterSandbox::start(DistrictSpec::new(7).students(40))?;
//! // Point the source under test at `base_url`, and let a day pass when it has pulled.
//! assert!(sandbox.base_url().starts_with("http://127.0.0.1:"));
//! let changed = sandbox.next_day();
//! assert!(!changed.is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```

mod answer;
mod classlink;
mod clever;
mod fault;
mod gclassroom;
mod oauth1;
mod oneroster;
mod rate;
mod server;
mod tokens;
mod wonde;

pub use self::{
    classlink::{ClassLinkOptions, ClassLinkSandbox},
    clever::{CleverLinks, CleverOptions, CleverSandbox},
    fault::{At, SandboxFault, UnknownFault},
    gclassroom::{GoogleOptions, GoogleSandbox, what_google_says},
    oneroster::{OneRosterOptions, OneRosterSandbox, Quirk},
    wonde::{WebhookManner, WondeOptions, WondeSandbox, WondeStage},
};
