//! The one place that prints.

use std::io::{self, BufWriter, ErrorKind, Write};

use serde::Serialize;

use crate::outcome::{ErrorReport, Failure, Outcome};

/// How answers are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// As exactly one JSON document.
    Json,
}

#[derive(Serialize)]
struct Refusal<'a> {
    error: ErrorReport<'a>,
}

impl Output {
    /// Prints an answer.
    pub(crate) fn answer(
        self,
        document: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self {
            Self::Text => print(&text()),
            Self::Json => print_json(document),
        }
    }

    /// Says why a command ended early, and how it is to exit. Whoever closed the pipe (`| head`) needs no telling.
    pub(crate) fn failure(self, failure: &Failure) -> Outcome {
        if matches!(failure, Failure::Output(error) if error.kind() == ErrorKind::BrokenPipe) {
            return Outcome::Failed;
        }
        let can_answer = self == Self::Json && !matches!(failure, Failure::Output(_));
        let refusal = Refusal { error: failure.report() };
        if !(can_answer && print_json(&refusal).is_ok()) {
            note(&format!("error: {}", failure.in_words()));
        }
        failure.outcome()
    }
}

/// Answers line by line, so that a long one needs no memory: text, or one JSON document a line.
pub(crate) struct Lines {
    stdout: BufWriter<io::StdoutLock<'static>>,
    output: Output,
}

impl Lines {
    pub(crate) fn start(output: Output) -> Self {
        Self { stdout: BufWriter::new(io::stdout().lock()), output }
    }

    pub(crate) fn line(
        &mut self,
        document: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.output {
            Output::Text => self.stdout.write_all(harmless(&text()).as_bytes()),
            Output::Json => serde_json::to_writer(&mut self.stdout, document).map_err(io::Error::from),
        }
        .and_then(|()| self.stdout.write_all(b"\n"))
        .map_err(Failure::Output)
    }

    pub(crate) fn end(mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(Failure::Output)
    }
}

/// Prints text for people.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(harmless(text).as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Output)
}

/// Tells the user something that is no part of the answer.
pub(crate) fn note(text: &str) {
    // Where stderr is closed, there is no other place to say it.
    writeln!(io::stderr().lock(), "{}", harmless(text)).unwrap_or_default();
}

fn print_json(document: &impl Serialize) -> Result<(), Failure> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut stdout, document)
        .map_err(io::Error::from)
        .and_then(|()| stdout.write_all(b"\n"))
        .and_then(|()| stdout.flush())
        .map_err(Failure::Output)
}

/// Makes control characters visible: ids and names of files come from outside, and could steer the terminal.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_does_not_steer_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\nc\r"), "a\u{fffd}[2Jb\nc\u{fffd}");
    }
}
