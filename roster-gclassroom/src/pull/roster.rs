//! One course, with those who are in it: all its requests as one future, of which many are under way.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use roster_core::{EntityKind, Error, ErrorKind, PullContext, Result, Role};

use crate::{
    PROVIDER,
    client::{Ask, Client, List, One, READING, Walk},
    map::{self, Course, Member, Row, Spot},
    pull::plan::MEMBER_FIELDS,
    wire,
};

/// What of a course is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) members: bool,
    pub(super) aliases: bool,
}

/// A course, with what could be read of it.
pub(super) struct Roster {
    pub(super) course: Course,
    /// What was asked for; the rest is empty, and says nothing.
    pub(super) parts: Parts,
    pub(super) students: Result<Vec<Row<Member>>>,
    pub(super) teachers: Result<Vec<Row<Member>>>,
    pub(super) aliases: Result<Vec<String>>,
}

/// Reads a course.
pub(super) fn read(
    client: Client,
    course: Course,
    parts: Parts,
    page_size: Option<u32>,
    cx: PullContext,
) -> BoxFuture<'static, Roster> {
    async move {
        let members = |list, role| members(&client, &course, list, role, parts.members, page_size, &cx);
        let (students, teachers, aliases) = futures::join!(
            members(List::Students, Role::Student),
            members(List::Teachers, Role::Teacher),
            aliases(&client, &course, parts.aliases, page_size, &cx)
        );
        Roster { course, parts, students, teachers, aliases }
    }
    .boxed()
}

async fn members(
    client: &Client,
    course: &Course,
    list: List,
    role: Role,
    wanted: bool,
    page_size: Option<u32>,
    cx: &PullContext,
) -> Result<Vec<Row<Member>>> {
    if !wanted {
        return Ok(Vec::new());
    }
    let ask = Ask::of_course(list, &course.id).fields(MEMBER_FIELDS).sized(page_size);
    let (id, owner) = (course.id.clone(), course.owner.clone());
    let fetch = client.fetch(ask, cx, move |body, number| {
        let spot = Spot::new(EntityKind::Enrollment, list.path(), number);
        map::page(body, list.key(), &spot, |row: &wire::Member<'_>, spot| {
            map::member(row, &id, &role, owner.as_ref(), spot)
        })
    });
    let read = Walk::new(Arc::clone(&fetch), client).all().await;
    let read = match read {
        // Google has answered so for a moment, of courses that are there.
        Err(error) if error.status() == Some(404) => Walk::new(fetch, client).all().await,
        read => read,
    };
    told_apart(read, client, cx).await
}

/// A course that answers 401 whatever the token is no reason to end the pull, and a credential that no longer serves is: which of
/// the two it is tells whether Google still says whose the credential is.
async fn told_apart<T>(read: Result<T>, client: &Client, cx: &PullContext) -> Result<T> {
    match read {
        Err(error) if error.status() == Some(401) && error.operation() == READING => {
            if client.one(One::Me, "me", "id", cx).await.is_err() {
                return Err(error);
            }
            let message = format!("{}; elsewhere the credential is taken", error.message());
            Err(Error::new(ErrorKind::Forbidden, PROVIDER, READING, message).with_status(401))
        }
        read => read,
    }
}

async fn aliases(
    client: &Client,
    course: &Course,
    wanted: bool,
    page_size: Option<u32>,
    cx: &PullContext,
) -> Result<Vec<String>> {
    if !wanted {
        return Ok(Vec::new());
    }
    let ask = Ask::of_course(List::Aliases, &course.id).fields("alias").sized(page_size);
    let fetch = client.fetch(ask, cx, |body, number| {
        let spot = Spot::new(EntityKind::Class, List::Aliases.path(), number);
        map::page(body, List::Aliases.key(), &spot, |row: &wire::Alias<'_>, _| Row::Read(row.alias.owned()))
    });
    let rows = told_apart(Walk::new(fetch, client).all().await, client, cx).await?;
    let read = rows.into_iter().map(|row| if let Row::Read(alias) = row { alias } else { None });
    // The one that could not be read may be the class's id.
    read.collect::<Option<Vec<_>>>().ok_or_else(|| {
        let message = format!("{}: a row could not be read", List::Aliases.path());
        Error::new(ErrorKind::Decode, PROVIDER, READING, message)
    })
}
