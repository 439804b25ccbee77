//! `roster init`: writes a commented settings file.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
};

use serde::Serialize;

use crate::{
    args::Global,
    outcome::{Failure, Outcome},
    output::Output,
    source::settings_file,
};

const TEMPLATE: &str = include_str!("init.toml");
const OPERATION: &str = "writing the settings file";

#[derive(Serialize)]
struct Written<'a> {
    written: std::borrow::Cow<'a, str>,
}

pub(crate) fn run(global: &Global, output: Output) -> Result<Outcome, Failure> {
    let path = settings_file(global);
    let name = path.display();
    // Asking first and writing then would let another's file slip in between.
    let mut file = File::create_new(path).map_err(|error| {
        Failure::usage(
            OPERATION,
            if error.kind() == ErrorKind::AlreadyExists {
                format!(
                    "{name} is already there, and was left as it is; write another one with --config FILE"
                )
            } else {
                format!("{name} can't be made: {error}")
            },
        )
    })?;
    if let Err(error) = file.write_all(TEMPLATE.as_bytes()).and_then(|()| file.sync_all()) {
        drop(file);
        let left = if fs::remove_file(path).is_ok() { "" } else { "; a part of it is left" };
        return Err(roster::Error::new(
            roster::ErrorKind::Transport,
            "host",
            OPERATION,
            format!("{name}: {error}{left}"),
        )
        .into());
    }
    let written = path.to_string_lossy();
    output.answer(&Written { written }, || {
        format!("{name} was written. Name your sources in it; `roster check NAME` then tries one.\n")
    })?;
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use roster::config::{Config, Resolver};

    use super::*;

    #[test]
    fn the_template_parses_as_it_is_and_with_its_example_switched_on() {
        assert_eq!(Config::from_toml(TEMPLATE, "roster.toml").unwrap().names().count(), 0);
        let lines = TEMPLATE.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line));
        let switched_on = lines.collect::<Vec<_>>().join("\n");
        let config = Config::from_toml(&switched_on, "roster.toml").unwrap();
        let found = Resolver::new(&config).with_environment(|_| None).resolve("lincoln").unwrap();
        assert_eq!(found.open().unwrap().info().tenant, "lincoln");
        assert!(!found.request().unwrap().scope.is_everything());
        assert_eq!(
            found.guards().unwrap(),
            roster::sync::Guards::default(),
            "what it shows are the defaults"
        );
    }
}
