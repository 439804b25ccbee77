//! Google Classroom and the Admin Directory.

use std::{io::Write, path::PathBuf, time::Duration};

use roster_testkit::{
    district::DistrictSpec,
    sandbox::{GoogleOptions, GoogleSandbox},
};

use super::{Running, Started, Vendor, not_started, post};
use crate::{args::SandboxArgs, outcome::Failure, private_file::PrivateFile};

pub(super) const VENDOR: Vendor = Vendor {
    provider: "gclassroom",
    name: "Google Classroom",
    collections: || GoogleSandbox::collections().collect(),
    has_quota: true,
    start,
};

/// The sandbox, and the files that its settings name.
struct Google {
    sandbox: GoogleSandbox,
    key_file: PathBuf,
    rules: PathBuf,
}

fn start(args: &SandboxArgs) -> Result<Box<dyn Running>, Failure> {
    let spec = DistrictSpec::new(args.seed).schools(args.schools).students(args.students);
    let mut options = GoogleOptions::default().latency(Duration::from_millis(args.latency)).port(args.port);
    options.user_quota = args.quota.map(|quota| (quota, Duration::from_secs(60)));
    let sandbox =
        GoogleSandbox::start_with(spec.generate(), options).map_err(|error| not_started(args, &error))?;
    args.fault.iter().cloned().for_each(|fault| sandbox.fault(fault));
    let file = |name: &str, text: &str| {
        let path = std::env::temp_dir().join(format!("roster-sandbox-{}-{name}", std::process::id()));
        let written = PrivateFile::create(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.commit()
        });
        written.map(|()| path).map_err(|error| not_started(args, &error))
    };
    let (key_file, rules) =
        (file("key.json", &sandbox.key_file())?, file("rules.toml", &GoogleSandbox::rules())?);
    Ok(Box::new(Google { sandbox, key_file, rules }))
}

impl Running for Google {
    fn started(&self) -> Started {
        let Self { sandbox, key_file, rules } = self;
        let base_url = sandbox.base_url();
        let (key_file, rules) = (key_file.display().to_string(), rules.display().to_string());
        let pull = format!(
            "roster pull gclassroom:{} --set base_url={base_url} --set service_account={key_file} --set subject={} --set rules={rules}",
            sandbox.domain(),
            sandbox.subject()
        );
        let credentials = [
            ("domain", sandbox.domain().to_owned()),
            ("service_account", key_file),
            ("subject", sandbox.subject()),
            ("rules", rules),
            ("token", sandbox.token().to_owned()),
            ("teacher_token", sandbox.teacher_token().to_owned()),
            ("token_url", sandbox.token_url()),
            ("client_id", sandbox.client_id().to_owned()),
            ("client_secret", sandbox.client_secret().to_owned()),
            ("refresh_token", sandbox.refresh_token().to_owned()),
            ("login_url", sandbox.login_url()),
        ];
        let moves = ["next-day", "rename-unit", "archive-class"].map(|verb| post(&base_url, verb)).into();
        Started { provider: "gclassroom", base_url, credentials: credentials.into(), pull, moves }
    }
}

impl Drop for Google {
    fn drop(&mut self) {
        for path in [&self.key_file, &self.rules] {
            if let Err(error) = std::fs::remove_file(path) {
                tracing::debug!(kind = ?error.kind(), "a file of the sandbox could not be removed");
            }
        }
    }
}
