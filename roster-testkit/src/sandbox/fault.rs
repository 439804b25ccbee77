//! Ways to misbehave, by name.

use std::{fmt, str::FromStr};

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum At {
    /// At each page.
    #[default]
    Any,
    /// At a collection's first page.
    First,
    /// At a page that is neither the first nor the last.
    Middle,
    /// At a collection's last page.
    Last,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind { $($(#[$doc])* $name,)+ }

        impl Kind {
            const ALL: &[(&'static str, Self)] = &[$(($word, Self::$name),)+];
        }
    };
}

faults! {
    /// A status of refusal.
    Status = "status",
    /// The connection is closed before an answer.
    Reset = "reset",
    /// The answer does not come for a minute.
    Stall = "stall",
    /// The answer breaks off in the middle.
    CutBody = "cut_body",
    /// The answer is shorter than its length says.
    WrongLength = "wrong_length",
    /// The answer is no JSON.
    InvalidJson = "invalid_json",
    /// The answer is an error object, with a status of success.
    MissingKey = "missing_key",
    /// The page has no rows.
    EmptyPage = "empty_page",
    /// The page is the first one again.
    RepeatedPage = "repeated_page",
    /// A row before the page is gone, so that the page begins with the next.
    ShiftedRows = "shifted_rows",
    /// The page has half of its rows.
    Clamp = "clamp",
    /// The total is of the page.
    WrongTotal = "wrong_total",
    /// The number of rows that the page says it has is wrong.
    WrongCount = "wrong_count",
    /// There is no total.
    NoTotal = "no_total",
    /// All tokens that were given out are forgotten.
    ExpiredToken = "expired_token",
    /// A next page is named at another host.
    ForeignNext = "foreign_next",
    /// A small answer that unpacks to two gibibytes.
    GzipBomb = "gzip_bomb",
    /// Ten thousand levels of lists.
    DeepNesting = "deep_nesting",
    /// Pages without an end, each with other rows, and no total.
    EndlessPages = "endless_pages",
}

/// One way to misbehave.
///
/// Written as text it is the name, and after colons, each of which may be left out, the collection, the page (`first`, `middle`,
/// `last` or `any`) and how often: `cut_body:users:middle:1`. Names: `status_503` (any status), `reset`, `stall`, `cut_body`,
/// `wrong_length`, `invalid_json`, `missing_key`, `empty_page`, `repeated_page`, `shifted_rows`, `clamp`, `wrong_total`,
/// `wrong_count`, `no_total`, `expired_token`, `foreign_next`, `gzip_bomb`, `deep_nesting`, `endless_pages`.
#[derive(Clone, Debug)]
pub struct SandboxFault {
    pub(super) kind: Kind,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    collection: Option<String>,
    at: At,
    times: u64,
    /// Struck by chance only, in so many of a thousand.
    pub(super) chance: u32,
}

impl SandboxFault {
    /// The fault of that name, at each page of each collection, always.
    ///
    /// # Errors
    ///
    /// If there is no such name.
    pub fn named(name: &str) -> Result<Self, UnknownFault> {
        let (kind, status) = match name.strip_prefix("status_") {
            Some(status) => (Kind::Status, status.parse().map_err(|_| UnknownFault)?),
            None => {
                let found = Kind::ALL.iter().find(|(word, kind)| *word == name && *kind != Kind::Status);
                (found.ok_or(UnknownFault)?.1, 200)
            }
        };
        Ok(Self {
            kind,
            status,
            headers: Vec::new(),
            collection: None,
            at: At::Any,
            times: u64::MAX,
            chance: 1000,
        })
    }

    /// Names of all faults, of which `status_503` stands for every status.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Kind::ALL.iter().map(|(word, kind)| if *kind == Kind::Status { "status_503" } else { word })
    }

    /// With a header, such as `retry-after`.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// In that collection alone, as the vendor names it, such as `users`.
    #[must_use]
    pub fn of(mut self, collection: &str) -> Self {
        self.collection = Some(collection.to_owned());
        self
    }

    /// The collection that it is of, if it is of one alone.
    pub fn collection(&self) -> Option<&str> {
        self.collection.as_deref()
    }

    /// At that page alone.
    #[must_use]
    pub fn at(mut self, at: At) -> Self {
        self.at = at;
        self
    }

    /// So often, and no more.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// In so many of a thousand requests.
    #[must_use]
    pub fn in_a_thousand(mut self, chance: u32) -> Self {
        self.chance = chance;
        self
    }

    /// Whether it strikes here; if so, it is one time less.
    fn strikes(&mut self, collection: &str, page: At, dice: u32) -> bool {
        let strikes = self.times > 0
            && self.collection.as_ref().is_none_or(|of| of == collection)
            && (self.at == At::Any || self.at == page)
            && dice % 1000 < self.chance;
        self.times -= u64::from(strikes);
        strikes
    }
}

impl FromStr for SandboxFault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let mut parts = text.split(':');
        let mut fault = Self::named(parts.next().unwrap_or_default())?;
        for part in parts {
            fault = match part {
                "any" => fault.at(At::Any),
                "first" => fault.at(At::First),
                "middle" => fault.at(At::Middle),
                "last" => fault.at(At::Last),
                _ => match part.parse() {
                    Ok(times) => fault.times(times),
                    Err(_) if is_word(part) => fault.of(part),
                    Err(_) => return Err(UnknownFault),
                },
            };
        }
        Ok(fault)
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.'))
}

/// The faults that strike this page, each of them one time less. Each has a throw of its own, or all would strike at once.
pub(super) fn struck(
    faults: &mut [SandboxFault],
    collection: &str,
    page: At,
    throw: u32,
) -> Vec<SandboxFault> {
    (0..)
        .zip(faults)
        .filter_map(|(at, fault)| {
            let own = dice(u64::from(throw) << 16 | at);
            fault.strikes(collection, page, own).then(|| fault.clone())
        })
        .collect()
}

/// Whether there is one of that kind.
pub(super) fn has(faults: &[SandboxFault], kind: Kind) -> bool {
    faults.iter().any(|fault| fault.kind == kind)
}

/// A number that looks like chance, and is the same in each run.
pub(super) fn dice(number: u64) -> u32 {
    let mixed = xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes());
    u32::try_from(mixed >> 33).unwrap_or_default()
}

/// There is no such fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFault;

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such fault; write NAME, or NAME:COLLECTION:PAGE:TIMES; there are:")?;
        SandboxFault::names().try_for_each(|name| write!(f, " {name}"))
    }
}

