//! The conformance suite: a check for each promise of [`Store`] and [`Session`](crate::Session).
//!
//! [`conformance!`](crate::conformance!) makes a test of each. Each is also a function that takes an empty store and finds
//! a [`Violation`] or nothing; [`CHECKS`] lists them, and [`run_check`] makes one by name.

mod ids;
mod list;
mod locks;
mod log;
mod quarantine;
mod rows;
mod runs;
mod scribe;
mod verdict;
mod visibility;

use std::future::Future;

use self::verdict::Breach;
pub use self::verdict::Violation;
use crate::Store;

/// One check of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckInfo {
    /// The name of its function, and of its test.
    pub name: &'static str,
    /// What it demands.
    pub what: &'static str,
}

crate::__each_store_check! { __store_check_table }

/// An empty store, alone or with what has to live as long as it does, such as its folder: `(store, folder)`.
pub trait Fresh {
    /// The store.
    fn store(&self) -> &dyn Store;
}

impl<S: Store> Fresh for S {
    fn store(&self) -> &dyn Store {
        self
    }
}

impl<S: Store, K> Fresh for (S, K) {
    fn store(&self) -> &dyn Store {
        &self.0
    }
}

/// What a test of [`conformance!`](crate::conformance!) does.
///
/// # Panics
///
/// If the store breaks its promise.
#[doc(hidden)]
#[expect(clippy::panic, reason = "this is how a test fails")]
pub async fn assert_conforms<S: Fresh, F: Future<Output = S>>(name: &str, make: impl FnOnce() -> F) {
    let fresh = make().await;
    match run_check(name, fresh.store()).await {
        Some(Ok(())) => {}
        Some(Err(violation)) => panic!("{violation}"),
        None => panic!("there is no check `{name}`"),
    }
}

/// For those whose store needs no runtime.
#[doc(hidden)]
pub fn block_on<F: Future>(future: F) -> F::Output {
    futures::executor::block_on(future)
}
