//! A vendor that schools share their MIS through.

use std::time::Duration;

use roster_testkit::{
    district::DistrictSpec,
    sandbox::{WondeOptions, WondeSandbox},
};

use super::{OPERATION, Running, Started, Vendor, not_started, post};
use crate::{args::SandboxArgs, outcome::Failure};

pub(super) const VENDOR: Vendor = Vendor {
    provider: "wonde",
    name: "Wonde",
    collections: || WondeSandbox::collections().collect(),
    has_quota: false,
    start,
};

/// Beside the schools of the district, which are live, there is one in each state.
fn start(args: &SandboxArgs) -> Result<Box<dyn Running>, Failure> {
    if args.api_version.is_some() {
        return Err(Failure::usage(
            OPERATION,
            "there is one version of Wonde's interface: leave --api-version out",
        ));
    }
    let spec = DistrictSpec::new(args.seed).schools(args.schools).students(args.students);
    let options =
        WondeOptions::default().latency(Duration::from_millis(args.latency)).port(args.port).all_stages();
    let sandbox = WondeSandbox::start_with(spec.generate(), options);
    let sandbox = sandbox.map_err(|error| not_started(args, &error))?;
    args.fault.iter().cloned().for_each(|fault| sandbox.fault(fault));
    Ok(Box::new(sandbox))
}

impl Running for WondeSandbox {
    fn started(&self) -> Started {
        let (base_url, origin, schools) = (self.base_url(), self.origin(), self.schools());
        let first = schools.first().cloned().unwrap_or_default();
        let settings = format!("ROSTER_WONDE_TOKEN={} ROSTER_WONDE_BASE_URL={base_url}", self.token());
        let of_school = |verb: &str| post(&origin, &format!("schools/ID/{verb}"));
        let verbs = [
            "request",
            "approve",
            "audit",
            "decline",
            "revoke",
            "offline",
            "online",
            "migrate",
            "finish-migration",
        ];
        let permissions = ["withdraw/contacts.read", "grant/contacts.read"];
        let moves = ["next-day", "pass/300"].into_iter().map(|verb| post(&origin, verb));
        Started {
            provider: "wonde",
            pull: format!("{settings} roster pull wonde:{first}"),
            base_url,
            credentials: [("token", self.token().to_owned()), ("schools", schools.join(" "))].into(),
            moves: moves.chain(verbs.iter().chain(&permissions).map(|verb| of_school(verb))).collect(),
        }
    }
}
