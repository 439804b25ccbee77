//! The partner's list: which districts share, and by which credentials.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

/// One row of the list.
#[derive(Clone)]
pub(super) struct Application {
    pub(super) number: u64,
    pub(super) tenant: u64,
    pub(super) name: String,
    /// As it stands in paths: base64, percent-encoded.
    pub(super) id: String,
    pub(super) bearer: Option<String>,
    /// `true`, `false`, or not said.
    pub(super) enabled: Option<bool>,
    pub(super) status: Option<&'static str>,
    /// Which of the districts it is, if it has data.
    pub(super) district: Option<usize>,
    /// The bearer changes after so many further requests.
    pub(super) rotates_after: Option<u64>,
    /// Its bearer is refused whatever it is.
    pub(super) is_refused: bool,
    rotations: u32,
}

/// Where live districts stand in the list, as shares of it: the last one is behind the first hundred rows.
const LIVE: [(usize, usize); 3] = [(1, 20), (1, 2), (9, 10)];

/// A list of that length, with three live districts.
pub(super) fn applications(seed: u64, count: usize) -> Vec<Application> {
    let count = count.max(LIVE.len());
    let live: Vec<_> = LIVE.iter().map(|(part, of)| count * part / of).collect();
    (0..count).map(|at| application(seed, at, live.iter().position(|live| *live == at))).collect()
}

fn application(seed: u64, at: usize, district: Option<usize>) -> Application {
    let number = at as u64;
    let mut plain = Application {
        number: 1000 + number,
        tenant: 2000 + number,
        name: format!("District {}", number + 1),
        id: id(seed, number, district.is_some()),
        bearer: Some(format!("sandbox-bearer-{seed}-{at}")),
        enabled: Some(true),
        status: Some("Active"),
        district,
        rotates_after: None,
        is_refused: false,
        rotations: 0,
    };
    if district.is_none() {
        match at % 4 {
            0 => plain.bearer = None,
            1 => plain.enabled = Some(false),
            2 => plain.status = Some("Suspended"),
            // Older entries say neither.
            _ => (plain.enabled, plain.status, plain.bearer) = (None, None, None),
        }
    }
    plain
}

/// Base64 of eight bytes, percent-encoded. That of a live district has slashes.
fn id(seed: u64, number: u64, slashes: bool) -> String {
    let mut bytes = xxhash_rust::xxh3::xxh3_64(format!("{seed}/{number}").as_bytes()).to_be_bytes();
    if slashes {
        bytes.iter_mut().take(3).for_each(|byte| *byte = 0xff);
    }
    BASE64_STANDARD.encode(bytes).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

impl Application {
    /// Whether its bearer is this one.
    pub(super) fn takes(&self, authorization: Option<&str>) -> bool {
        let given = authorization.and_then(|header| header.strip_prefix("Bearer "));
        !self.is_refused && given.is_some() && given == self.bearer.as_deref()
    }

    /// Counts a request, after which the bearer may change.
    pub(super) fn count(&mut self) {
        match &mut self.rotates_after {
            Some(0) => {
                self.rotates_after = None;
                self.rotate();
            }
            Some(left) => *left -= 1,
            None => {}
        }
    }

    /// Gives it another bearer.
    pub(super) fn rotate(&mut self) {
        self.rotations += 1;
        let rotations = self.rotations;
        self.bearer = self.bearer.as_ref().map(|bearer| {
            let begin = bearer.split('#').next().unwrap_or_default();
            format!("{begin}#{rotations}")
        });
    }

    /// As it stands in the list.
    pub(super) fn row(&self) -> Value {
        let mut row = json!({
            "id": self.number,
            "tenant_name": self.name,
            "tenant_id": self.tenant,
            "application_id": 57,
            "bearer": self.bearer,
            "name": "Sandbox Reading",
            "oneroster_application_id": self.id,
            "version": "1.2",
        });
        if let Some(row) = row.as_object_mut() {
            if let Some(enabled) = self.enabled {
                row.insert("enabled".to_owned(), enabled.to_string().into());
            }
            if let Some(status) = self.status {
                row.insert("tenant_status".to_owned(), status.into());
            }
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_are_live_and_ids_are_unique_and_encoded() {
        let list = applications(7, 134);
        let live: Vec<_> = list.iter().filter(|it| it.district.is_some()).collect();
        assert_eq!((list.len(), live.len()), (134, 3));
        assert!(live.iter().all(|it| it.id.contains("%2F") && it.id.ends_with("%3D")));
        let mut ids: Vec<_> = list.iter().map(|it| &it.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 134);
        assert!(live.last().is_some_and(|last| last.number > 1100));
    }

    #[test]
    fn a_bearer_changes_after_so_many_requests() {
        let mut it = applications(7, 3).remove(1);
        it.rotates_after = Some(1);
        let before = format!("Bearer {}", it.bearer.clone().unwrap());
        it.count();
        assert!(it.takes(Some(&before)) && !it.takes(None) && !it.takes(Some("Bearer ")));
        it.count();
        assert!(!it.takes(Some(&before)));
    }
}
