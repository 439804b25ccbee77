//! How long a server asks us to wait.

use std::time::Duration;

use reqwest::header::HeaderMap;
use roster_core::jiff::Timestamp;

/// A number above this is a point in time, not a wait: no server asks for three years.
const LONGEST_AS_SECONDS: i64 = 100_000_000;

/// How long the server asks us to wait, by `Retry-After` or, without that, by a header that says when its limit is reset.
///
/// `Retry-After` comes in seconds, which some servers send with a fraction, or as a date. The reset headers of the field hold
/// seconds from now or seconds since 1970, and the size of the number tells which.
pub fn told_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    if let Some(value) = text(headers, "retry-after") {
        return seconds(value).or_else(|| until_date(value, now));
    }
    let is_spent = text(headers, "x-ratelimit-remaining").or_else(|| text(headers, "ratelimit-remaining"));
    if is_spent.is_some_and(|remaining| remaining.trim() != "0") {
        return None;
    }
    ["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"]
        .into_iter()
        .find_map(|name| text(headers, name))
        .and_then(|value| reset(value, now))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn seconds(value: &str) -> Option<Duration> {
    let seconds: f64 = value.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn until_date(value: &str, now: Timestamp) -> Option<Duration> {
    let date = Timestamp::try_from(httpdate::parse_http_date(value.trim()).ok()?).ok()?;
    // A date that has passed means: now.
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

fn reset(value: &str, now: Timestamp) -> Option<Duration> {
    let number: i64 = value.trim().parse().ok()?;
    if number <= LONGEST_AS_SECONDS {
        return Some(Duration::from_secs(u64::try_from(number).ok()?));
    }
    let wait = Timestamp::from_second(number).ok()?.duration_since(now);
    Some(Duration::try_from(wait).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(pairs: &[(&'static str, &str)]) -> Option<f64> {
        let headers = pairs.iter().map(|(name, value)| {
            (name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap())
        });
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = Timestamp::from_second(784_111_777).unwrap();
        told_wait(&headers.collect(), now).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn seconds_and_dates() {
        assert_eq!(wait(&[("retry-after", "120")]), Some(120.0));
        assert_eq!(wait(&[("retry-after", " 1.5 ")]), Some(1.5));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")]), Some(60.0));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(0.0));
        for odd in ["", "soon", "-1", "NaN", "inf", "1e300"] {
            assert_eq!(wait(&[("retry-after", odd)]), None, "{odd}");
        }
    }

    #[test]
    fn reset_headers_count_from_now_or_from_1970() {
        assert_eq!(wait(&[("x-ratelimit-reset", "30")]), Some(30.0));
        assert_eq!(wait(&[("x-ratelimit-reset", "784111807")]), Some(30.0));
        assert_eq!(wait(&[("ratelimit-reset", "30"), ("ratelimit-remaining", "5")]), None);
        assert_eq!(
            wait(&[("ratelimit-reset", "30"), ("ratelimit-remaining", "0"), ("retry-after", "7")]),
            Some(7.0)
        );
        assert_eq!(wait(&[]), None);
    }
}
