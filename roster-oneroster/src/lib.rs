#![doc = include_str!("../README.md")]

#[cfg(feature = "csv")]
pub mod csv;
mod relations;
#[cfg(feature = "rest")]
pub mod rest;
mod status;
mod version;

#[cfg(feature = "rest")]
pub use self::rest::{OneRosterConfig, OneRosterSource, OneRosterSourceBuilder, PROVIDER, Vendor};
pub use self::{
    relations::{Related, Relations},
    status::Status,
    version::Version,
};