impl std::error::Error for UnknownFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_a_throw_of_its_own() {
        let named = |name| SandboxFault::named(name).unwrap().in_a_thousand(100);
        let mut faults = [named("reset"), named("clamp")];
        let pages: Vec<_> =
            (0..10_000).map(|number| struck(&mut faults, "users", At::First, dice(number))).collect();
        let [first, second] =
            [Kind::Reset, Kind::Clamp].map(|kind| pages.iter().filter(|page| has(page, kind)).count());
        let both = pages.iter().filter(|page| page.len() == 2).count();
        assert!((900..1100).contains(&first) && (900..1100).contains(&second), "{first} {second}");
        assert!((60..140).contains(&both), "{both}");
    }

    #[test]
    fn text_says_what_where_and_how_often() {
        let mut fault: SandboxFault = "cut_body:users:middle:2".parse().unwrap();
        let users = "users";
        assert!(!fault.strikes(users, At::First, 0) && !fault.strikes("orgs", At::Middle, 0));
        assert!(fault.strikes(users, At::Middle, 0) && fault.strikes(users, At::Middle, 0));
        assert!(!fault.strikes(users, At::Middle, 0));
        for name in SandboxFault::names() {
            assert!(name.parse::<SandboxFault>().is_ok(), "{name}");
        }
        for wrong in ["", "status", "status_", "cut_body:a pupil", "users"] {
            assert_eq!(wrong.parse::<SandboxFault>().unwrap_err(), UnknownFault, "{wrong}");
        }
    }
}
