//! What `roster login` says.

use std::path::PathBuf;

use clap::Args;

use super::Global;

#[derive(Args)]
pub(crate) struct LoginArgs {
    /// The provider that has a log-in: gclassroom
    #[arg(value_name = "PROVIDER")]
    pub(crate) provider: String,
    /// Asks for a teacher's own classes alone, and not for a whole domain
    #[arg(long)]
    pub(crate) teacher: bool,
    /// Writes the refresh token here, for nobody else to read [default: gclassroom-refresh-token]
    #[arg(long, value_name = "FILE", conflicts_with = "show")]
    pub(crate) out: Option<PathBuf>,
    /// Prints the refresh token, and writes no file
    #[arg(long)]
    pub(crate) show: bool,
    /// The port of this machine that the browser comes back to; 0 lets the system choose
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    /// Where the log-in page is, if not at Google
    #[arg(long, value_name = "URL")]
    pub(crate) login_url: Option<String>,
    #[command(flatten)]
    pub(crate) global: Global,
}
