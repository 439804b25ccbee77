//! Tokens and who may have them: assertions are really verified, and a log-in has to prove that it is the one that began.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use roster_core::{Clock, SystemClock};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::DOMAIN;

const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const PREFIX: &str = "https://www.googleapis.com/auth/";
const EMAIL: &str = "roster@sandbox-project.iam.example";

/// Who administers the Directory alone.
pub(super) const DELEGATE: &str = "directory";

/// Who a token stands for, and what it opens.
#[derive(Clone)]
pub(super) struct Holder {
    /// The account's id, or `admin`.
    pub(super) user: String,
    pub(super) is_admin: bool,
    /// Whether the Directory is open to the user: to an administrator, or to one of the Directory alone.
    pub(super) reads_directory: bool,
    /// Short names.
    pub(super) scopes: Vec<String>,
}

impl Holder {
    fn teacher(user: &str, scopes: Vec<String>) -> Self {
        Self { user: user.to_owned(), is_admin: false, reads_directory: false, scopes }
    }

    pub(super) fn may(&self, scope: &str) -> bool {
        let wide = scope.strip_suffix(".readonly").unwrap_or(scope);
        self.scopes.iter().any(|it| it == scope || it == wide)
    }
}

/// The tokens that were given out, and what one must know to get one.
pub(super) struct Tokens {
    pub(super) admin_token: String,
    pub(super) teacher_token: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) refresh_token: String,
    /// The account of the teacher who can log in.
    pub(super) teacher: String,
    life: Duration,
    requests: Option<u64>,
    given: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    alive: BTreeMap<String, Alive>,
    codes: BTreeMap<String, Asked>,
    /// What the service account may ask for; the refresh token was granted the same.
    granted: Vec<String>,
    revoked: bool,
}

struct Alive {
    holder: Holder,
    until: Instant,
    left: Option<u64>,
}

struct Asked {
    challenge: String,
    redirect: String,
    scopes: Vec<String>,
}

/// A refusal of the token endpoint.
pub(super) type Refused = (&'static str, &'static str);

#[derive(Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    sub: String,
    scope: String,
    iat: i64,
    exp: i64,
}

/// The key pair of the sandbox's service account: made anew in each process, so that no key lies about.
fn key_pair() -> Option<&'static KeyPair> {
    static PAIR: OnceLock<Option<KeyPair>> = OnceLock::new();
    PAIR.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).ok()).as_ref()
}

impl Tokens {
    pub(super) fn new(seed: u64, teacher: String, life: Duration, requests: Option<u64>) -> Self {
        let all = [
            "classroom.courses.readonly",
            "classroom.rosters.readonly",
            "classroom.profile.emails",
            "classroom.guardianlinks.students.readonly",
            "classroom.push-notifications",
            "admin.directory.user.readonly",
            "admin.directory.orgunit.readonly",
        ];
        let granted = all.map(str::to_owned).into();
        Self {
            admin_token: format!("sandbox-token-{seed}"),
            teacher_token: format!("sandbox-teacher-token-{seed}"),
            client_id: format!("sandbox-client-{seed}"),
            client_secret: format!("sandbox-secret-{seed}"),
            refresh_token: format!("sandbox-refresh-{seed}"),
            teacher,
            life,
            requests,
            given: AtomicU64::new(0),
            state: Mutex::new(State { granted, ..State::default() }),
        }
    }

    pub(super) fn given(&self) -> u64 {
        self.given.load(Ordering::SeqCst)
    }

    /// The key file of the service account.
    pub(super) fn key_file(token_url: &str) -> String {
        let der = key_pair().and_then(|pair| AsDer::<Pkcs8V1Der<'_>>::as_der(pair).ok());
        let text = BASE64_STANDARD.encode(der.as_ref().map(|der| der.as_ref()).unwrap_or_default() as &[u8]);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
        let label = "PRIVATE KEY";
        let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"));
        json!({
            "type": "service_account", "project_id": "sandbox-project", "private_key_id": "key-1", "private_key": pem,
            "client_email": EMAIL, "client_id": "118000000000000000001", "token_uri": token_url,
        })
        .to_string()
    }

    pub(super) fn grant(&self, scopes: &[&str]) {
        self.state().granted = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    pub(super) fn revoke(&self) {
        let mut state = self.state();
        state.revoked = true;
        state.alive.clear();
    }

    /// Forgets all tokens that were given out.
    pub(super) fn forget(&self) {
        self.state().alive.clear();
    }

    /// Answers a request for a token.
    pub(super) fn give(&self, form: &[u8]) -> Result<serde_json::Value, Refused> {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(form).into_owned().collect();
        let value = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
        let revoked = ("invalid_grant", "Token has been expired or revoked.");
        if self.state().revoked {
            return Err(revoked);
        }
        match value("grant_type") {
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
                let holder = self.assert(value("assertion"))?;
                Ok(self.token(holder, None))
            }
            "refresh_token" => {
                self.client(value("client_id"), value("client_secret"))?;
                if value("refresh_token") != self.refresh_token {
                    return Err(revoked);
                }
                let scopes = self.state().granted.clone();
                Ok(self.token(Holder::teacher(&self.teacher, scopes), None))
            }
            "authorization_code" => {
                self.client(value("client_id"), value("client_secret"))?;
                let asked = self
                    .state()
                    .codes
                    .remove(value("code"))
                    .ok_or(("invalid_grant", "Malformed auth code."))?;
                let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(value("code_verifier")));
                if challenge != asked.challenge || value("redirect_uri") != asked.redirect {
                    return Err(("invalid_grant", "Invalid code verifier."));
                }
                let holder = Holder::teacher(&self.teacher, asked.scopes);
                Ok(self.token(holder, Some(&self.refresh_token)))
            }
            _ => Err(("unsupported_grant_type", "Invalid grant_type.")),
        }
    }

