//! What `roster tenants`, `connect` and `disconnect` say.

use clap::{Args, builder::NonEmptyStringValueParser};

use super::Global;

#[derive(Args)]
pub(crate) struct TenantsArgs {
    /// The provider, or a source of roster.toml that has its credentials
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) provider: String,
    /// Lists those alone whose name or id has this in it; where the vendor can search, also those who have not connected
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    #[command(flatten)]
    pub(crate) global: Global,
}

// No `Debug`: it names a person.

#[derive(Args)]
pub(crate) struct ConnectArgs {
    /// A name in roster.toml, or ad hoc, such as wonde:SCHOOL
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) source: String,
    /// Whom the school may call back
    #[arg(long, value_name = "T")]
    pub(crate) contact_name: Option<String>,
    /// That person's e-mail address
    #[arg(long, value_name = "T")]
    pub(crate) contact_email: Option<String>,
    /// That person's telephone number
    #[arg(long, value_name = "T")]
    pub(crate) contact_phone: Option<String>,
    /// What the school should know
    #[arg(long, value_name = "T")]
    pub(crate) notes: Option<String>,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Args)]
pub(crate) struct DisconnectArgs {
    /// A name in roster.toml, or ad hoc, such as wonde:SCHOOL
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) source: String,
    #[command(flatten)]
    pub(crate) global: Global,
}
