#![cfg_attr(all(feature = "config", feature = "csv"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "config", feature = "csv")),
    doc = "Connects a school product to its customers' rosters. Build with all features for the whole first page."
)]

#[cfg(feature = "config")]
pub mod config;
mod key;
pub mod prelude;
mod providers;
mod registry;
mod settings;

#[cfg(feature = "classlink")]
#[doc(inline)]
pub use roster_classlink as classlink;

#[cfg(feature = "clever")]
#[doc(inline)]
pub use roster_clever as clever;

#[cfg(feature = "csv")]
#[doc(inline)]
pub use roster_csv as csv;

#[cfg(feature = "gclassroom")]
#[doc(inline)]
pub use roster_gclassroom as gclassroom;

#[cfg(feature = "oneroster")]
#[doc(inline)]
pub use roster_oneroster as oneroster;

#[cfg(feature = "sync")]
#[doc(inline)]
pub use roster_sync as sync;

#[cfg(feature = "wonde")]
#[doc(inline)]
pub use roster_wonde as wonde;

#[doc(inline)]
pub use roster_core::*;

pub use self::{
    key::{Form, Key},
    registry::{Provider, find_provider, registry},
    settings::{Settings, Value},
};
