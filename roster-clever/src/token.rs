//! The districts' tokens: which there are, and which one is a district's.

use roster_core::{Error, ErrorKind, PullContext, Result, SecretString, jiff::Timestamp};
use roster_http::{
    Auth, BaseUrl, Call, HttpLimits, Limiter, RetryPolicy, Wire,
    json::{Shape, read_raw_rows},
    percent_encode,
};

use crate::{
    error::{classify, misshapen},
    source::PROVIDER,
    wire,
};

const OPERATION: &str = "reading the list of tokens";
const PATH: &str = "/oauth/tokens";

/// The app's client at Clever: it may list the tokens that districts gave it. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct TokenList {
    wire: Wire,
}

/// A district's token.
#[derive(Clone)]
pub(crate) struct Granted {
    /// The district's id. Of a mock it had 23 digits, so its length is not looked at.
    pub(crate) district: String,
    pub(crate) token: SecretString,
    /// The id of the token, which is no secret: another one means that the district authorized the app anew.
    pub(crate) id: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) created: Option<Timestamp>,
}

/// What the list of tokens says.
pub(crate) struct Listed {
    /// Of each district one.
    pub(crate) granted: Vec<Granted>,
    /// Districts of which no row could be read whole.
    pub(crate) broken: Vec<Broken>,
    /// How many rows name no district, so that nobody knows whose they are.
    pub(crate) nameless: usize,
}

/// A district of which there is a row, and no token in it.
pub(crate) struct Broken {
    pub(crate) district: String,
}

impl Broken {
    pub(crate) fn why(&self) -> String {
        format!(
            "the row of the district {} has no `access_token` that can be read: the district is connected, and can't be read; ask \
             Clever's support if that lasts",
            self.district
        )
    }
}

/// What a row of the list says.
enum Row {
    Granted(Granted),
    Broken(Broken),
    Nameless,
    /// A token of somebody else than a district.
    Other,
}

impl TokenList {
    pub(crate) fn new(
        url: BaseUrl,
        client_id: &SecretString,
        client_secret: &SecretString,
        retry: RetryPolicy,
        limits: HttpLimits,
    ) -> Result<Self> {
        let auth = Auth::basic(PROVIDER, client_id, client_secret)?;
        let wire = Wire::builder(PROVIDER, url)
            .auth(auth)
            .retry(retry)
            .limits(limits)
            .classifier(classify)
            .limiter(Limiter::new(2))
            .build()?;
        Ok(Self { wire })
    }

    /// All districts that have connected, each once, by id.
    pub(crate) async fn all(&self, cx: &PullContext) -> Result<Listed> {
        self.read(None, cx).await
    }

    /// One district's token; `None` if the district is not, or no longer, connected.
    ///
    /// That is said only of a list of which every row could be read: one that could not may be the district's.
    pub(crate) async fn of(&self, district: &str, cx: &PullContext) -> Result<Option<Granted>> {
        let Listed { granted, broken, nameless } = self.read(Some(district), cx).await?;
        let is_it = |id: &str| id.eq_ignore_ascii_case(district);
        if let Some(granted) = granted.into_iter().find(|granted| is_it(&granted.district)) {
            return Ok(Some(granted));
        }
        match broken.iter().find(|broken| is_it(&broken.district)) {
            Some(broken) => Err(unreadable(&broken.why())),
            None if nameless > 0 => Err(nameless_rows(nameless)),
            None => Ok(None),
        }
    }

    async fn read(&self, district: Option<&str>, cx: &PullContext) -> Result<Listed> {
        let mut url = self.wire.base().as_url().clone();
        let of = district.map(|id| format!("&district={}", percent_encode(id))).unwrap_or_default();
        url.set_query(Some(&format!("owner_type=district{of}")));
        let call = Call { operation: OPERATION, label: PATH, place: PATH.to_owned(), url };
        let read = |answer: roster_http::Answer| {
            tokens(&answer.body).map_err(|shape| misshapen(shape, PATH, &answer.body, OPERATION))
        };
        self.wire.get(&call, cx, read).await.map_err(|error| match error.status() {
            Some(401) => {
                let message =
                    format!("{PATH}: Clever does not know `client_id` and `client_secret`: re-enter them");
                Error::new(ErrorKind::Unauthorized, PROVIDER, OPERATION, message).with_status(401)
            }
            _ => error,
        })
    }
}

