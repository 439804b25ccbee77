//! Where a pull ended: at an event of the feed.

use std::{collections::BTreeSet, time::Duration};

use roster_core::{
    Cursor, DemographicField, Error, ErrorKind, PullMode, PullRequest, Result, SensitiveField, SourceInfo,
    hashed::hash, jiff::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{pull::Shared, version::ApiVersion};

const VERSION: u16 = 1;

/// Events are kept for 30 days. What the API says to an older one is not documented, so that we turn back before.
const KEPT: Duration = Duration::from_secs(25 * 24 * 60 * 60);

const OPERATION: &str = "reading a cursor";

/// Where a pull ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The last event that is applied with it; `None` where there is no feed, and the rest is a memory.
    #[serde(default)]
    pub(crate) event: Option<String>,
    /// When that was the newest one, or was read.
    pub(crate) at: Timestamp,
    /// The version of the API: feeds of another one tell other things.
    version: ApiVersion,
    /// Of which token and scopes, where the list of tokens says so. Another one may see more, or less, than the feed tells.
    grant: Option<u64>,
    /// The terms and courses are to be read anew: a pull broke off before all of them had been delivered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) catalogue_due: bool,
    /// Contacts were shared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) had_contacts: bool,
    /// Facts of students that were shared.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    shared: BTreeSet<DemographicField>,
    /// What else of people was shared.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    shared_fields: BTreeSet<SensitiveField>,
}

/// What a position is bound to, beside what every cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bond {
    pub(crate) version: ApiVersion,
    pub(crate) grant: Option<u64>,
}

impl Bond {
    pub(crate) fn new(version: ApiVersion, token: Option<&str>, scopes: &[String]) -> Self {
        let grant = token.map(|token| hash(&format!("{token} {}", scopes.join(" "))));
        Self { version, grant }
    }
}

impl Position {
    pub(crate) fn new(event: Option<String>, at: Timestamp, bond: Bond) -> Self {
        let Bond { version, grant } = bond;
        Self {
            event,
            at,
            version,
            grant,
            catalogue_due: false,
            had_contacts: false,
            shared: BTreeSet::new(),
            shared_fields: BTreeSet::new(),
        }
    }

    /// What of people was shared.
    pub(crate) fn shared(&self) -> Shared {
        Shared { fields: self.shared_fields.clone(), facts: self.shared.clone() }
    }

    /// Remembers what of people is shared.
    pub(crate) fn remember(&mut self, shared: Shared) {
        (self.shared_fields, self.shared) = (shared.fields, shared.facts);
    }

    pub(crate) fn encode(&self, info: &SourceInfo, request: &PullRequest) -> Result<Cursor> {
        Cursor::encode(info, VERSION, request, self)
    }

    /// The position that the request gives, if it fits.
    pub(crate) fn of_request(info: &SourceInfo, request: &PullRequest) -> Result<Option<Self>> {
        match (request.mode, &request.cursor) {
            // Memory of what was seen, where it can be read.
            (PullMode::Full, cursor) => {
                Ok(cursor.as_ref().and_then(|cursor| cursor.decode(info, VERSION, request).ok()))
            }
            (PullMode::Changes, Some(cursor)) => cursor.decode(info, VERSION, request).map(Some),
            (PullMode::Changes, None) => Err(invalid(info, "a pull of changes needs a cursor")),
        }
    }

    /// Whether the feed can go on from here.
    pub(crate) fn check(&self, info: &SourceInfo, bond: Bond, now: Timestamp) -> Result<()> {
        if self.version != bond.version {
            return Err(invalid(info, "it was taken with another version of the API"));
        }
        if self.grant.is_some() && bond.grant.is_some() && self.grant != bond.grant {
            return Err(invalid(
                info,
                "the district authorized the app anew, or with other scopes, since it was taken",
            ));
        }
        if now.duration_since(self.at).unsigned_abs() >= KEPT {
            let days = KEPT.as_secs() / 86_400;
            return Err(expired(
                info,
                &format!("it is {days} days old or more, and Clever keeps events for 30"),
            ));
        }
        Ok(())
    }
}

fn invalid(info: &SourceInfo, why: &str) -> Error {
    Error::new(ErrorKind::CursorInvalid, info.provider, OPERATION, format!("{why}; pull in full"))
}

/// The feed no longer has what came after a cursor.
pub(crate) fn expired(info: &SourceInfo, why: &str) -> Error {
    Error::new(ErrorKind::CursorExpired, info.provider, OPERATION, format!("{why}; pull in full"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_serves_its_version_and_grant_for_25_days() {
        let info = SourceInfo::new("clever", "d");
        let at: Timestamp = "2026-09-01T00:00:00Z".parse().unwrap();
        let after = |days: i64| Timestamp::from_second(at.as_second() + days * 86_400).unwrap();
        let scopes = ["read:students".to_owned()];
        let bond = Bond::new(ApiVersion::V3_1, Some("t1"), &scopes);
        let position = Position::new(Some("66a000000000000000000001".to_owned()), at, bond);
        let kind = |bond, now| position.check(&info, bond, now).map_err(|error| error.kind());
        assert_eq!(kind(bond, after(24)), Ok(()));
        assert_eq!(kind(bond, after(25)), Err(ErrorKind::CursorExpired));
        assert_eq!(kind(Bond::new(ApiVersion::V3_0, Some("t1"), &scopes), at), Err(ErrorKind::CursorInvalid));
        assert_eq!(kind(Bond::new(ApiVersion::V3_1, Some("t2"), &scopes), at), Err(ErrorKind::CursorInvalid));
        assert_eq!(kind(Bond::new(ApiVersion::V3_1, Some("t1"), &[]), at), Err(ErrorKind::CursorInvalid));
        // A fixed token says nothing of its scopes.
        assert_eq!(kind(Bond::new(ApiVersion::V3_1, None, &[]), at), Ok(()));
    }
}
