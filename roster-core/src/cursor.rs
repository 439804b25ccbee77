//! Where a pull ended.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Error, ErrorKind, PullRequest, Result, SourceInfo};

/// A position in one tenant's data, for one set of kinds, one scope, and the same sensitive and extra fields.
///
/// Hosts store it as it is, as JSON. It is typed for its provider, and refuses to be used in the wrong place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    provider: String,
    tenant: String,
    version: u16,
    request: u64,
    position: serde_json::Value,
}

impl Cursor {
    /// Wraps a provider's own position type, of format `version`. The position must hold no secret.
    ///
    /// # Errors
    ///
    /// `CursorInvalid` if the position does not serialize.
    pub fn encode<P: Serialize>(
        source: &SourceInfo,
        version: u16,
        request: &PullRequest,
        position: &P,
    ) -> Result<Self> {
        let position = serde_json::to_value(position).map_err(|error| {
            let message = format!("the position does not serialize ({:?})", error.classify());
            Error::new(ErrorKind::CursorInvalid, source.provider, "writing a cursor", message)
        })?;
        Ok(Self {
            provider: source.provider.to_owned(),
            tenant: source.tenant.clone(),
            version,
            request: request.fingerprint(),
            position,
        })
    }

    /// Gives the position back.
    ///
    /// # Errors
    ///
    /// `CursorInvalid` if it belongs to another provider, tenant, format version or request. The host then pulls in full.
    pub fn decode<P: DeserializeOwned>(
        &self,
        source: &SourceInfo,
        version: u16,
        request: &PullRequest,
    ) -> Result<P> {
        let refuse = |why: &str| {
            let message = format!("{why}; pull in full");
            Err(Error::new(ErrorKind::CursorInvalid, source.provider, "reading a cursor", message))
        };
        if self.provider != source.provider || self.tenant != source.tenant {
            return refuse("it was written for another tenant");
        }
        if self.version != version {
            return refuse("it has another format version");
        }
        if self.request != request.fingerprint() {
            return refuse(
                "the kinds, the scope, the sensitive or the extra fields changed since it was taken",
            );
        }
        serde_json::from_value(self.position.clone()).or_else(|_| refuse("its position does not parse"))
    }
}

/// Shows whom it is for, not the position.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({} {:?}, version {})", self.provider, self.tenant, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityKind, Scope, SensitiveField};

    fn info(tenant: &str) -> SourceInfo {
        SourceInfo::new("test", tenant)
    }

    #[test]
    fn serves_the_place_it_was_taken_in_and_no_other() {
        let request = PullRequest::full();
        let cursor = Cursor::encode(&info("a"), 1, &request, &7_u32).unwrap();
        let stored: Cursor = serde_json::from_str(&serde_json::to_string(&cursor).unwrap()).unwrap();
        assert_eq!(stored.decode::<u32>(&info("a"), 1, &request).unwrap(), 7);

        let others = [
            PullRequest::full().only([EntityKind::Org]),
            PullRequest::full().scoped(Scope::of_orgs(["s".into()])),
            PullRequest::full().with_sensitive([SensitiveField::Phones]),
            PullRequest::full().with_extra(),
        ];
        let refusals = others.iter().map(|other| stored.decode::<u32>(&info("a"), 1, other)).chain([
            stored.decode::<u32>(&info("b"), 1, &request),
            stored.decode::<u32>(&info("a"), 2, &request),
        ]);
        for refusal in refusals {
            assert_eq!(refusal.unwrap_err().kind(), ErrorKind::CursorInvalid);
        }
        assert!(stored.decode::<String>(&info("a"), 1, &request).is_err());
    }

    #[test]
    fn page_size_and_mode_do_not_bind() {
        let mut request = PullRequest::full();
        let cursor = Cursor::encode(&info("a"), 1, &request, &7_u32).unwrap();
        request.page_size = Some(5);
        request.mode = crate::PullMode::Changes;
        assert_eq!(cursor.decode::<u32>(&info("a"), 1, &request).unwrap(), 7);
    }
}
