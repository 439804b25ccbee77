//! In which wrapping a source is checked.

use roster_core::{
    Capabilities, CheckReport, PullContext, PullRequest, PullStream, Result, RosterSource, SourceInfo,
    async_trait,
};
use std::{fmt, sync::Arc};

use crate::Harness;

/// In which wrapping a source is checked: a forgotten forward shows in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As it is.
    Value,
    /// As `Box<dyn RosterSource>`.
    Boxed,
    /// As `Arc<dyn RosterSource>`.
    Shared,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Value, Self::Boxed, Self::Shared];

    /// The name in `snake_case`, as in the tests' paths.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Boxed => "boxed",
            Self::Shared => "shared",
        }
    }

    /// Wraps a source.
    pub(super) fn wrap<S: RosterSource>(self, source: S) -> Opened<S> {
        match self {
            Self::Value => Opened::Value(source),
            Self::Boxed => Opened::Boxed(Box::new(source)),
            Self::Shared => Opened::Shared(Arc::new(source)),
        }
    }

    pub(super) async fn open<H: Harness>(self, harness: &H) -> Opened<H::Source> {
        self.wrap(harness.open().await)
    }
}

/// A source in its wrapping. Each call goes through the wrapper's own implementation of the trait.
pub(super) enum Opened<S> {
    Value(S),
    Boxed(Box<dyn RosterSource>),
    Shared(Arc<dyn RosterSource>),
}

impl<S: fmt::Debug> fmt::Debug for Opened<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(source) => source.fmt(f),
            Self::Boxed(source) => source.fmt(f),
            Self::Shared(source) => source.fmt(f),
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: RosterSource> RosterSource for Opened<S> {
    fn info(&self) -> SourceInfo {
        match self {
            Self::Value(source) => source.info(),
            Self::Boxed(source) => <Box<dyn RosterSource> as RosterSource>::info(source),
            Self::Shared(source) => <Arc<dyn RosterSource> as RosterSource>::info(source),
        }
    }

    fn capabilities(&self) -> Capabilities {
        match self {
            Self::Value(source) => source.capabilities(),
            Self::Boxed(source) => <Box<dyn RosterSource> as RosterSource>::capabilities(source),
            Self::Shared(source) => <Arc<dyn RosterSource> as RosterSource>::capabilities(source),
        }
    }

    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        match self {
            Self::Value(source) => source.check(cx).await,
            Self::Boxed(source) => <Box<dyn RosterSource> as RosterSource>::check(source, cx).await,
            Self::Shared(source) => <Arc<dyn RosterSource> as RosterSource>::check(source, cx).await,
        }
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        match self {
            Self::Value(source) => source.pull(request, cx),
            Self::Boxed(source) => <Box<dyn RosterSource> as RosterSource>::pull(source, request, cx),
            Self::Shared(source) => <Arc<dyn RosterSource> as RosterSource>::pull(source, request, cx),
        }
    }
}
