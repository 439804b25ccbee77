//! Answers to pages, and to single objects.

use roster_core::{Error, ErrorKind, PullContext, Result, jiff::Timestamp};
use roster_http::{
    Answer, BaseUrl, Call, Wire,
    json::{Shape, read_raw_rows},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::{DEFAULT_PAGE, Page, READING};
use crate::{
    error::broken,
    source::PROVIDER,
    wire::{self, Part, flag, one},
};

/// Gets one page of any list.
pub(crate) async fn get_page(
    wire: &Wire,
    path: &'static str,
    number: u64,
    url: Url,
    size: Option<u32>,
    cx: &PullContext,
) -> Result<Page> {
    let place = format!("{path} page {number}");
    let call = Call { operation: READING, label: path, place, url };
    wire.get(&call, cx, |answer| page(&answer, &call, wire.base(), size)).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Beside<'a> {
    #[serde(borrow)]
    meta: Part<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaOfPage<'a> {
    #[serde(borrow)]
    pagination: Part<'a>,
}

fn page(answer: &Answer, call: &Call<'_>, base: &BaseUrl, size: Option<u32>) -> Result<Page> {
    let rows = read_raw_rows(&answer.body, "data", ToOwned::to_owned)
        .map_err(|shape| misshapen(shape, &call.place))?;
    let beside: Beside<'_> = std::str::from_utf8(&answer.body)
        .ok()
        .filter(|body| body.trim_start().starts_with('{'))
        .and_then(|body| serde_json::from_str(body).ok())
        .unwrap_or_default();
    let pagination: Option<wire::Pagination<'_>> =
        one::<MetaOfPage<'_>>(beside.meta).and_then(|meta| one(meta.pagination));
    let Some(pagination) = pagination else {
        // Without a word of paging fifty rows or fewer are all there is, and so is less than was asked for.
        let full = size.map_or(DEFAULT_PAGE + 1, |size| usize::try_from(size).unwrap_or(usize::MAX));
        // A later page may have more rows than asked for, or a vendor's own lesser size: fifty are in doubt there.
        let odd = if number_of(call) == 1 {
            rows.len() >= full && rows.len() >= DEFAULT_PAGE
        } else {
            rows.len() >= full.min(DEFAULT_PAGE)
        };
        return Ok(Page { rows, next: None, odd });
    };
    let next = pagination.next.get().map(|next| base.follow(&call.url, next)).transpose()?;
    if next.is_none() && flag(&pagination.more) == Some(true) {
        let message = format!(
            "{}: it says that there is more and names no next page, so the list is incomplete; tell Wonde",
            call.place
        );
        return Err(broken("following a page link", message));
    }
    Ok(Page { rows, next: next.map(String::from), odd: false })
}

/// The rows of an answer. One object where a list is due is a list of one.
pub(crate) fn rows(body: &[u8]) -> Result<Vec<Box<RawValue>>, Shape> {
    let shape = match read_raw_rows(body, "data", ToOwned::to_owned) {
        Ok(rows) => return Ok(rows),
        // How an object looks there, and how what is no JSON does.
        Err(shape @ Shape::NotJson(..)) => shape,
        Err(shape) => return Err(shape),
    };
    let whole: &RawValue =
        std::str::from_utf8(body).ok().and_then(|text| serde_json::from_str(text).ok()).ok_or(shape)?;
    let rows: Vec<_> = wire::items(Some(whole)).into_iter().map(ToOwned::to_owned).collect();
    if rows.is_empty() { Err(Shape::NotAList) } else { Ok(rows) }
}

fn number_of(call: &Call<'_>) -> u64 {
    call.place.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// An answer without rows that can be read. Its text is not quoted.
pub(crate) fn misshapen(shape: Shape, place: &str) -> Error {
    let (kind, why) = match shape {
        Shape::Cut => (ErrorKind::Transport, ""),
        Shape::TooDeep => (ErrorKind::TooLarge, ""),
        Shape::NoKey | Shape::NotAList => (
            ErrorKind::Provider,
            ": it is a success with nothing in it, as a host of another region or a missing permission gives; nothing \
             follows from it",
        ),
        Shape::NotText | Shape::NotJson(..) => (ErrorKind::Decode, ""),
    };
    Error::new(kind, PROVIDER, READING, format!("{place}: {shape}{why}"))
}

/// Gets one object, as it came, with what time it is for the server. `None` if there is nothing in a success.
pub(crate) async fn get_one(
    wire: &Wire,
    path: &'static str,
    url: Url,
    cx: &PullContext,
) -> Result<(Option<Box<RawValue>>, Option<Timestamp>)> {
    let call = Call { operation: "asking for a school", label: path, place: path.to_owned(), url };
    wire.get(&call, cx, |answer| {
        let date = answer.date();
        if answer.body.iter().all(u8::is_ascii_whitespace) {
            return Ok((None, date));
        }
        match rows(&answer.body) {
            Ok(rows) => Ok((rows.into_iter().next().filter(|row| row.get().starts_with('{')), date)),
            Err(Shape::NoKey | Shape::NotAList) => {
                // An object without its envelope, or nothing.
                let bare = serde_json::from_slice::<Box<RawValue>>(&answer.body).ok();
                let bare = bare.filter(|raw| {
                    serde_json::from_str::<wire::Head<'_>>(raw.get())
                        .is_ok_and(|head| head.id.get().is_some())
                });
                Ok((bare, date))
            }
            Err(shape) => Err(misshapen(shape, &call.place)),
        }
    })
    .await
}
