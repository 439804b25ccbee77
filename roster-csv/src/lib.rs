#![doc = include_str!("../README.md")]

mod address;
mod builder;
mod changes;
mod clever_ids;
mod config;
mod dates;
mod dialect;
mod excel;
mod files;
mod keys;
mod limits;
mod mapping;
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
    clever_ids::{CleverIdRow, CleverIds, Fate, Found},
    config::{BulkWithStatus, CsvConfig},
    dates::DateOrder,
    dialect::{DIALECTS, Dialect},
    limits::Limits,
    mapping::{CsvMapping, MappedFile},
    source::{CsvSource, PROVIDER},
};
