//! The providers that the features compile in.

#[cfg(feature = "csv")]
mod csv;
#[cfg(feature = "oneroster")]
mod oneroster;
#[cfg(feature = "wonde")]
mod wonde;

use crate::Provider;

/// By id, alphabetically.
pub(crate) fn compiled_in() -> Vec<Provider> {
    vec![
        #[cfg(feature = "csv")]
        csv::PROVIDER,
        #[cfg(feature = "oneroster")]
        oneroster::PROVIDER,
        #[cfg(feature = "wonde")]
        wonde::PROVIDER,
    ]
}
