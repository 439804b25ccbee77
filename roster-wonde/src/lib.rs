#![doc = include_str!("../README.md")]

mod builder;
mod changes;
mod client;
pub mod codes;
mod config;
mod error;
mod map;
mod opening;
mod options;
mod permissions;
mod probe;
mod pull;
mod region;
mod resource;
mod source;
mod state;
mod tenants;
pub mod webhook;
mod wire;

pub use self::{
    builder::WondeBuilder,
    config::{ClassSource, EmailOrder, EmailSlot, WondeConfig},
    options::SchoolOptions,
    source::{PROVIDER, WondeSource},
    state::Connection,
    tenants::{Observation, SchoolQuery, WondeAccount},
    webhook::{WebhookEvent, Webhooks, answer_to},
};
