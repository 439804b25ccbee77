//! What Google's refusals mean. Bodies are looked at and never quoted: they may hold an address.

use roster_core::ErrorKind;
use roster_http::{Again, Meaning, Refusal, by_status};
use serde::Deserialize;
use serde_json::Value;

/// What a refusal says of itself, in either API's form.
#[derive(Default)]
struct Said {
    /// The word between `@` and the first blank of Classroom's message.
    code: Option<String>,
    /// `errors[0].reason`, as the Directory says it, or the reason of one of `details`.
    reason: Option<String>,
    /// Words of the message, in lower case.
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Fault,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    message: Value,
    errors: Vec<Value>,
    details: Vec<Value>,
}

impl Said {
    /// Reads JSON of either API; HTML and plain text say what they say by their words alone.
    fn read(body: &[u8]) -> Self {
        let Ok(Body { error }) = serde_json::from_slice::<Body>(body) else {
            let text = String::from_utf8_lossy(body.get(..2048).unwrap_or(body));
            return Self { message: text.to_ascii_lowercase(), ..Self::default() };
        };
        let reasons = error.errors.iter().chain(&error.details);
        let reason = reasons.filter_map(|it| it.get("reason")?.as_str()).map(str::to_owned).next();
        let message = error.message.as_str().unwrap_or_default();
        Self { code: code(message), reason, message: message.to_ascii_lowercase() }
    }

    /// Whose quota is used up, where it is one.
    ///
    /// The user's own is named as such, by the Directory's reason or in the words of Classroom's limit. Any other is counted over
    /// all users of the project, or over all of an account: who waits alone for that lets the others run into it.
    fn quota(&self) -> Option<Quota> {
        let reason = self.reason.as_deref().unwrap_or_default().to_ascii_lowercase();
        let by_reason =
            ["userratelimitexceeded", "ratelimitexceeded", "quotaexceeded", "rate_limit_exceeded"]
                .contains(&reason.as_str());
        let begins = |words: &&str| {
            self.message.starts_with(words) || self.message.starts_with(&format!("user {words}"))
        };
        // Where nothing but a text came.
        let by_words = self.reason.is_none()
            && [
                "quota exceeded for quota metric",
                "request rate higher than configured",
                "rate limit exceeded",
            ]
            .iter()
            .any(begins);
        let is_users = reason == "userratelimitexceeded"
            || self.message.contains("per user")
            || self.message.starts_with("user rate limit");
        let quota = if is_users { Quota::User } else { Quota::Project };
        (by_reason || by_words).then_some(quota)
    }
}

/// Who has used up a quota.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quota {
    User,
    Project,
}

/// `@ClassroomApiDisabled The user ..` names `ClassroomApiDisabled`.
fn code(message: &str) -> Option<String> {
    let word = message.strip_prefix('@')?.split_whitespace().next()?;
    let is_word = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_word && !word.is_empty()).then(|| word.to_owned())
}

/// Codes of Classroom that say more than the status.
const CODES: &[(&str, ErrorKind, &str)] = &[
    (
        "ClassroomApiDisabled",
        ErrorKind::Forbidden,
        "@ClassroomApiDisabled: the Classroom API is switched off for this user; the domain's administrator allows it under the \
         settings of Classroom, API access",
    ),
    (
        "ClassroomDisabled",
        ErrorKind::Forbidden,
        "@ClassroomDisabled: Classroom is switched off for this user; the domain's administrator switches it on",
    ),
    (
        "ProjectPermissionDenied",
        ErrorKind::Forbidden,
        "@ProjectPermissionDenied: the Cloud project may not do this; switch the Google Classroom API on in the project",
    ),
    (
        "MissingGrant",
        ErrorKind::Forbidden,
        "@MissingGrant: a user has to agree to the scopes classroom.push-notifications and classroom.rosters.readonly by logging in; \
         domain-wide delegation does not serve here",
    ),
    ("CourseNotFound", ErrorKind::NotFound, "@CourseNotFound: there is no such course any more"),
    (
        "InactiveCourseOwner",
        ErrorKind::Forbidden,
        "@InactiveCourseOwner: the course's owner is suspended or deleted; the domain's administrator names another",
    ),
    (
        "ListCoursesStudentAndTeacherFilter",
        ErrorKind::Provider,
        "@ListCoursesStudentAndTeacherFilter: courses can't be asked for by teacher and student at once",
    ),
];

