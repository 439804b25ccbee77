//! Programs to start from. Each folder beside this one holds one: run it with `cargo run -p examples --example NAME`.

/// The Rust programs of the project's first pages, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../../CONTRIBUTING.md")]
pub struct FirstPages;