    fn client(&self, id: &str, secret: &str) -> Result<(), Refused> {
        if id == self.client_id && secret == self.client_secret {
            return Ok(());
        }
        Err(("invalid_client", "Unauthorized"))
    }

    fn assert(&self, assertion: &str) -> Result<Holder, Refused> {
        let invalid = ("invalid_grant", "Invalid JWT Signature.");
        let public = key_pair().map(|pair| DecodingKey::from_rsa_der(pair.public_key().as_ref()));
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        validation.leeway = 0;
        // Looked at by hand: a test's clock may be of another year.
        validation.validate_exp = false;
        let claims: Claims = jsonwebtoken::decode(assertion, &public.ok_or(invalid)?, &validation)
            .map_err(|_| invalid)?
            .claims;
        if claims.iss != EMAIL {
            return Err(("invalid_client", "The OAuth client was not found."));
        }
        if claims.exp - claims.iat > 3600 || claims.exp <= claims.iat {
            return Err((
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe.",
            ));
        }
        if !claims.sub.ends_with(&format!("@{DOMAIN}")) {
            return Err(("invalid_grant", "Invalid email or User ID"));
        }
        let scopes: Vec<_> = claims
            .scope
            .split(' ')
            .map(|scope| scope.strip_prefix(PREFIX).unwrap_or(scope).to_owned())
            .collect();
        let granted = self.state().granted.clone();
        if scopes.iter().any(|scope| !granted.contains(scope)) {
            return Err((
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the \
                 scopes requested.",
            ));
        }
        let is_admin = claims.sub == format!("admin@{DOMAIN}");
        let is_delegate = claims.sub == format!("{DELEGATE}@{DOMAIN}");
        let user = match (is_admin, is_delegate) {
            (true, _) => "admin",
            (_, true) => DELEGATE,
            _ => &self.teacher,
        };
        Ok(Holder { user: user.to_owned(), is_admin, reads_directory: is_admin || is_delegate, scopes })
    }

    fn token(&self, holder: Holder, refresh: Option<&str>) -> serde_json::Value {
        let number = self.given.fetch_add(1, Ordering::SeqCst) + 1;
        let token = format!("{}-{number}", self.admin_token);
        let scopes: Vec<_> = holder.scopes.iter().map(|scope| format!("{PREFIX}{scope}")).collect();
        let alive = Alive { holder, until: Instant::now() + self.life, left: self.requests };
        self.state().alive.insert(token.clone(), alive);
        let mut answer = json!({
            "access_token": token, "token_type": "Bearer", "expires_in": self.life.as_secs(), "scope": scopes.join(" "),
        });
        if let (Some(refresh), Some(answer)) = (refresh, answer.as_object_mut()) {
            answer.insert("refresh_token".to_owned(), refresh.into());
        }
        answer
    }

    /// Whose token it is; it is taken for one request less.
    pub(super) fn take(&self, authorization: Option<&str>) -> Option<Holder> {
        let token = authorization?.strip_prefix("Bearer ")?;
        let mut state = self.state();
        for (fixed, user, is_admin) in
            [(&self.admin_token, "admin", true), (&self.teacher_token, self.teacher.as_str(), false)]
        {
            if token == fixed {
                return Some(Holder {
                    user: user.to_owned(),
                    is_admin,
                    reads_directory: is_admin,
                    scopes: state.granted.clone(),
                });
            }
        }
        let held = state.alive.get_mut(token)?;
        if held.until < Instant::now() || held.left == Some(0) {
            state.alive.remove(token);
            return None;
        }
        held.left = held.left.map(|left| left - 1);
        Some(held.holder.clone())
    }

    /// The page where somebody agrees: the sandbox's teacher does at once. Returns where the browser is sent.
    pub(super) fn agree(&self, query: &str) -> Option<String> {
        let query: BTreeMap<String, String> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let value = |key: &str| query.get(key).cloned();
        let is = |key: &str, wanted: &str| query.get(key).is_some_and(|value| value == wanted);
        if !is("client_id", &self.client_id)
            || !is("response_type", "code")
            || !is("code_challenge_method", "S256")
        {
            return None;
        }
        let mut back = url::Url::parse(&value("redirect_uri")?).ok()?;
        let code = format!("sandbox-code-{}", SystemClock.now().as_nanosecond());
        let scopes = value("scope")?;
        let scopes =
            scopes.split(' ').map(|scope| scope.strip_prefix(PREFIX).unwrap_or(scope).to_owned()).collect();
        let asked = Asked { challenge: value("code_challenge")?, redirect: value("redirect_uri")?, scopes };
        self.state().codes.insert(code.clone(), asked);
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &value("state")?);
        Some(back.into())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
