//! todo

pub mod codes;
mod config;
mod map;
mod wire;

pub use self::config::{ClassSource, EmailOrder, EmailSlot, WondeConfig};
