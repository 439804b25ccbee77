//! How far a connection is: one state machine, fed by what the vendor was seen to say.
//!
//! A webhook is a hint and nothing more: it makes the host look, and what is seen then counts. So lost, doubled and late webhooks
//! change nothing in where a connection ends: a school that was looked at last is what it was seen to be.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use roster_core::{ConnectionState, jiff::Timestamp};
use serde::{Deserialize, Serialize};

use crate::{opening::Standing, webhook::WebhookEvent};

/// How many observations of a school are kept.
const MOST: usize = 256;

/// One of the vendor's lists of schools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum List {
    Approved,
    Audited,
    Offline,
    Pending,
    Declined,
    Revoked,
}

/// What the vendor was seen to say of a school.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) lists: BTreeSet<List>,
    pub(crate) standing: Standing,
    /// Whether its data are given out, where they were asked for.
    pub(crate) serves: Option<bool>,
    /// It is switched off for now.
    pub(crate) inactive: bool,
}

/// The state that follows from what was seen.
pub(crate) fn judge(seen: &Seen) -> ConnectionState {
    let on = |list| seen.lists.contains(&list);
    if seen.inactive && seen.standing.approved != Some(false) {
        return ConnectionState::Offline;
    }
    let approved = match seen.standing.approved {
        Some(approved) => approved,
        None => on(List::Approved) || on(List::Audited) || on(List::Offline) || seen.serves == Some(true),
    };
    if !approved {
        // Who asked again after a refusal waits again.
        return if on(List::Pending) {
            ConnectionState::Pending
        } else if on(List::Revoked) {
            ConnectionState::Revoked
        } else if on(List::Declined) {
            ConnectionState::Declined
        } else {
            ConnectionState::NotRequested
        };
    }
    let audited = seen.standing.audited.unwrap_or_else(|| on(List::Audited) || seen.serves == Some(true));
    if !audited || seen.serves == Some(false) && seen.standing.audited != Some(true) {
        ConnectionState::AwaitingAudit
    } else if seen.standing.online == Some(false) || on(List::Offline) {
        ConnectionState::Offline
    } else {
        ConnectionState::Live
    }
}

/// The state that follows from how a school stands, as far as that tells one.
pub(crate) fn of_standing(standing: Standing) -> Option<ConnectionState> {
    match standing {
        Standing { approved: Some(false), .. } => Some(ConnectionState::NotRequested),
        Standing { audited: Some(false), .. } => Some(ConnectionState::AwaitingAudit),
        Standing { online: Some(false), .. } => Some(ConnectionState::Offline),
        Standing { approved: None, audited: None, online: None } => None,
        _ => Some(ConnectionState::Live),
    }
}

/// What is known of the connection with one school. Hosts store it, as JSON; it holds no secret.
///
/// Feed it what was [observed](Self::observe) and the webhooks that were [heard](Self::hear), in any order and as often as you
/// like.
///
/// ```
/// use roster_core::{ConnectionState, jiff::Timestamp};
/// use roster_wonde::Connection;
///
/// let at = |second| Timestamp::from_second(second).unwrap();
/// let mut connection = Connection::default();
/// connection.observe(at(20), ConnectionState::Live);
/// // Something older comes late.
/// connection.observe(at(10), ConnectionState::Pending);
/// assert_eq!((connection.state(), connection.since()), (ConnectionState::Live, Some(at(20))));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connection {
    observed: BTreeMap<Timestamp, ConnectionState>,
    /// The latest reasons that were heard, by the state that they explain.
    declined: Option<(Timestamp, String)>,
    revoked: Option<(Timestamp, String)>,
    /// Changes of the school's MIS: when each is due, and when it was over.
    migrations: BTreeMap<String, Option<String>>,
}

