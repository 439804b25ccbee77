//! A server that speaks OneRoster.

use std::time::Duration;

use roster_testkit::{
    district::{DistrictSpec, OneRosterVersion},
    sandbox::{OneRosterOptions, OneRosterSandbox},
};

use super::{OPERATION, Running, Started, Vendor, not_started, post};
use crate::{args::SandboxArgs, outcome::Failure};

pub(super) const VENDOR: Vendor = Vendor {
    provider: "oneroster",
    name: "OneRoster",
    collections: || OneRosterSandbox::collections().collect(),
    has_quota: false,
    start,
};

fn start(args: &SandboxArgs) -> Result<Box<dyn Running>, Failure> {
    let version = match args.api_version.as_deref() {
        None | Some("1.1") => OneRosterVersion::V1_1,
        Some("1.2") => OneRosterVersion::V1_2,
        _ => return Err(Failure::usage(OPERATION, "--api-version wants 1.1 or 1.2")),
    };
    let spec = DistrictSpec::new(args.seed).schools(args.schools).students(args.students);
    let latency = Duration::from_millis(args.latency);
    let options = OneRosterOptions::default().version(version).latency(latency).port(args.port);
    let sandbox = OneRosterSandbox::start_with(spec.generate(), options);
    let sandbox = sandbox.map_err(|error| not_started(args, &error))?;
    args.fault.iter().cloned().for_each(|fault| sandbox.fault(fault));
    Ok(Box::new(sandbox))
}

impl Running for OneRosterSandbox {
    fn started(&self) -> Started {
        let (base_url, origin) = (self.base_url(), self.origin());
        let credentials = [
            ("token", self.token().to_owned()),
            ("token_url", self.token_url()),
            ("client_id", self.client_id().to_owned()),
            ("client_secret", self.client_secret().to_owned()),
            ("consumer_key", self.consumer_key().to_owned()),
            ("consumer_secret", self.consumer_secret().to_owned()),
        ];
        Started {
            provider: "oneroster",
            pull: format!("ROSTER_ONEROSTER_TOKEN={} roster pull oneroster:{base_url}", self.token()),
            base_url,
            credentials: credentials.into(),
            moves: ["next-day", "new-term", "change-id"].map(|verb| post(&origin, verb)).into(),
        }
    }
}
