//! Names of environment variables, and who reads them.

use std::ffi::OsString;

/// Looks a variable up; tests bring their own.
pub(super) type Environment<'a> = Box<dyn Fn(&str) -> Option<OsString> + 'a>;

/// The process's own environment.
pub(super) fn of_process() -> Environment<'static> {
    Box::new(|name| std::env::var_os(name))
}

/// The variable of a source that the file names.
pub(super) fn of_source(name: &str, key: &str) -> String {
    format!("ROSTER_SOURCE_{}_{}", capitals(name), capitals(key))
}

/// The variable of sources that are named ad hoc.
pub(super) fn of_provider(id: &str, key: &str) -> String {
    format!("ROSTER_{}_{}", capitals(id), capitals(key))
}

/// A name as it stands in a variable's name.
pub(super) fn capitals(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}
