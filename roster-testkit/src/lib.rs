#![doc = include_str!("../README.md")]

pub mod conformance;
#[cfg(feature = "sandbox")]
pub mod district;
mod drop_counter;
mod harness;
mod ids;
mod reach;
pub mod sabotage;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod scripted;
mod shown;
mod test_clock;
mod truth;

pub use self::{
    conformance::{Form, Outcome, Violation},
    drop_counter::{DropCounter, Token},
    harness::{Broken, Change, Fault, Harness, Limits, Live, Support},
    ids::Ids,
    shown::{Log, shown_by},
    test_clock::TestClock,
    truth::Truth,
};
