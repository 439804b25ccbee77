#![doc = include_str!("../README.md")]

mod builder;
mod changes;
mod check;
mod client;
mod collection;
mod config;
mod error;
mod event;
mod map;
mod pages;
mod pull;
mod source;
mod tenants;
mod token;
mod version;
mod wire;

pub use self::{
    builder::CleverSourceBuilder,
    config::CleverConfig,
    source::{CleverSource, PROVIDER},
    tenants::CleverAccount,
    version::ApiVersion,
};
