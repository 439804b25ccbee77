#![doc = include_str!("../README.md")]

mod builder;
mod changes;
mod config;
mod dialect;
mod files;
mod keys;
mod limits;
mod pull;
mod records;
mod row;
mod rows;
mod side;
mod source;
mod survey;
mod text;

pub use self::{
    builder::CsvSourceBuilder,
    config::CsvConfig,
    dialect::{DIALECTS, Dialect},
    limits::Limits,
    source::{CsvSource, PROVIDER},
};
