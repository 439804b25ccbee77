//! A source for any server that speaks OneRoster over REST: see [`OneRosterSource`].

mod builder;
mod changes;
mod client;
mod collection;
mod config;
mod error;
mod map;
mod pull;
mod source;
mod wire;

pub use self::{
    builder::OneRosterSourceBuilder,
    config::OneRosterConfig,
    source::{OneRosterSource, PROVIDER},
};
