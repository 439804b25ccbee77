//! What a provider that is built on this one knows of its servers.

/// What a provider that is built on [`OneRosterSource`](super::OneRosterSource) knows of its servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vendor {
    /// The provider's id, as errors and cursors have it.
    pub provider: &'static str,
    /// The header that names the revision of all the data: the same on every answer while nothing changed.
    ///
    /// Where it changes in the middle of a pull, the pull starts over. A pull of changes asks for it first, and ends
    /// [`Unchanged`](roster_core::Completeness::Unchanged) where it is that of the cursor.
    pub revision_header: Option<&'static str>,
    /// The header that says how many rows a page has. One that is wrong makes the kind `Partial`.
    pub count_header: Option<&'static str>,
    /// How many rows a page are asked for where the host has no wish.
    pub page_size: u32,
    /// The most rows a page that are ever asked for.
    pub largest_page: Option<u32>,
    /// Whether changes are asked for by a filter. Where rows are purged, a filter finds no deletions, and a pull of changes
    /// reads whole sets.
    pub filters_changes: bool,
    /// Whether rows have fields of both versions, whatever the version says.
    pub mixes_versions: bool,
}

impl Vendor {
    /// A server of which nothing is known but the standard.
    #[must_use]
    pub const fn new(provider: &'static str) -> Self {
        Self {
            provider,
            revision_header: None,
            count_header: None,
            page_size: 1000,
            largest_page: None,
            filters_changes: true,
            mixes_versions: false,
        }
    }

    /// With a header that names the revision of all the data.
    #[must_use]
    pub const fn revision_header(mut self, name: &'static str) -> Self {
        self.revision_header = Some(name);
        self
    }

    /// With a header that says how many rows a page has.
    #[must_use]
    pub const fn count_header(mut self, name: &'static str) -> Self {
        self.count_header = Some(name);
        self
    }

    /// With pages of so many rows, and of `largest` at most.
    #[must_use]
    pub const fn pages(mut self, rows: u32, largest: u32) -> Self {
        self.page_size = rows;
        self.largest_page = Some(largest);
        self
    }

    /// With whole sets for changes too.
    #[must_use]
    pub const fn whole_sets(mut self) -> Self {
        self.filters_changes = false;
        self
    }

    /// With fields of both versions.
    #[must_use]
    pub const fn mixing_versions(mut self) -> Self {
        self.mixes_versions = true;
        self
    }
}