/// Rows that name no district: which ones are concerned can't be told.
pub(crate) fn nameless_rows(count: usize) -> Error {
    let rows = if count == 1 { "1 row names".to_owned() } else { format!("{count} rows name") };
    unreadable(&format!(
        "{rows} no district: a district's token may be missing from what was read; ask Clever's support if that lasts"
    ))
}

fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::Decode, PROVIDER, OPERATION, format!("{PATH}: {why}"))
}

/// The tokens of an answer. Of a district with several the newest counts: tokens are given anew.
fn tokens(body: &[u8]) -> Result<Listed, Shape> {
    let rows = read_raw_rows(body, "data", |raw| {
        // Flat, though all other rows are wrapped: whoever unwraps this one day breaks nothing.
        let inner = serde_json::from_str::<wire::RawItem<'_>>(raw.get()).ok().and_then(|item| item.data);
        token(inner.map_or(raw.get(), serde_json::value::RawValue::get))
    })?;
    let (mut granted, mut broken, mut nameless) = (Vec::<Granted>::new(), Vec::<Broken>::new(), 0);
    for row in rows {
        match row {
            Row::Granted(token) => granted.push(token),
            Row::Broken(row) => broken.push(row),
            Row::Nameless => nameless += 1,
            Row::Other => {}
        }
    }
    granted.sort_by(|a, b| a.district.cmp(&b.district).then(b.created.cmp(&a.created)));
    granted.dedup_by(|later, first| later.district == first.district);
    // A district with a token that can be read has one.
    broken.retain(|row| granted.iter().all(|token| token.district != row.district));
    broken.sort_by(|a, b| a.district.cmp(&b.district));
    broken.dedup_by(|later, first| later.district == first.district);
    Ok(Listed { granted, broken, nameless })
}

fn token(raw: &str) -> Row {
    let Ok(token) = serde_json::from_str::<wire::Token<'_>>(raw) else { return Row::Nameless };
    let Some(owner) = token.owner.get() else { return Row::Nameless };
    if owner.of_type.get().is_some_and(|of_type| !of_type.eq_ignore_ascii_case("district")) {
        return Row::Other;
    }
    let Some(district) = owner.id.owned() else { return Row::Nameless };
    let Some(bearer) = token.bearer.owned() else { return Row::Broken(Broken { district }) };
    let mut scopes: Vec<String> = token.scopes.0.iter().filter_map(roster_http::json::Text::owned).collect();
    scopes.sort_unstable();
    scopes.dedup();
    Row::Granted(Granted {
        district,
        token: bearer.into(),
        id: token.id.owned(),
        scopes,
        created: token.created.get().and_then(|created| created.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use roster_core::ExposeSecret;

    use super::*;

    #[test]
    fn tokens_are_flat_and_of_several_the_newest_counts() {
        let body = include_bytes!("../tests/fixtures/oauth-tokens-district.json");
        let Listed { granted, broken, nameless } = tokens(body).unwrap();
        assert_eq!((granted.len(), broken.len(), nameless), (1, 0, 0));
        assert_eq!(granted[0].district, "12341b95c7cc000010d417c");
        assert_eq!(granted[0].scopes.len(), 10);
        let token = |id: &str, created: &str| {
            format!(
                r#"{{"owner":{{"type":"district","id":"d"}},"access_token":"{id}","created":"{created}"}}"#
            )
        };
        let (old, new) = (token("old", "2025-01-01T00:00:00.000Z"), token("new", "2026-01-01T00:00:00.000Z"));
        let body = format!(
            r#"{{"data":[{old},{new},{{"owner":{{"type":"school","id":"s"}},"access_token":"x"}},7]}}"#
        );
        let Listed { granted, broken, nameless } = tokens(body.as_bytes()).unwrap();
        // The school's is nobody's whom we know; the number is nothing.
        assert_eq!((granted.len(), broken.len(), nameless), (1, 0, 1));
        assert_eq!(granted[0].token.expose_secret(), "new");
        assert!(tokens(br#"{"error":"x"}"#).is_err());
    }
}
