//! Asks for the first row of a resource: whether it may be read.

use roster_core::{PullContext, Result};

use crate::{client::get_page, error::is_withheld, opening::Opened, resource::Resource};

/// What was found.
pub(crate) enum Found {
    /// It may not be read.
    Refused,
    /// It may be read, and has rows, or none.
    Rows(bool),
}

pub(crate) async fn first(opened: &Opened, resource: Resource, cx: &PullContext) -> Result<Found> {
    let mut url = opened.wire.base().endpoint(resource.segments(&opened.school.id));
    let mut pairs = Vec::new();
    if let Some(group_type) = resource.group_type() {
        pairs.push(("type", group_type.to_owned()));
    }
    pairs.push(("per_page", "1".to_owned()));
    url.set_query(crate::client::encoded(&pairs).as_deref());
    match get_page(&opened.wire, resource.path(), 1, url, None, cx).await {
        Ok(page) => Ok(Found::Rows(!page.rows.is_empty())),
        Err(error) if is_withheld(&error) => Ok(Found::Refused),
        Err(error) => Err(error),
    }
}