/// What an answer that is no success means.
pub(crate) fn classify(refusal: &Refusal<'_>) -> Meaning {
    let meaning = by_status(refusal);
    let said = Said::read(refusal.body);
    match refusal.status.as_u16() {
        403 | 429 if said.quota() == Some(Quota::Project) => Meaning {
            kind: ErrorKind::RateLimited,
            advice: "the quota of the project is used up, which all its users share; ask Google for a higher one, or try again later",
            again: Again::SlowerForAll(None),
        },
        // Of a 429 that says nothing it is the user's, which is the smaller one.
        403 | 429 if said.quota().is_some() || refusal.status.as_u16() == 429 => Meaning {
            kind: ErrorKind::RateLimited,
            advice: "the quota of this user is used up; ask for fewer requests a minute, or try again later",
            again: Again::Slower(None),
        },
        401 => meaning,
        status => {
            let known = said.code.as_deref().and_then(|code| CODES.iter().find(|known| known.0 == code));
            if let Some((_, kind, advice)) = known {
                return Meaning { kind: *kind, advice, again: Again::No };
            }
            match status {
                400 => Meaning {
                    advice: "Google does not accept the request (INVALID_ARGUMENT or FAILED_PRECONDITION)",
                    ..meaning
                },
                403 => Meaning {
                    kind: ErrorKind::Forbidden,
                    advice: forbidden(refusal, &said),
                    again: Again::No,
                },
                409 => Meaning { again: Again::Later(None), ..meaning },
                // The front end's own, in HTML: others may get through, so nobody else is slowed down.
                502..=504 => Meaning {
                    kind: ErrorKind::Provider,
                    advice: "Google is busy or down there: try again later",
                    again: Again::Later(None),
                },
                _ => meaning,
            }
        }
    }
}

