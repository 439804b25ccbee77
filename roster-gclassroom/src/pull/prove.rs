//! Whose credential it is.

use roster_core::{EntityKind, Error, ErrorKind, PullContext, Result};

use crate::{
    PROVIDER,
    client::{Ask, Client, List},
    map::{self, Row, Spot},
    wire,
};

/// Proves that the credential is that of an administrator of the domain: nobody else may list its users.
///
/// # Errors
///
/// `Config` if the domain is another's; a refusal if the credential is no administrator's or lacks the scope.
pub(crate) async fn prove(client: &Client, domain: &str, cx: &PullContext) -> Result<()> {
    let ask = Ask::of(List::Users).fields("id").with("domain", domain).with("maxResults", "1");
    let spot = Spot::new(EntityKind::Person, ask.list.path(), 1);
    let id = |row: &wire::Head<'_>, _: &Spot| Row::Read(row.id.get().map(str::to_owned));
    let asked = client.page(&ask, None, 1, cx, |body| map::page(body, ask.list.key(), &spot, id)).await;
    match asked {
        Ok(_) => Ok(()),
        Err(error)
            if matches!(error.status(), Some(400 | 404)) && error.operation() == crate::client::READING =>
        {
            let message = format!(
                "the credential is not one of the domain `{domain}`, or there is no such domain ({}); correct `domain`, or give \
                 the credential of this domain's administrator",
                error.message()
            );
            Err(Error::new(ErrorKind::Config, PROVIDER, "proving whose credential it is", message))
        }
        Err(error) => Err(error),
    }
}
