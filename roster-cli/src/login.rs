//! `roster login gclassroom`: a teacher or an administrator logs in by the browser, which comes back to this machine.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    time::{Duration, Instant},
};

use roster::{
    ExposeSecret, PullContext, SecretString, Settings,
    gclassroom::{GoogleLogin, GoogleScope},
};
use serde::Serialize;

use crate::{
    args::LoginArgs,
    outcome::{Failure, Outcome},
    output::{Output, note},
    private_file::PrivateFile,
    source,
};

const OPERATION: &str = "logging in";
/// How long somebody may take to agree.
const PATIENCE: Duration = Duration::from_secs(300);
/// The head of a browser's request is no longer.
const HEAD_BYTES: u64 = 32 * 1024;

#[derive(Serialize)]
struct LoggedIn<'a> {
    provider: &'a str,
    /// Where the refresh token is.
    file: Option<String>,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    scopes: Vec<String>,
}

pub(crate) fn run(args: &LoginArgs, output: Output) -> Result<Outcome, Failure> {
    if args.provider != "gclassroom" {
        return Err(Failure::usage(OPERATION, "only the provider gclassroom has a log-in"));
    }
    let resolved = source::resolve_directory(&args.global, &args.provider)?;
    // Before anybody is sent to a browser: where the token goes has to be writable.
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from("gclassroom-refresh-token"));
    let file = if args.show { None } else { Some(create(&path)?) };
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).map_err(|error| not_listening(&error))?;
    let port = listener.local_addr().map_err(|error| not_listening(&error))?.port();
    let login = login(args, resolved.settings(), port)?;
    let asked = login.begin()?;
    note(&format!("open this page in a browser, and agree:\n{}", asked.url));
    let code = wait_for_code(&listener, asked.state.expose_secret())?;
    let tokens = source::block_on(async {
        login.exchange(&code, &asked.verifier, &PullContext::default()).await.map_err(Failure::Roster)
    })?;
    let Some(refresh) = tokens.refresh else {
        return Err(Failure::usage(
            OPERATION,
            "Google gave no refresh token: take the app's access back in the account, and log in again",
        ));
    };
    if let Some(file) = file {
        write(file, refresh.expose_secret()).map_err(|error| not_written(&path, &error))?;
    }
    let logged_in = LoggedIn {
        provider: "gclassroom",
        file: (!args.show).then(|| path.display().to_string()),
        refresh_token: args.show.then(|| refresh.expose_secret()),
        scopes: tokens.scopes.unwrap_or_default(),
    };
    output.answer(&logged_in, || text(&logged_in))?;
    Ok(Outcome::Done)
}

fn login(args: &LoginArgs, settings: &Settings, port: u16) -> Result<GoogleLogin, Failure> {
    let secret = |key: &str| -> Result<Option<SecretString>, Failure> { Ok(settings.secret(key)?.cloned()) };
    let Some(client_id) = secret("client_id")? else {
        return Err(Failure::usage(
            OPERATION,
            "`client_id` is missing: set ROSTER_GCLASSROOM_CLIENT_ID and ROSTER_GCLASSROOM_CLIENT_SECRET to those of a desktop client",
        ));
    };
    let client_secret = secret("client_secret")?.unwrap_or_default();
    let back = format!("http://127.0.0.1:{port}/");
    let scopes = if args.teacher { GoogleScope::TEACHER } else { GoogleScope::DISTRICT };
    let token_url = settings.text("token_url")?;
    Ok(match (&args.login_url, token_url) {
        (None, None) => GoogleLogin::new(client_id, client_secret, &back, scopes)?,
        (page, token_url) => {
            let page = page.as_deref().unwrap_or("https://accounts.google.com/o/oauth2/v2/auth");
            let token_url = token_url.unwrap_or("https://oauth2.googleapis.com/token");
            GoogleLogin::at(page, token_url, client_id, client_secret, &back, scopes)?
        }
    })
}

