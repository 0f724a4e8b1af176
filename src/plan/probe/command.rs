//! `--health-cmd`: a command in one of Docker's two forms.

use super::{ERROR_LENGTH, Probe, Target};
use crate::error::{Error, Result};
use crate::text::one_line;
use serde_json::Value;
use std::ffi::OsString;

impl Probe {
    /// Reads a command. A JSON list of arguments is executed as it is, anything
    /// else by `/bin/sh -c`. As in Docker, text that starts with `[` and is not
    /// such a list is a shell command (`[ -f /ready ]`); but with a quote after
    /// the `[` it is a broken list. `CMD` is dropped, since a HEALTHCHECK may be
    /// copied with it.
    ///
    /// # Errors
    /// An empty command, a NUL, or a broken JSON list.
    pub fn from_command(text: &str) -> Result<Self> {
        if text.contains('\0') {
            return Err(Error::new("the command contains a NUL character"));
        }
        let text = text.trim_start().strip_prefix("CMD ").unwrap_or(text);
        if text.trim() == "NONE" {
            return Err(Error::new("NONE is not a command; write --no-healthcheck to disable health checks"));
        }
        if is_broken_list(text) {
            return Err(broken_list(text));
        }
        let arguments = exec_form(text).unwrap_or_else(|| shell_form(text));
        if arguments.iter().all(String::is_empty) {
            return Err(Error::new(format!(
                "'{text}' is an empty command; write one such as 'test -f /ready'"
            )));
        }
        let target = Target::Exec(arguments.into_iter().map(OsString::from).collect());
        Ok(Self { name: text.trim().to_owned(), target, timeout: None })
    }
}

/// A list that was meant for the exec form: `['curl']`, `["curl",]`.
fn is_broken_list(text: &str) -> bool {
    let opens = text.trim_start().strip_prefix('[').is_some_and(|rest| rest.starts_with(['"', '\'']));
    opens && serde_json::from_str::<Value>(text).is_err()
}

fn broken_list(text: &str) -> Error {
    let line = format!("{text} is not a JSON list; write [\"a\", \"b\"]: double quotes, no comma at the end");
    Error::new(one_line(&line, ERROR_LENGTH))
}

fn shell_form(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    vec!["/bin/sh".into(), "-c".into(), text.to_owned()]
}

/// The arguments of `["a", "b"]`; the leading `CMD` of a compose file is dropped.
fn exec_form(text: &str) -> Option<Vec<String>> {
    let Value::Array(items) = serde_json::from_str(text).ok()? else { return None };
    let mut arguments: Vec<String> =
        items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    match arguments.first().map(String::as_str) {
        Some("CMD") => drop(arguments.remove(0)),
        Some("CMD-SHELL") => drop(arguments.splice(..1, ["/bin/sh".into(), "-c".into()])),
        _ => {}
    }
    Some(arguments)
}
