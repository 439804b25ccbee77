//! From pages to rows: state machines that prove they saw everything, and what drives them.

mod ascent;
mod chain;
mod chain_reader;
mod given;
mod offset;
mod reader;

use roster_core::Result;

pub use self::{
    ascent::Ascent,
    chain::Chain,
    chain_reader::{ChainReader, Linked, LinkedPages},
    offset::{Ask, Finish, MOST_RESTARTS, OffsetPaging, Step},
    reader::{OffsetReader, Turn},
};

/// What tells a row from others: the [hash](roster_core::hashed::hash) of its id; `None` if it has no id that can be read.
pub type Key = Option<u64>;

/// The rows of one page, in the server's order.
pub trait Page: Send {
    /// The keys of its rows.
    fn keys(&self) -> Vec<Key>;

    /// How the ids of its rows ascend; not at all where that is not known, which costs the memory of an id seen for each row.
    fn ascent(&self) -> Ascent {
        Ascent::default()
    }

    /// The total that came with it.
    fn total(&self) -> Option<u64>;

    /// How many rows were asked for in the end, where that was fewer than the reading wished: the server could not answer that.
    fn narrowed(&self) -> Option<u32> {
        None
    }
}

/// Gets the pages of one collection.
pub trait Pages: Send + Sync + 'static {
    /// A page.
    type Page: Page + 'static;

    /// Gets a page; `number` is its place in the reading, from 1, for messages.
    fn page(
        self: std::sync::Arc<Self>,
        ask: Ask,
        number: u64,
    ) -> impl Future<Output = Result<Self::Page>> + Send + 'static;
}
