#![doc = include_str!("../README.md")]

mod version;

#[cfg(feature = "csv")]
pub mod csv;

pub use self::version::Version;
