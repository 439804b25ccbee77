//! Programs to start from. Each folder beside `src` holds one: `cargo run -p examples --example quickstart` runs it.

/// The Rust of the project's first page, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct FirstPage;
