//! A made-up vendor, and a source for it that keeps all laws.
//!
//! The suite is tried on it, and the [sabotaged sources](crate::sabotage) are made of it. Hosts may use it where they want a
//! roster that they can change at will: [`ScriptedVendor`] holds the records in memory, hands them out in pages, and can be
//! told to misbehave; [`ScriptedSource`] reads them. For a fixed sequence of events there is [`Playback`].

mod harness;
mod playback;
mod reading;
mod sample;
mod source;
mod vendor;
mod view;

pub use self::{
    harness::ScriptedHarness, playback::Playback, source::ScriptedSource, vendor::ScriptedVendor,
};
pub(crate) use self::{
    reading::Paging,
    source::{FORMAT, PROVIDER, cursor, revision_of},
    vendor::Row,
};
