//! What is synced into what.

use roster::{
    Error, PullRequest, RosterSource, SensitiveField, SourceInfo, SourcedId,
    config::ResolvedSource,
    sync::{Guards, RosterInfo, Store},
};

use crate::{args::SyncOptions, outcome::Failure, source, store};

/// A source, and the roster that it is to fill.
pub(crate) struct Target {
    resolved: ResolvedSource,
    info: SourceInfo,
    request: PullRequest,
    guards: Guards,
    seats: Option<u64>,
    roster: String,
    /// Whether the user named the roster, and so takes the blame for what is in it.
    is_named_by_hand: bool,
    origin: Option<String>,
}

impl Target {
    pub(crate) fn resolve(options: &SyncOptions) -> Result<Self, Failure> {
        let resolved = source::resolve(&options.global, &options.source)?;
        let info = resolved.open()?.info();
        let request = request(resolved.request()?, options);
        let (guards, seats) = (resolved.guards()?, resolved.seats()?);
        let named = options.roster.as_deref().or(resolved.name());
        // Whoever logged in is `me`: two teachers must not fill one roster unasked.
        if named.is_none() && (info.provider, info.tenant.as_str()) == ("gclassroom", "me") {
            let message = "gclassroom:me is whoever logged in: say by --roster which roster it is to fill";
            return Err(Failure::usage("choosing the roster", message));
        }
        let roster = named.unwrap_or(&info.tenant).to_owned();
        let origin = origin(&resolved)?;
        let is_named_by_hand = options.roster.is_some();
        Ok(Self { resolved, info, request, guards, seats, roster, is_named_by_hand, origin })
    }

    pub(crate) fn open(&self) -> Result<Box<dyn RosterSource>, Error> {
        self.resolved.open()
    }

    pub(crate) fn info(&self) -> &SourceInfo {
        &self.info
    }

    pub(crate) fn roster(&self) -> &str {
        &self.roster
    }

    pub(crate) fn request(&self) -> &PullRequest {
        &self.request
    }

    pub(crate) fn guards(&self) -> Guards {
        self.guards
    }

    pub(crate) fn seats(&self) -> Option<u64> {
        self.seats
    }

    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Refuses an ad-hoc source for a roster that came from elsewhere: two folders named alike must not end each other's
    /// pupils. Gives what the store knows of the roster.
    pub(crate) async fn refuse_another_origin(
        &self,
        store: &dyn Store,
    ) -> Result<Option<RosterInfo>, Failure> {
        let known = store::find_roster(store, &self.roster).await?;
        let is_free = self.is_named_by_hand || self.resolved.name().is_some();
        // Where no run ever wrote, nothing can be lost.
        if let Some(known) = known.as_ref().filter(|known| !is_free && known.last_seq > 0)
            && let Some(other) = elsewhere(known, &self.info, self.origin())
        {
            let name = &self.roster;
            let message = format!(
                "the roster `{name}` came from {other}; say --roster {name} if this source is to take it over, \
                 or --roster with another name"
            );
            return Err(Failure::usage("comparing the source with the store", message));
        }
        Ok(known)
    }
}

/// Where the roster came from, if that was elsewhere.
fn elsewhere(known: &RosterInfo, info: &SourceInfo, origin: Option<&str>) -> Option<String> {
    if known.provider != info.provider || known.tenant != info.tenant {
        return Some(format!("{}:{}", known.provider, known.tenant));
    }
    let before = known.origin.as_deref()?;
    origin.is_some_and(|origin| origin != before).then(|| before.to_owned())
}

/// Of files the path, in the one form that it has from everywhere.
fn origin(resolved: &ResolvedSource) -> Result<Option<String>, Failure> {
    if resolved.provider().id != roster::csv::PROVIDER {
        return Ok(None);
    }
    let path = resolved.settings().path("path")?;
    // One that is not there is told by the pull.
    let whole = path.and_then(|path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok());
    Ok(whole.map(|path| path.to_string_lossy().into_owned()))
}

/// Flags count before settings.
fn request(mut request: PullRequest, options: &SyncOptions) -> PullRequest {
    let ids = |ids: &[String]| ids.iter().map(|id| SourcedId::from(id.as_str())).collect();
    if options.sensitive {
        request = request.with_sensitive(SensitiveField::ALL);
    }
    if !options.school.is_empty() {
        request.scope.orgs = Some(ids(&options.school));
    }
    if !options.class.is_empty() {
        request.scope.classes = Some(ids(&options.class));
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_vendor_tenant_or_path_is_elsewhere() {
        let info = SourceInfo::new("csv", "lincoln");
        let mut known = RosterInfo::new("lincoln", "csv", "lincoln");
        assert_eq!(elsewhere(&known, &info, Some("/a/lincoln")), None, "the store knows no path");
        known.origin = Some("/a/lincoln".to_owned());
        assert_eq!(elsewhere(&known, &info, Some("/a/lincoln")), None);
        assert_eq!(elsewhere(&known, &info, Some("/b/lincoln")).unwrap(), "/a/lincoln");
        known.provider = "clever".to_owned();
        assert_eq!(elsewhere(&known, &info, Some("/a/lincoln")).unwrap(), "clever:lincoln");
    }
}
