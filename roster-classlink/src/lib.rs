#![doc = include_str!("../README.md")]

mod access;
mod builder;
mod client;
mod config;
mod map;
mod source;
mod tenants;
mod wire;

pub use self::{
    access::{Access, OLDER_PROXY, PROXY},
    builder::ClassLinkBuilder,
    config::ClassLinkConfig,
    source::{ClassLinkSource, PROVIDER},
    tenants::ClassLinkPartner,
};
