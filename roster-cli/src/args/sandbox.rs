//! What `roster sandbox` says.

use clap::Args;
use roster_testkit::sandbox::SandboxFault;

use super::Global;

#[derive(Args)]
pub(crate) struct SandboxArgs {
    /// The vendor to play, such as clever or oneroster
    #[arg(value_name = "PROVIDER")]
    pub(crate) provider: String,
    /// What the district is made from: the same number gives the same one
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub(crate) seed: u64,
    /// How many schools there are
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) schools: usize,
    /// How many pupils there are
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) students: usize,
    /// How long each answer takes at least
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) latency: u64,
    /// How many requests a minute of one credential are answered, of vendors that count by the minute: clever and gclassroom
    #[arg(long, value_name = "N")]
    pub(crate) quota: Option<u32>,
    /// Misbehaves: NAME, or NAME:COLLECTION:PAGE:TIMES, such as `cut_body:users:middle:1`; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) fault: Vec<SandboxFault>,
    /// The version of the vendor's interface, such as 1.1 or 1.2 of OneRoster
    #[arg(long, value_name = "V")]
    pub(crate) api_version: Option<String>,
    /// The port; 0 lets the system choose
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) global: Global,
}
