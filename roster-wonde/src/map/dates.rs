//! Dates, as PHP writes them.

use roster_core::{
    decode,
    jiff::{Timestamp, civil, tz::TimeZone},
};
use roster_http::json::Text;

use crate::wire::{Part, PhpDate, items};

/// What a part that should be a date says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said<T> {
    Nothing,
    This(T),
    /// Something that is no date.
    Odd,
}

/// A civil date: of an object, its `date` cut at the blank, so that midnight in London stays the day that it is the midnight of.
pub(crate) fn civil_date(part: Part<'_>) -> Said<civil::Date> {
    let Some(written) = written(part) else { return Said::Nothing };
    let day = written.date.split([' ', 'T']).next().unwrap_or_default();
    match decode::date(day) {
        // What databases write for no date.
        _ if day.starts_with("0000") => Said::Nothing,
        Some(read) => Said::This(read.value),
        None => Said::Odd,
    }
}

/// An instant. A text without a zone is read as UTC, as the stamps are that have one.
pub(crate) fn instant(part: Part<'_>) -> Option<Timestamp> {
    let written = written(part)?;
    if let Ok(instant) = written.date.parse() {
        return Some(instant);
    }
    let local: civil::DateTime = written.date.replace(' ', "T").parse().ok()?;
    let zone = match written.zone.as_deref() {
        None | Some("UTC" | "Z" | "GMT") => TimeZone::UTC,
        Some(offset) if offset.starts_with(['+', '-']) => {
            let fixed: Timestamp = format!("{local}{offset}").parse().ok()?;
            return Some(fixed);
        }
        Some("BST") => TimeZone::get("Europe/London").ok()?,
        Some(name) => TimeZone::get(name).ok()?,
    };
    zone.to_timestamp(local).ok()
}

/// Whether something stands there.
pub(crate) fn is_said(part: Part<'_>) -> bool {
    // How PHP writes a date that is none.
    let is_none = |date: &str| date.starts_with("0000-") || date.starts_with('-');
    written(part).is_some_and(|written| !is_none(written.date.trim()))
}

struct Written {
    date: String,
    zone: Option<String>,
}

fn written(part: Part<'_>) -> Option<Written> {
    let raw = items(part).into_iter().next()?;
    if raw.get().starts_with('{') {
        let date: PhpDate<'_> = serde_json::from_str(raw.get()).ok()?;
        return Some(Written { date: date.date.owned()?, zone: date.time_zone.owned() });
    }
    let text: Text<'_> = serde_json::from_str(raw.get()).ok()?;
    Some(Written { date: text.owned()?, zone: None })
}

#[cfg(test)]
mod tests {
    use roster_core::jiff::civil::date;
    use serde_json::value::RawValue;

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn midnight_in_london_stays_its_day() {
        for json in [
            r#"{"date":"2014-06-11 00:00:00.000000","timezone_type":3,"timezone":"Europe/London"}"#,
            r#"{"data":{"date":"2014-06-11 00:00:00.000000","timezone_type":3,"timezone":"Europe/London"}}"#,
            r#"{"date":"2014-06-11"}"#,
            r#""2014-06-11""#,
            r#""2014-06-11T00:00:00+01:00""#,
            r#""2014-06-11 00:00:00""#,
        ] {
            assert_eq!(civil_date(Some(&raw(json))), Said::This(date(2014, 6, 11)), "{json}");
        }
        for nothing in ["null", "[]", r#""""#, r#"{"date":null}"#, r#""0000-00-00""#] {
            assert_eq!(civil_date(Some(&raw(nothing))), Said::Nothing, "{nothing}");
        }
        assert_eq!(civil_date(Some(&raw(r#""11/06/2014""#))), Said::Odd);
    }

    #[test]
    fn instants_have_zones_of_three_types() {
        for (json, expected) in [
            (
                r#"{"date":"2015-10-29 14:53:59.000000","timezone_type":3,"timezone":"UTC"}"#,
                "2015-10-29T14:53:59Z",
            ),
            (
                r#"{"date":"2015-07-01 00:00:00.000000","timezone_type":3,"timezone":"Europe/London"}"#,
                "2015-06-30T23:00:00Z",
            ),
            (
                r#"{"date":"2015-07-01 00:00:00.000000","timezone_type":1,"timezone":"+01:00"}"#,
                "2015-06-30T23:00:00Z",
            ),
            (
                r#"{"date":"2015-07-01 00:00:00.000000","timezone_type":2,"timezone":"BST"}"#,
                "2015-06-30T23:00:00Z",
            ),
            (r#""2026-02-15T06:30:00Z""#, "2026-02-15T06:30:00Z"),
            (r#""2026-02-15 06:30:00""#, "2026-02-15T06:30:00Z"),
        ] {
            let instant = instant(Some(&raw(json)));
            assert_eq!(instant.map(|instant| instant.to_string()), Some(expected.to_owned()), "{json}");
        }
        assert_eq!(instant(Some(&raw("\"soon\""))), None);
    }
}
