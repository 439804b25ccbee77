#![doc = include_str!("../README.md")]

mod address;
mod builder;
mod changes;
mod config;
mod dates;
mod dialect;
mod excel;
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
    dates::DateOrder,
    dialect::{DIALECTS, Dialect},
    limits::Limits,
    source::{CsvSource, PROVIDER},
};
