//! The providers that the features compile in.

#[cfg(feature = "csv")]
mod csv;

use crate::Provider;

/// By id, alphabetically.
pub(crate) fn compiled_in() -> Vec<Provider> {
    vec![
        #[cfg(feature = "csv")]
        csv::PROVIDER,
    ]
}
