//! The providers that the features compile in.

#[cfg(feature = "classlink")]
mod classlink;
#[cfg(feature = "clever")]
mod clever;
#[cfg(feature = "csv")]
mod csv;
#[cfg(feature = "gclassroom")]
mod gclassroom;
#[cfg(feature = "oneroster")]
mod oneroster;
#[cfg(any(feature = "classlink", feature = "oneroster"))]
mod profile;
#[cfg(feature = "wonde")]
mod wonde;

use crate::Provider;

/// By id, alphabetically.
pub(crate) fn compiled_in() -> Vec<Provider> {
    vec![
        #[cfg(feature = "classlink")]
        classlink::PROVIDER,
        #[cfg(feature = "clever")]
        clever::PROVIDER,
        #[cfg(feature = "csv")]
        csv::PROVIDER,
        #[cfg(feature = "gclassroom")]
        gclassroom::PROVIDER,
        #[cfg(feature = "oneroster")]
        oneroster::PROVIDER,
        #[cfg(feature = "wonde")]
        wonde::PROVIDER,
    ]
}
