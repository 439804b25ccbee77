//! Dates as files have them: the standard's way, and the ways of spreadsheets.

use roster_core::{
    decode::{self, Read},
    jiff::civil::Date,
};
use serde::{Deserialize, Serialize};

/// In which order day and month stand, in dates that are not written as YYYY-MM-DD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DateOrder {
    /// YYYY-MM-DD and its like, and dates whose day is above 12, so that there is one order alone.
    #[default]
    Standard,
    /// `8/31/2026`, as in the United States.
    MonthFirst,
    /// `31/8/2026` and `31.8.2026`.
    DayFirst,
}

/// Reads a date. A day and a month that can't stand in that order are no date: the order is never guessed.
/// A year of two digits is the last that is not after `latest`.
pub(crate) fn read(text: &str, order: DateOrder, latest: i16) -> Option<Read<Date>> {
    decode::date(text).or_else(|| local(text, order, latest).map(|value| Read { value, standard: false }))
}

fn local(text: &str, order: DateOrder, latest: i16) -> Option<Date> {
    // A spreadsheet may add the time of day.
    let day = text.split_once(' ').filter(|(_, time)| time.contains(':')).map_or(text, |(day, _)| day);
    let mut parts = day.split(['/', '.', '-']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    if let Some(month) = month_named(second) {
        return civil(year, month, number(first)?, latest);
    }
    let (first, second) = (number(first)?, number(second)?);
    match order {
        DateOrder::Standard if first > 12 => civil(year, second, first, latest),
        DateOrder::Standard if second > 12 => civil(year, first, second, latest),
        DateOrder::Standard => None,
        DateOrder::MonthFirst => civil(year, first, second, latest),
        DateOrder::DayFirst => civil(year, second, first, latest),
    }
}

fn civil(year: &str, month: i8, day: i8, latest: i16) -> Option<Date> {
    let year = match number(year).filter(|_| year.len() == 2) {
        Some(short) => {
            let year = latest - latest % 100 + i16::from(short);
            if year > latest { year - 100 } else { year }
        }
        None => decode::year(year)?,
    };
    Date::new(year, month, day).ok()
}

fn number(text: &str) -> Option<i8> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `Aug` in `31-Aug-2026`.
fn month_named(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = MONTHS.iter().position(|month| text.eq_ignore_ascii_case(month))?;
    i8::try_from(month + 1).ok()
}

#[cfg(test)]
mod tests {
    use roster_core::jiff::civil::date as day;

    use super::*;

    #[test]
    fn the_order_is_told_never_guessed() {
        let read = |text, order| read(text, order, 2026).map(|read| read.value);
        assert_eq!(read("8/31/2026", DateOrder::MonthFirst), Some(day(2026, 8, 31)));
        assert_eq!(read("8/9/2026 0:00", DateOrder::MonthFirst), Some(day(2026, 8, 9)));
        assert_eq!(read("31.8.2026", DateOrder::DayFirst), Some(day(2026, 8, 31)));
        assert_eq!(read("31/8/2026", DateOrder::MonthFirst), None);
        assert_eq!(read("8/9/2026", DateOrder::Standard), None, "either could be the day");
        assert_eq!(read("8/31/2026", DateOrder::Standard), Some(day(2026, 8, 31)));
        assert_eq!(read("31.8.2026", DateOrder::Standard), Some(day(2026, 8, 31)));
        assert_eq!(read("8/31/26", DateOrder::MonthFirst), Some(day(2026, 8, 31)));
        assert_eq!(read("8/31/27", DateOrder::MonthFirst), Some(day(1927, 8, 31)));
        assert_eq!(read("2026-08-31", DateOrder::Standard), Some(day(2026, 8, 31)));
        assert_eq!(read("31-Aug-2026", DateOrder::Standard), Some(day(2026, 8, 31)));
        for wrong in ["8/31/6", "8/31/026", "8/31", "1/2/3/2026", "x/1/2026", "2/30/2026", ""] {
            assert_eq!(read(wrong, DateOrder::MonthFirst), None, "{wrong}");
        }
    }
}