/// Shows where the connection is and how much is known of it. A school's reasons are people's words, and are not shown.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("state", &self.state())
            .field("since", &self.since())
            .field("observed", &self.observed.len())
            .field("tells_why", &self.detail().is_some())
            .field("is_migrating", &self.is_migrating())
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// The vendor was seen to say so at that time.
    pub fn observe(&mut self, at: Timestamp, state: ConnectionState) {
        let held = self.observed.entry(at).or_insert(state);
        if rank(state) > rank(*held) {
            *held = state;
        }
        while self.observed.len() > MOST {
            self.observed.pop_first();
        }
    }

    /// A webhook came at that time. It changes no state: it tells reasons and changes of MIS, and whether the school is to be looked
    /// at now, as [`WondeAccount::confirm`](crate::WondeAccount::confirm) does.
    pub fn hear(&mut self, at: Timestamp, event: &WebhookEvent) -> bool {
        match event {
            WebhookEvent::SchoolApproved { .. } => true,
            WebhookEvent::AccessRevoked { reason, .. } => {
                keep_latest(&mut self.revoked, at, reason.as_deref());
                true
            }
            WebhookEvent::AccessDeclined { reason, .. } => {
                keep_latest(&mut self.declined, at, reason.as_deref());
                true
            }
            WebhookEvent::SchoolMigration { scheduled_at, completed_at, .. } => {
                let text = |time: &Option<Timestamp>| time.map(|time| time.to_string());
                let completed = text(completed_at);
                let entry = self.migrations.entry(text(scheduled_at).unwrap_or_default()).or_default();
                if completed > *entry {
                    *entry = completed;
                }
                false
            }
            _ => false,
        }
    }

    /// Where the connection is: as it was seen last.
    pub fn state(&self) -> ConnectionState {
        self.observed.last_key_value().map_or(ConnectionState::NotRequested, |(_, state)| *state)
    }

    /// Since when it is known to be there.
    pub fn since(&self) -> Option<Timestamp> {
        let state = self.state();
        self.observed.iter().rev().take_while(|(_, seen)| **seen == state).last().map(|(at, _)| *at)
    }

    /// Why, in the school's words, where a webhook told.
    pub fn detail(&self) -> Option<&str> {
        let reason = match self.state() {
            ConnectionState::Declined => self.declined.as_ref(),
            ConnectionState::Revoked => self.revoked.as_ref(),
            _ => None,
        };
        reason.map(|(_, text)| text.as_str())
    }

    /// Whether a change of the school's MIS was announced and is not over. Nothing may end meanwhile: build the source
    /// [`frozen`](crate::WondeBuilder::frozen).
    pub fn is_migrating(&self) -> bool {
        let completed = self.migrations.values().flatten().max();
        self.migrations
            .iter()
            .any(|(scheduled, over)| over.is_none() && completed.is_none_or(|over| over < scheduled))
    }
}

fn keep_latest(held: &mut Option<(Timestamp, String)>, at: Timestamp, text: Option<&str>) {
    let Some(text) = text else { return };
    let heard = Some((at, text.to_owned()));
    if heard > *held {
        *held = heard;
    }
}