/// Why something may not be read: a scope that is missing, an API that is switched off, or a user who is no administrator.
fn forbidden(refusal: &Refusal<'_>, said: &Said) -> &'static str {
    let header = refusal.headers.get("www-authenticate").and_then(|value| value.to_str().ok());
    let lacks_scope = header.is_some_and(|header| header.contains("insufficient_scope"));
    let reason = said.reason.as_deref().unwrap_or_default();
    if let Some(header) = header.filter(|_| lacks_scope)
        && let Some((_, advice)) = SCOPES.iter().find(|(scope, _)| header.contains(scope))
    {
        return advice;
    }
    let is = |words: &[&str]| words.iter().any(|word| reason.eq_ignore_ascii_case(word));
    if lacks_scope || is(&["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]) {
        return "insufficient_scope: the token lacks the scope for this; grant all scopes that the documentation lists";
    }
    if is(&["accessNotConfigured", "SERVICE_DISABLED"]) {
        return "accessNotConfigured: the API is switched off in the Cloud project; switch the Google Classroom API and the Admin SDK \
                API on";
    }
    if is(&["forbidden"]) || said.message.starts_with("not authorized to access") {
        return "forbidden: the user whom the credential stands for is no administrator of the domain, or may not read its users; \
                name an administrator as `subject`";
    }
    "PERMISSION_DENIED: the user whom the credential stands for may not read this"
}

macro_rules! lacks {
    ($($scope:literal),+) => {
        &[$(($scope, concat!("insufficient_scope: the token lacks the scope ", $scope, "; grant it and get a new token")),)+]
    };
}

/// Longer names first: one is the beginning of another.
const SCOPES: &[(&str, &str)] = lacks!(
    "classroom.courses.readonly",
    "classroom.courses",
    "classroom.rosters.readonly",
    "classroom.rosters",
    "classroom.profile.emails",
    "classroom.guardianlinks.students.readonly",
    "classroom.guardianlinks.students",
    "admin.directory.user.readonly",
    "admin.directory.user",
    "admin.directory.orgunit.readonly",
    "admin.directory.orgunit",
    "classroom.push-notifications"
);

/// What the token endpoint's own words mean.
pub(crate) fn token_refusal(word: &str) -> Option<(ErrorKind, &'static str)> {
    Some(match word {
        "invalid_grant" => (
            ErrorKind::Unauthorized,
            "invalid_grant: the consent was taken back or has expired, or the `subject` is no user of the domain (or this \
             machine's clock is wrong): reconnect, by logging in again or by delegating to the service account again",
        ),
        "unauthorized_client" => (
            ErrorKind::Forbidden,
            "unauthorized_client: domain-wide delegation is not set up for this service account and these scopes; the domain's \
             administrator adds its client id with all scopes that the documentation lists, and it takes up to a day to hold",
        ),
        "access_denied" => (
            ErrorKind::Forbidden,
            "access_denied: the domain's administrator has blocked this app; it has to be trusted under the API controls",
        ),
        "admin_policy_enforced" => (
            ErrorKind::Forbidden,
            "admin_policy_enforced: the domain's administrator has restricted a scope; the app has to be trusted",
        ),
        "invalid_client" => {
            (ErrorKind::Unauthorized, "invalid_client: client id or secret are not known: re-enter them")
        }
        "invalid_scope" => {
            (ErrorKind::Config, "invalid_scope: a scope has no such name, or may not be asked for")
        }
        "invalid_request" => (
            ErrorKind::Config,
            "invalid_request: the request for a token is not accepted: is `subject` the e-mail address of an administrator?",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, body: &[u8], header: Option<&str>) -> Meaning {
        let response = std::collections::BTreeMap::from([("www-authenticate", header)]);
        let mut headers = roster_http::HeaderMap::new();
        for (name, value) in response {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        classify(&Refusal::new(status.try_into().unwrap(), &headers, body))
    }

    macro_rules! fixture {
        ($name:literal) => {
            include_bytes!(concat!("../tests/fixtures/", $name))
        };
    }

    #[test]
    fn quotas_are_told_from_refusals() {
        let slower = |status, body: &[u8]| {
            let meaning = meaning(status, body, None);
            assert_eq!(meaning.kind, ErrorKind::RateLimited);
            meaning.again
        };
        for (status, body) in [
            (403, fixture!("error_403_directory_user_rate.json").as_slice()),
            (429, fixture!("error_429_classroom.json")),
            (429, fixture!("error_429_with_details.json")),
            (403, b"User Rate Limit Exceeded"),
            (429, b""),
            (429, b"<html>429</html>"),
        ] {
            assert_eq!(slower(status, body), Again::Slower(None), "{}", String::from_utf8_lossy(body));
        }
        // What is counted over all users slows all of them.
        for (status, body) in [
            (403, fixture!("error_403_directory_quota.json").as_slice()),
            (429, fixture!("error_429_errors_form.json")),
            (403, b"Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service"),
            (403, b"Request rate higher than configured."),
        ] {
            assert_eq!(slower(status, body), Again::SlowerForAll(None), "{}", String::from_utf8_lossy(body));
        }
        for body in [
            fixture!("error_403_caller.json").as_slice(),
            fixture!("error_403_classroom_api_disabled.json"),
            fixture!("error_403_directory_not_authorized.json"),
            fixture!("error_403_missing_grant.json"),
            b"<html>403</html>",
            b"",
        ] {
            let meaning = meaning(403, body, None);
            assert_eq!((meaning.kind, meaning.again), (ErrorKind::Forbidden, Again::No));
        }
    }

    #[test]
    fn the_errors_own_code_and_the_missing_scope_are_named() {
        let disabled = meaning(403, fixture!("error_403_classroom_api_disabled.json"), None);
        assert!(disabled.advice.starts_with("@ClassroomApiDisabled: "));
        let header = "Bearer realm=\"x\", error=\"insufficient_scope\", \
                      scope=\"https://www.googleapis.com/auth/admin.directory.user.readonly\"";
        let lacks = meaning(403, fixture!("error_403_caller.json"), Some(header));
        assert!(lacks.advice.contains("the scope admin.directory.user.readonly;"), "{}", lacks.advice);
        let gone = meaning(404, fixture!("error_404_course.json"), None);
        assert_eq!((gone.kind, gone.again), (ErrorKind::NotFound, Again::No));
        assert!(token_refusal("invalid_grant").unwrap().1.contains("reconnect"));
    }

    #[test]
    fn what_is_no_json_is_a_passing_fault() {
        let html = meaning(502, fixture!("error_502_html.txt"), None);
        assert_eq!((html.kind, html.again), (ErrorKind::Provider, Again::Later(None)));
        assert_eq!(meaning(503, fixture!("error_503_unavailable.json"), None).again, Again::Later(None));
        assert_eq!(meaning(401, fixture!("error_401_unauthenticated.json"), None).again, Again::NewToken);
    }

    #[test]
    fn a_code_is_a_word() {
        for (message, expected) in [
            ("@CourseNotFound The course", Some("CourseNotFound")),
            ("@CourseNotFound", Some("CourseNotFound")),
            ("@", None),
            ("@x@y.example is", None),
            ("CourseNotFound", None),
        ] {
            assert_eq!(code(message).as_deref(), expected, "{message}");
        }
    }
}
