//! Notifications: what a message of Pub/Sub says, and how one registers for them. They hurry a pull up, and replace none.

use std::{fmt, time::Duration};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use roster_core::{Error, ErrorKind, PullContext, Result, Scope, SourcedId, jiff::Timestamp};
use roster_http::{Call, Method, Wire, json::Text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::source::PROVIDER;

/// No message of Pub/Sub is larger.
const MOST_BYTES: usize = 10 * 1024 * 1024;
const OPERATION: &str = "registering for notifications";
/// A registration lasts a week; it is renewed when so much of it is left.
const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// What a message says: that a course is worth a pull.
///
/// Messages come late, twice and out of order, so that nothing of one is applied: the course's own list is what counts.
///
/// ```
/// use roster_core::PullRequest;
///
/// let message = br#"{"collection":"courses.students","eventType":"CREATED","resourceId":{"courseId":"600000000003"}}"#;
/// let hint = roster_gclassroom::hint(message)?;
/// let request = hint.scope().map(|scope| PullRequest::full().scoped(scope));
/// assert!(request.is_some());
/// # Ok::<(), roster_gclassroom::PushError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hint {
    /// The course; `None` if the message is of a type that tells of none.
    pub class: Option<SourcedId>,
    /// The message's id, by which a second copy is known.
    pub message_id: Option<String>,
    /// The registration that it came by.
    pub registration_id: Option<String>,
}

impl Hint {
    /// The scope of the pull that it suggests.
    pub fn scope(&self) -> Option<Scope> {
        self.class.clone().map(|class| Scope::of_classes([class]))
    }
}

/// The message is none of Pub/Sub's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// It is no JSON, or not an object.
    NotJson,
    /// Its `data` is no base64.
    NotBase64,
    /// It is larger than any message.
    TooLarge,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotJson => "the message is no object in JSON",
            Self::NotBase64 => "the message's data are no base64",
            Self::TooLarge => "the message is larger than Pub/Sub's are",
        })
    }
}

impl std::error::Error for PushError {}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    message: Option<Message<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message<'a> {
    attributes: Value,
    #[serde(borrow)]
    data: Text<'a>,
    #[serde(borrow, rename = "messageId")]
    id: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Notification {
    resource_id: Value,
}

/// Reads a message: the envelope that Pub/Sub pushes, or the notification inside it. Types that are not known are no error: they
/// hint at nothing, or at the course that they name. Whether the message is Google's at all is for the host to see.
///
/// # Errors
///
/// If it is no message at all.
pub fn hint(message: &[u8]) -> Result<Hint, PushError> {
    if message.len() > MOST_BYTES {
        return Err(PushError::TooLarge);
    }
    let envelope: Envelope<'_> = serde_json::from_slice(message).map_err(|_| PushError::NotJson)?;
    let Some(Message { attributes, data, id }) = envelope.message else {
        return Ok(Hint { class: course(message)?, message_id: None, registration_id: None });
    };
    let data = base64(data.raw()).ok_or(PushError::NotBase64)?;
    let registration_id = attributes.get("registrationId").and_then(Value::as_str).map(str::to_owned);
    Ok(Hint { class: course(&data).unwrap_or_default(), message_id: id.owned(), registration_id })
}

/// The course that a notification names, if it names one.
fn course(notification: &[u8]) -> Result<Option<SourcedId>, PushError> {
    let Notification { resource_id } =
        serde_json::from_slice(notification).map_err(|_| PushError::NotJson)?;
    let id = resource_id.get("courseId").and_then(crate::rules::text);
    Ok(id.map(SourcedId::from))
}

/// Either alphabet, with padding or without.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().replace('-', "+").replace('_', "/");
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(text).ok()
}

/// What to be notified of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feed {
    /// Who joins and leaves any course of the domain. For administrators.
    Domain,
    /// Who joins and leaves this course.
    Course(SourcedId),
}

impl Feed {
    fn body(&self, topic: &str) -> Value {
        let feed = match self {
            Self::Domain => json!({ "feedType": "DOMAIN_ROSTER_CHANGES" }),
            Self::Course(id) => {
                json!({ "feedType": "COURSE_ROSTER_CHANGES", "courseRosterChangesInfo": { "courseId": id } })
            }
        };
        json!({ "feed": feed, "cloudPubsubTopic": { "topicName": topic } })
    }
}

/// A registration. Google lists none: the host keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registration {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub feed: Feed,
    /// Where messages go, such as `projects/P/topics/T`.
    pub topic: String,
    /// When it ends, where Google says so: a week after it was made.
    pub expires: Option<Timestamp>,
}