/// Which of two states that were seen at one instant counts: the one that lets less be read.
const fn rank(state: ConnectionState) -> u8 {
    match state {
        ConnectionState::Live => 0,
        ConnectionState::AwaitingAudit => 1,
        ConnectionState::Offline => 2,
        ConnectionState::Pending => 3,
        ConnectionState::NotRequested => 4,
        ConnectionState::Declined => 5,
        ConnectionState::Revoked => 6,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(lists: &[List], standing: Standing) -> ConnectionState {
        judge(&Seen { lists: lists.iter().copied().collect(), standing, ..Seen::default() })
    }

    #[test]
    fn lists_and_meta_tell_one_state() {
        use ConnectionState as State;
        let nothing = Standing::default();
        let meta = |online, approved, audited| Standing {
            online: Some(online),
            approved: Some(approved),
            audited: Some(audited),
        };
        for (lists, standing, expected) in [
            (&[][..], nothing, State::NotRequested),
            (&[List::Pending], nothing, State::Pending),
            (&[List::Pending, List::Revoked], nothing, State::Pending),
            (&[List::Declined], nothing, State::Declined),
            (&[List::Approved], nothing, State::AwaitingAudit),
            (&[List::Approved, List::Audited], nothing, State::Live),
            (&[List::Approved, List::Audited, List::Offline], nothing, State::Offline),
            (&[List::Approved], meta(true, true, false), State::AwaitingAudit),
            (&[List::Approved], meta(true, true, true), State::Live),
            (&[List::Revoked], meta(true, false, true), State::Revoked),
            (&[List::Approved, List::Revoked], meta(false, true, true), State::Offline),
        ] {
            assert_eq!(seen(lists, standing), expected, "{lists:?} {standing:?}");
        }
    }

    #[test]
    fn approval_is_no_data_yet() {
        let mut approved = Seen { lists: [List::Approved].into(), ..Seen::default() };
        assert_eq!(judge(&approved), ConnectionState::AwaitingAudit);
        approved.serves = Some(true);
        assert_eq!(judge(&approved), ConnectionState::Live);
        approved.serves = Some(false);
        approved.lists.insert(List::Audited);
        assert_eq!(judge(&approved), ConnectionState::AwaitingAudit);
    }

    const STATES: [ConnectionState; 7] = [
        ConnectionState::NotRequested,
        ConnectionState::Pending,
        ConnectionState::Declined,
        ConnectionState::AwaitingAudit,
        ConnectionState::Live,
        ConnectionState::Offline,
        ConnectionState::Revoked,
    ];

    #[derive(Clone, Debug)]
    enum Fed {
        Seen(i64, usize),
        Heard(i64, u8, i64),
    }

    fn feed(connection: &mut Connection, fed: &Fed) {
        let at = |second| Timestamp::from_second(second).unwrap();
        match *fed {
            Fed::Seen(second, state) => connection.observe(at(second), STATES[state]),
            Fed::Heard(second, what, number) => {
                let (school, name) = (Some("A1".to_owned()), None);
                let event = match what {
                    0 => WebhookEvent::SchoolApproved { school, name, token: None },
                    1 => WebhookEvent::AccessRevoked { school, name, reason: Some(format!("r{number}")) },
                    2 => WebhookEvent::AccessDeclined { school, name, reason: Some(format!("d{number}")) },
                    _ => WebhookEvent::SchoolMigration {
                        school,
                        from: None,
                        to: None,
                        scheduled_at: Some(at(number)),
                        completed_at: (number % 2 == 0).then(|| at(number + 5)),
                    },
                };
                connection.hear(at(second), &event);
            }
        }
    }

    fn fed() -> impl Strategy<Value = Fed> {
        prop_oneof![
            (0_i64..40, 0_usize..7).prop_map(|(at, state)| Fed::Seen(at, state)),
            (0_i64..40, 0_u8..4, 0_i64..20).prop_map(|(at, what, number)| Fed::Heard(at, what, number)),
        ]
    }

    proptest! {
        /// Whatever the order, and however often each thing comes, the connection ends the same; and without any webhook it ends in
        /// the same state.
        #[test]
        fn any_order_ends_in_one_state(
            mut things in prop::collection::vec(fed(), 0..40),
            order in prop::collection::vec(any::<u32>(), 80),
        ) {
            let mut straight = Connection::default();
            for thing in &things {
                feed(&mut straight, thing);
            }
            let polled = things.iter().filter(|thing| matches!(thing, Fed::Seen(..)));
            let mut polling = Connection::default();
            for thing in polled {
                feed(&mut polling, thing);
            }
            things.extend(things.clone());
            let mut shuffled: Vec<_> = things.iter().zip(order).collect();
            shuffled.sort_by_key(|(_, key)| *key);
            let mut other = Connection::default();
            for (thing, _) in &shuffled {
                feed(&mut other, thing);
            }
            prop_assert_eq!(&straight, &other);
            prop_assert_eq!((straight.state(), straight.since()), (polling.state(), polling.since()));
            let stored: Connection = serde_json::from_str(&serde_json::to_string(&straight).unwrap()).unwrap();
            prop_assert_eq!(straight, stored);
        }
    }

    #[test]
    fn a_reason_is_not_shown() {
        let mut connection = Connection::default();
        for (second, state) in [(1, ConnectionState::Declined), (2, ConnectionState::Revoked)] {
            let at = Timestamp::from_second(second).unwrap();
            connection.observe(at, state);
            let (school, name) = (Some("A1".to_owned()), None);
            let reason = Some("CanaryReason of Dana Head".to_owned());
            connection.hear(
                at,
                &match state {
                    ConnectionState::Declined => WebhookEvent::AccessDeclined { school, name, reason },
                    _ => WebhookEvent::AccessRevoked { school, name, reason },
                },
            );
            let shown = format!("{connection:?}{connection:#?}");
            assert!(connection.detail().is_some() && !shown.contains("Canary"), "{shown}");
            assert!(shown.contains("tells_why: true"), "{shown}");
        }
    }

    #[test]
    fn a_migration_is_over_when_it_is_said_so() {
        let event = |scheduled: &str, completed: Option<&str>| WebhookEvent::SchoolMigration {
            school: None,
            from: None,
            to: None,
            scheduled_at: scheduled.parse().ok(),
            completed_at: completed.and_then(|text| text.parse().ok()),
        };
        let scheduled = event("2026-02-14T00:00:00Z", None);
        let completed = event("2026-02-14T00:00:00Z", Some("2026-02-15T06:30:00Z"));
        let now = Timestamp::UNIX_EPOCH;
        let mut connection = Connection::default();
        assert!(!connection.is_migrating());
        connection.hear(now, &scheduled);
        assert!(connection.is_migrating());
        connection.hear(now, &completed);
        connection.hear(now, &scheduled);
        assert!(!connection.is_migrating());
        connection.hear(now, &event("2026-08-01T00:00:00Z", None));
        assert!(connection.is_migrating());
    }
}
