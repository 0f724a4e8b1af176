//! The checks as given, with their variables expanded.

use super::table;
use crate::error::{Error, Result};
use crate::options::{Matches, OptionName};
use crate::plan::probe::expand::{Lookup, PlainDollar, expand};
use std::ffi::OsStr;

/// Checks that only an HTTP answer can pass.
pub(super) const HTTP_ONLY: [OptionName; 11] = [
    table::STATUS,
    table::CONTAINS,
    table::MATCH,
    table::JSON,
    table::NOT,
    table::FOLLOW,
    table::METHOD,
    table::HEADER,
    table::DATA,
    table::HOST_HEADER,
    table::BASIC_AUTH,
];

/// Options that only matter with TLS.
pub(super) const TLS_ONLY: [OptionName; 4] = [table::INSECURE, table::CACERT, table::CERT, table::KEY];

/// Checks that only a stream of bytes can pass.
pub(super) const STREAM_ONLY: [OptionName; 2] = [table::SEND, table::EXPECT];

pub(super) struct Checks<'a> {
    pub(super) found: &'a Matches,
    pub(super) env: Lookup<'a>,
}

impl Checks<'_> {
    pub(super) fn one(&self, name: OptionName) -> Result<Option<String>> {
        Ok(self.all(name)?.pop())
    }

    pub(super) fn all(&self, name: OptionName) -> Result<Vec<String>> {
        self.found.all(name).map(|value| self.expand(name, value)).collect()
    }

    pub(super) fn expand(&self, name: OptionName, value: &OsStr) -> Result<String> {
        let text = utf8(value).and_then(|text| expand(text, PlainDollar::Keep, self.env));
        text.map_err(|error| error.at(&format!("--{name}")))
    }

    pub(super) fn is_given(&self, name: OptionName) -> bool {
        self.found.has(name)
    }

    /// Rejects the checks of HTTP and the options of TLS.
    pub(super) fn reject_http_only(&self, scheme: &str) -> Result<()> {
        self.reject_http(scheme)?;
        self.reject_tls_only(scheme)
    }

    pub(super) fn reject_http(&self, scheme: &str) -> Result<()> {
        self.reject(&HTTP_ONLY, "an http:// target", scheme)
    }

    pub(super) fn reject_tls_only(&self, scheme: &str) -> Result<()> {
        self.reject(&TLS_ONLY, "an https:// or grpcs:// target", scheme)
    }

    pub(super) fn reject_stream_only(&self, scheme: &str) -> Result<()> {
        self.reject(&STREAM_ONLY, "a tcp:// or unix:// target", scheme)
    }

    fn reject(&self, names: &[OptionName], wanted: &str, scheme: &str) -> Result<()> {
        match names.iter().find(|name| self.is_given(**name)) {
            Some(name) => Err(Error::new(format!("--{name} needs {wanted}, not {scheme}"))),
            None => Ok(()),
        }
    }
}

pub(super) fn utf8(argument: &OsStr) -> Result<&str> {
    argument.to_str().ok_or_else(|| Error::new(format!("'{}' is not UTF-8 text", argument.display())))
}
