//! The contract that every source keeps.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::{Capabilities, CheckReport, PullContext, PullEvent, PullRequest, Result, SourceInfo};

/// A lazy stream of [`PullEvent`]s. No work is done before the first poll; dropping it cancels the pull.
pub type PullStream = BoxStream<'static, Result<PullEvent>>;

/// A place that rosters can be pulled from: one vendor, one tenant, one set of credentials.
///
/// # The laws
///
/// Whoever writes a source keeps these; the conformance suite of `roster-testkit` has a check for each.
///
/// 1. **Lazy and cancellable.** [`pull`](Self::pull) does nothing before the stream is polled, and leaves nothing running
///    once it is dropped. A reader that panics or dies is an `Err`, never a quiet end.
/// 2. **Absence counts only inside a `Complete` slice.** A stored record may end if a `Delete` names it, or if it is absent
///    while every role it holds, or its parent, lies in a slice that ended [`Complete`](crate::Completeness::Complete).
/// 3. **One bad record is a [`Problem`](crate::Problem)**, and the stream goes on. A problem of severity `error` that names
///    kind and id *protects* that id: nothing is done to it, and an earlier upsert of it in the same pull is withdrawn. One
///    that names a kind but no id makes its slice `Partial`. An `Err` is the last item; in a full pull nothing of it is
///    applied.
/// 4. **`Unchanged` means that the vendor vouches for the whole stored set.** A pull in [`Changes`](crate::PullMode::Changes)
///    mode may answer with a whole set, and its `End` tells which. A full pull is given the old cursor too, as memory, and
///    never answers `Unchanged`.
/// 5. **The cursor of a full pull is taken before its first request**, so that nothing falls between. It is bound to
///    provider, tenant, format version, kinds, scope, sensitive fields and `extra`, and refused elsewhere.
/// 6. **Records alive are bounded by the pages in flight.** Beside them a source may hold 16 bytes per id or other unique
///    key seen, and documented side tables where one person is spread over files.
/// 7. **Each kind wanted and supported gets one `Begin` and at least one `End`**, [`Slice::All`](crate::Slice::All) at most
///    once, with its records between. Kinds may overlap, in any order.
/// 8. **No secret and no personal datum** in `Debug`, `Display`, logs, metrics or problems: field names and ids, never values.
/// 9. A source that can, proves before its first `Begin` that the credential belongs to its tenant; else `Config`.
/// 10. **Scope** is as [`Scope`](crate::Scope) says. A feed that shows a record coming into scope ends
///     `Partial { NeedsFull }`.
///
/// Records are [normalized](crate::Record::normalize). Methods that make a source handy are in
/// [`RosterSourceExt`](crate::RosterSourceExt), which no source can forget to forward.
#[async_trait]
pub trait RosterSource: fmt::Debug + Send + Sync + 'static {
    /// Names the provider and tenant. Holds no secret, so it may be logged.
    fn info(&self) -> SourceInfo;

    /// Says what this source can do, without I/O.
    fn capabilities(&self) -> Capabilities;

    /// Makes the cheapest calls that prove the credentials and show which kinds they may read.
    ///
    /// # Errors
    ///
    /// `Config` if the settings are wrong, `Unauthorized` or `Forbidden` if the vendor refuses us, `Transport` if it can't
    /// be reached, `NotFound` if there is no such tenant.
    async fn check(&self, cx: &PullContext) -> Result<CheckReport>;

    /// Pulls everything in scope, or what changed since the request's cursor.
    ///
    /// A request that can't be served (a cursor from elsewhere, a change pull without one) is an `Err` as the first item.
    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: RosterSource + ?Sized> RosterSource for $pointer<S> {
            fn info(&self) -> SourceInfo {
                (**self).info()
            }

            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }

            async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
                (**self).check(cx).await
            }

            fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
                (**self).pull(request, cx)
            }
        }
    )+};
}

forward!(Box, Arc);
