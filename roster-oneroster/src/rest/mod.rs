//! A source for any server that speaks OneRoster over REST: see [`OneRosterSource`].

mod builder;
mod changes;
mod client;
mod collection;
mod config;
mod error;
mod fields;
mod learnt;
mod map;
mod probe;
mod profile;
mod pull;
mod source;
mod vendor;
mod wire;

pub use self::{
    builder::OneRosterSourceBuilder,
    config::OneRosterConfig,
    source::{OneRosterSource, PROVIDER},
    vendor::Vendor,
};
