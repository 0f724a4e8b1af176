//! Which of the three hinits this is: `hinit-slim`, `hinit` or `hinit-full`.

use crate::error::Error;

/// What `--version` prints.
pub(super) const VERSION: &str = if cfg!(all(feature = "lab", feature = "tls")) {
    concat!("hinit ", env!("CARGO_PKG_VERSION"), " (full)\n")
} else if cfg!(feature = "lab") {
    concat!("hinit ", env!("CARGO_PKG_VERSION"), " (full without TLS)\n")
} else if cfg!(feature = "tls") {
    concat!("hinit ", env!("CARGO_PKG_VERSION"), " (image)\n")
} else {
    concat!("hinit ", env!("CARGO_PKG_VERSION"), " (slim)\n")
};

/// The error of a verb that this flavour has not.
#[cfg(not(feature = "lab"))]
pub(super) fn lacks(verb: &str) -> Error {
    let name = if cfg!(feature = "tls") { "the hinit for images" } else { "hinit-slim" };
    Error::new(format!(
        "this is {name}, which lacks '{verb}'; use hinit-full, or start a program of that name by hinit -- {verb}"
    ))
}

/// The error of a verb that no flavour has yet. Its name is taken already, so
/// that a command line that works today does not change its meaning.
pub(super) fn not_yet(verb: &str) -> Error {
    Error::new(format!(
        "'{verb}' is reserved for a verb that this version of hinit does not have yet; start a program of that name by hinit -- {verb}"
    ))
}
