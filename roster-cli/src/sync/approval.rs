//! The line to type for an approval.

use crate::args::SyncOptions;

/// The command that approves the plan, with the options that were given: another request makes another plan.
pub(crate) fn line(options: &SyncOptions, hash: &str) -> String {
    let mut words = vec!["roster".to_owned(), "sync".to_owned(), quoted(&options.source)];
    let mut flag = |name: &str, value: Option<&str>| {
        words.push(name.to_owned());
        words.extend(value.map(quoted));
    };
    let config = options.global.config.as_ref().map(|path| path.to_string_lossy());
    let given = [
        ("--config", config.as_deref()),
        ("--store", options.store.url.as_deref()),
        ("--roster", options.roster.as_deref()),
    ];
    given.into_iter().filter(|(_, value)| value.is_some()).for_each(|(name, value)| flag(name, value));
    for (name, values) in
        [("--set", &options.global.set), ("--school", &options.school), ("--class", &options.class)]
    {
        for value in values {
            flag(name, Some(value));
        }
    }
    for (name, is_given) in [("--full", options.full), ("--sensitive", options.sensitive)] {
        if is_given {
            flag(name, None);
        }
    }
    flag("--approve", Some(hash));
    words.join(" ")
}

/// As a shell reads it as one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Command, Parsed, parse};

    #[test]
    fn the_line_repeats_what_was_given() {
        let words = [
            "roster",
            "--config",
            "a b.toml",
            "plan",
            "csv:it's",
            "--full",
            "--school",
            "s1",
            "--store",
            "sqlite:x.db",
            "--approve",
            "old",
        ];
        let Ok(Parsed::Command(command)) = parse(words.map(Into::into).to_vec()) else {
            panic!("it is well-formed");
        };
        let Command::Plan(args) = *command else {
            panic!("it is a plan");
        };
        assert_eq!(
            line(&args.options, "abc"),
            "roster sync 'csv:it'\\''s' --config 'a b.toml' --store sqlite:x.db --school s1 --full --approve abc"
        );
    }
}