impl Registration {
    /// Whether it is time to renew it.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| end.checked_sub(AHEAD).is_ok_and(|due| due <= now))
    }
}

/// Registers for notifications: see [`GClassroomSource::registrations`](crate::GClassroomSource::registrations).
#[derive(Clone, Debug)]
pub struct Registrations(Wire);

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Registered<'a> {
    #[serde(borrow)]
    registration_id: Text<'a>,
    #[serde(borrow)]
    expiry_time: Text<'a>,
}

impl Registrations {
    pub(crate) const fn new(wire: Wire) -> Self {
        Self(wire)
    }

    /// Registers. The topic must let `classroom-notifications@system.gserviceaccount.com` publish.
    ///
    /// # Errors
    ///
    /// `Forbidden` if the credential is not of somebody who agreed to the scope `classroom.push-notifications`, and as any request.
    pub async fn create(&self, feed: Feed, topic: &str, cx: &PullContext) -> Result<Registration> {
        let label = "/v1/registrations";
        let url = self.0.base().endpoint(["v1", "registrations"]);
        let call = Call { operation: OPERATION, label, place: label.to_owned(), url };
        let body = feed.body(topic);
        let read = |answer: roster_http::Answer| {
            let odd =
                || Error::new(ErrorKind::Provider, PROVIDER, OPERATION, "the answer names no registration");
            let said: Registered<'_> = serde_json::from_slice(&answer.body).map_err(|_| odd())?;
            let id = said.registration_id.owned().ok_or_else(odd)?;
            let expires = said.expiry_time.get().and_then(|time| time.parse().ok());
            Ok(Registration { id, feed: feed.clone(), topic: topic.to_owned(), expires })
        };
        self.0.send(&Method::POST, &call, Some(&body), cx, read).await
    }

    /// Renews a registration: Google does that by the same request.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn renew(&self, registration: &Registration, cx: &PullContext) -> Result<Registration> {
        self.create(registration.feed.clone(), &registration.topic, cx).await
    }

    /// Gives a registration back. One that is gone already is gone.
    ///
    /// # Errors
    ///
    /// As any request.
    pub async fn delete(&self, id: &str, cx: &PullContext) -> Result<()> {
        let label = "/v1/registrations/{registrationId}";
        let url = self.0.base().endpoint(["v1", "registrations", id]);
        let call = Call { operation: OPERATION, label, place: label.to_owned(), url };
        match self.0.send(&Method::DELETE, &call, None, cx, |_| Ok(())).await {
            Err(error) if error.status() == Some(404) => Ok(()),
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_hints_at_its_course() {
        let pushed = hint(include_bytes!("../tests/fixtures/pubsub_push_envelope.json")).unwrap();
        assert_eq!(pushed.class, Some("600000000003".into()));
        assert_eq!(pushed.registration_id.as_deref(), Some("reg-123"));
        assert_eq!(pushed.message_id.as_deref(), Some("2070443601311540"));
        for bare in [
            include_bytes!("../tests/fixtures/notification_student_created.json").as_slice(),
            include_bytes!("../tests/fixtures/notification_teacher_deleted.json"),
            br#"{"collection":"courses.owls","eventType":"HATCHED","resourceId":{"courseId":600000000003}}"#,
        ] {
            assert_eq!(hint(bare).unwrap().class, Some("600000000003".into()));
        }
    }

    #[test]
    fn what_is_not_known_hints_at_nothing() {
        for unknown in ["{}", r#"{"eventType":"X"}"#, r#"{"message":{}}"#, r#"{"message":{"data":"e30"}}"#] {
            assert_eq!(hint(unknown.as_bytes()).unwrap().class, None, "{unknown}");
        }
        assert_eq!(hint(b"<html>"), Err(PushError::NotJson));
        assert_eq!(hint(br#"{"message":{"data":"*"}}"#), Err(PushError::NotBase64));
    }

    #[test]
    fn a_registration_is_renewed_a_day_ahead() {
        let mut registration =
            Registration { id: "r".into(), feed: Feed::Domain, topic: "t".into(), expires: None };
        let now: Timestamp = "2026-09-08T12:00:00Z".parse().unwrap();
        assert!(registration.is_due(now));
        registration.expires = "2026-09-09T12:00:00.123456789Z".parse().ok();
        assert!(!registration.is_due(now) && registration.is_due("2026-09-09T00:00:00Z".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn never_panics(message in ".{0,80}") {
            drop(hint(message.as_bytes()));
        }
    }
}