/// Waits until a browser comes back with the state that was sent with it.
fn wait_for_code(listener: &TcpListener, state: &str) -> Result<SecretString, Failure> {
    let refuse = |why: &str| Failure::usage(OPERATION, why);
    let end = Instant::now() + PATIENCE;
    listener.set_nonblocking(true).map_err(|error| not_listening(&error))?;
    while Instant::now() < end {
        let Ok((mut stream, _)) = listener.accept() else {
            pause();
            continue;
        };
        let Some(query) = query_of(&mut stream) else {
            answer(&mut stream, "404 Not Found", "There is nothing here.");
            continue;
        };
        let value = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        // Another page may send the browser here, with a code of somebody else's.
        if value("state") != Some(state) {
            answer(&mut stream, "400 Bad Request", "This log-in was not begun here. Begin again.");
            continue;
        }
        if let Some(code) = value("code") {
            answer(&mut stream, "200 OK", "You are logged in. You can close this page.");
            return Ok(code.into());
        }
        answer(&mut stream, "200 OK", "You are not logged in. You can close this page.");
        return Err(refuse("nobody agreed: the browser came back without a code"));
    }
    Err(refuse("nobody came back from the browser within five minutes"))
}

#[expect(clippy::disallowed_methods, reason = "this command does nothing else meanwhile")]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

/// The query of a request for `/`.
fn query_of(stream: &mut TcpStream) -> Option<Vec<(String, String)>> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut head = BufReader::new(stream.take(HEAD_BYTES));
    let mut first = String::new();
    head.read_line(&mut first).ok()?;
    let mut line = String::new();
    while head.read_line(&mut line).ok()? > 0 && !line.trim().is_empty() {
        line.clear();
    }
    let target = first.strip_prefix("GET ")?.split(' ').next()?;
    let query = target.strip_prefix("/?")?;
    Some(
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), decoded(value)))
            .collect(),
    )
}

fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (digit(rest.next()), digit(rest.next())) {
                (Some(high), Some(low)) => u8::try_from(high * 16 + low).unwrap_or_default(),
                _ => b'%',
            },
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answer(stream: &mut TcpStream, status: &str, says: &str) {
    let body = format!("<!DOCTYPE html><title>roster</title><p>{says}</p>\n");
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // Whether the browser still listens makes no difference.
    if let Err(error) = stream.write_all(format!("{head}{body}").as_bytes()) {
        tracing::debug!(kind = ?error.kind(), "the browser did not wait");
    }
}

fn create(path: &std::path::Path) -> Result<PrivateFile, Failure> {
    PrivateFile::create(path).map_err(|error| not_written(path, &error))
}

fn write(mut file: PrivateFile, token: &str) -> std::io::Result<()> {
    file.write_all(token.as_bytes())?;
    file.commit()
}

fn not_written(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::usage(OPERATION, format!("--out {}: it can't be written: {}", path.display(), error.kind()))
}

fn not_listening(error: &std::io::Error) -> Failure {
    Failure::usage(OPERATION, format!("this machine can't be listened at for the browser: {}", error.kind()))
}

fn text(logged_in: &LoggedIn<'_>) -> String {
    let LoggedIn { file, refresh_token, scopes, .. } = logged_in;
    let scopes = if scopes.is_empty() { "as asked for".to_owned() } else { scopes.join(" ") };
    match (file, refresh_token) {
        (Some(file), _) => format!(
            "logged in; the refresh token is in {file}, which nobody else may read\n\n    refresh_token = {{ file = \"{file}\" }}\n\n\
             granted: {scopes}\n"
        ),
        (None, token) => format!("{}\n", token.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(port: u16, target: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        answer
    }

    #[test]
    fn only_the_browser_that_was_sent_is_believed() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let browser = std::thread::spawn(move || {
            ["/favicon.ico", "/?state=other&code=stolen", "/?state=s%20t&code=4%2Fabc"]
                .map(|target| visit(port, target))
        });
        let code = wait_for_code(&listener, "s t").unwrap();
        assert_eq!(code.expose_secret(), "4/abc");
        let [icon, stolen, ours] = browser.join().unwrap();
        assert!(icon.contains("404") && stolen.contains("400") && ours.contains("200"));
    }
}
