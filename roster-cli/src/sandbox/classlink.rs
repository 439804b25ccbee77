//! ClassLink: a partner's list, the proxy, and the districts' servers.

use std::time::Duration;

use roster_testkit::{
    district::{DistrictSpec, OneRosterVersion},
    sandbox::{ClassLinkOptions, ClassLinkSandbox, OneRosterSandbox},
};

use super::{OPERATION, Running, Started, Vendor, not_started, post};
use crate::{args::SandboxArgs, outcome::Failure};

pub(super) const VENDOR: Vendor = Vendor {
    provider: "classlink",
    name: "ClassLink",
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
    let options = ClassLinkOptions::default()
        .servers(|servers| servers.version(version).latency(latency))
        .port(args.port);
    let sandbox = ClassLinkSandbox::start_with(&spec, &options).map_err(|error| not_started(args, &error))?;
    for server in sandbox.live().iter().filter_map(|tenant| sandbox.server(tenant)) {
        args.fault.iter().cloned().for_each(|fault| server.fault(fault));
    }
    Ok(Box::new(Played { sandbox, version }))
}

struct Played {
    sandbox: ClassLinkSandbox,
    version: OneRosterVersion,
}

impl Running for Played {
    fn started(&self) -> Started {
        let sandbox = &self.sandbox;
        let base_url = sandbox.base_url();
        let tenant = sandbox.live().into_iter().next().unwrap_or_default();
        let template = match self.version {
            OneRosterVersion::V1_1 => "",
            OneRosterVersion::V1_2 => " --set path_template=/{id}/ims/oneroster/rostering/v1p2",
        };
        let credentials = [("token", sandbox.partner_token().to_owned()), ("tenant", tenant.clone())];
        Started {
            provider: "classlink",
            pull: format!(
                "ROSTER_CLASSLINK_TOKEN={} roster pull classlink:{tenant} --set base_url={base_url}{template}",
                sandbox.partner_token()
            ),
            credentials: credentials.into(),
            moves: ["next-day", "rotate"].map(|verb| post(&base_url, verb)).into(),
            base_url,
        }
    }
}
