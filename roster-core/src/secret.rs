//! Values that must not be seen.
//!
//! [`SecretString`] is wiped when it is dropped, and its `Debug` shows nothing. Settings hold secrets as this type and are
//! read from a file or the environment, never from the command line. It does not serialize, so that it can't be stored by
//! mistake; a client id or a key's name is kept in it too.

pub use secrecy::{ExposeSecret, SecretString};
