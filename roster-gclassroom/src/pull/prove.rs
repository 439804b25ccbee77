//! Whose credential it is.

use roster_core::{EntityKind, Error, ErrorKind, ExposeSecret, PullContext, Result};

use crate::{
    PROVIDER,
    client::{Ask, Client, List, One},
    map::{self, Row, Spot},
    source::{Settings, is_withheld},
    wire,
};

/// What is known of a credential.
pub(crate) enum Proof {
    /// It is that of an administrator of the domain.
    Administrator,
    /// It is one of the domain, and whoever it stands for sees no more of Classroom than own courses; or nobody knows.
    NoAdministrator(String),
    /// It may not list users at all: whose it is can't be told.
    Refused(Error),
}

/// Proves that the credential is that of an administrator of the domain. To list users is not enough: who administers the
/// Directory alone may do that, and is shown no courses but own ones.
///
/// # Errors
///
/// `Config` if the credential is another domain's; else what asking ends in.
pub(crate) async fn prove(settings: &Settings, cx: &PullContext) -> Result<Proof> {
    let Settings { client, tenant: domain, .. } = settings;
    match list(client, "domain", domain, cx).await {
        Ok(()) => {}
        Err(error)
            if matches!(error.status(), Some(400 | 404)) && error.operation() == crate::client::READING =>
        {
            return Err(another_s(domain, &error));
        }
        // Of a domain that is another customer's, Google says so too.
        Err(refused) if is_withheld(&refused) && refused.operation() == crate::client::READING => {
            return match list(client, "customer", "my_customer", cx).await {
                Ok(()) => Err(another_s(domain, &refused)),
                Err(error) if is_withheld(&error) => Ok(Proof::Refused(refused)),
                Err(error) => Err(error),
            };
        }
        Err(error) => return Err(error),
    }
    match is_administrator(settings, cx).await {
        Ok(true) => Ok(Proof::Administrator),
        Ok(false) => Ok(Proof::NoAdministrator(
            "the user whom the credential stands for is no administrator of the whole domain (isAdmin is not true), and is shown \
             own courses alone"
                .to_owned(),
        )),
        Err(error) if is_withheld(&error) => Ok(Proof::NoAdministrator(error.message().to_owned())),
        Err(error) => Err(error),
    }
}

fn another_s(domain: &str, error: &Error) -> Error {
    let message = format!(
        "the credential is not one of the domain `{domain}`, or there is no such domain ({}); correct `domain`, or give the \
         credential of this domain's administrator",
        error.message()
    );
    Error::new(ErrorKind::Config, PROVIDER, "proving whose credential it is", message)
}

/// Asks for one of the users.
async fn list(client: &Client, of: &'static str, whom: &str, cx: &PullContext) -> Result<()> {
    let ask = Ask::of(List::Users).fields("id").with(of, whom).with("maxResults", "1");
    let spot = Spot::new(EntityKind::Person, ask.list.path(), 1);
    let id = |row: &wire::Head<'_>, _: &Spot| Row::Read(row.id.get().map(str::to_owned));
    client.page(&ask, None, 1, cx, |body| map::page(body, ask.list.key(), &spot, id)).await.map(drop)
}

/// Whether the credential's own user administers all of the domain.
async fn is_administrator(settings: &Settings, cx: &PullContext) -> Result<bool> {
    let client = &settings.client;
    let key = match &settings.subject {
        Some(subject) => subject.expose_secret().to_owned(),
        None => match client.one(One::Me, "me", "id", cx).await?.get("id").and_then(|id| id.as_str()) {
            Some(id) => id.to_owned(),
            None => return Ok(false),
        },
    };
    let user = client.one(One::User, &key, "isAdmin", cx).await?;
    Ok(user.get("isAdmin").and_then(serde_json::Value::as_bool) == Some(true))
}
