#![doc = include_str!("../README.md")]

mod builder;
mod config;
mod source;

pub use self::{
    builder::CsvSourceBuilder,
    config::CsvConfig,
    source::{CsvSource, PROVIDER},
};
