#![doc = include_str!("../README.md")]

#[cfg(feature = "sandbox")]
pub mod district;
