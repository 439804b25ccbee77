//! Clever, with one district.

use std::time::Duration;

use roster_testkit::{
    district::DistrictSpec,
    sandbox::{CleverOptions, CleverSandbox},
};

use super::{OPERATION, Running, Started, Vendor, not_started, post};
use crate::{args::SandboxArgs, outcome::Failure};

pub(super) const VENDOR: Vendor = Vendor {
    provider: "clever",
    name: "Clever",
    collections: || CleverSandbox::collections().collect(),
    has_quota: true,
    start,
};

/// It speaks both versions, whichever is asked for.
fn start(args: &SandboxArgs) -> Result<Box<dyn Running>, Failure> {
    if !matches!(args.api_version.as_deref(), None | Some("3.1" | "3.0")) {
        return Err(Failure::usage(OPERATION, "--api-version wants 3.1 or 3.0"));
    }
    let spec = DistrictSpec::new(args.seed).schools(args.schools).students(args.students);
    let mut options = CleverOptions::default().latency(Duration::from_millis(args.latency)).port(args.port);
    options.rate = args.quota;
    let sandbox = CleverSandbox::start_with(spec.generate(), options);
    let sandbox = sandbox.map_err(|error| not_started(args, &error))?;
    args.fault.iter().cloned().for_each(|fault| sandbox.fault(fault));
    Ok(Box::new(sandbox))
}

impl Running for CleverSandbox {
    fn started(&self) -> Started {
        let base_url = self.base_url();
        let credentials = [
            ("district", self.district_id()),
            ("token", self.token().to_owned()),
            ("token_url", self.token_url()),
            ("client_id", self.client_id().to_owned()),
            ("client_secret", self.client_secret().to_owned()),
        ];
        let verbs = [
            "next-day",
            "remake-terms",
            "pause",
            "fail",
            "resume",
            "unshare-contacts",
            "share-contacts",
            "revoke",
            "restore",
        ];
        Started {
            provider: "clever",
            pull: format!(
                "ROSTER_CLEVER_TOKEN={} roster pull clever:{} --set base_url={base_url}",
                self.token(),
                self.district_id()
            ),
            credentials: credentials.into(),
            moves: verbs.map(|verb| post(&base_url, verb)).into(),
            base_url,
        }
    }
}
