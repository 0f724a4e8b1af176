//! Parsers of values that have no type of their own: rewrites, restart policies,
//! exit codes. Pure.

use super::Restart;
use crate::error::{Error, Result};
use crate::signal::Signal;
use std::str::FromStr;

/// A signal and the one forwarded instead, none to ignore it: `TERM=QUIT`, `15=3`,
/// `HUP=ignore`.
///
/// # Errors
/// No `=`, not a signal, or one that is never forwarded.
pub fn rewrite(text: &str) -> Result<(Signal, Option<Signal>)> {
    let (from, to) = text.split_once('=').ok_or_else(|| {
        Error::new(format!("'{text}' is not a rewrite; write FROM=TO, such as TERM=QUIT or HUP=ignore"))
    })?;
    let to = if to == "ignore" { None } else { Some(Signal::parse(to)?) };
    Ok((catchable(from)?, to))
}

/// A signal that can be forwarded: KILL and STOP cannot be caught, and CHLD is
/// hinit's own.
fn catchable(text: &str) -> Result<Signal> {
    match Signal::parse(text)? {
        signal @ (Signal::KILL | Signal::STOP | Signal::CHLD) => {
            Err(Error::new(format!("{signal} is never forwarded, so it cannot be rewritten")))
        }
        signal => Ok(signal),
    }
}

/// Docker's restart policies: `no`, `on-failure`, `on-failure:N`, `always`,
/// `unless-stopped`. As in Docker, `on-failure:0` is no limit.
///
/// # Errors
/// Anything else.
pub fn restart(text: &str) -> Result<Restart> {
    let (policy, most) = text.split_once(':').map_or((text, None), |(policy, most)| (policy, Some(most)));
    match (policy, most.map(number)) {
        ("no", None) => Ok(Restart::No),
        ("always" | "unless-stopped", None) => Ok(Restart::Always),
        ("on-failure", None) => Ok(Restart::OnFailure { most: None }),
        ("on-failure", Some(Some(most))) => {
            Ok(Restart::OnFailure { most: Some(most).filter(|most| *most > 0) })
        }
        _ => Err(Error::new(format!(
            "'{text}' is not a restart policy; write no, on-failure, on-failure:N, always or unless-stopped"
        ))),
    }
}

/// An exit code, 0 to 255.
///
/// # Errors
/// Anything else.
pub fn exit_code(text: &str) -> Result<i32> {
    let code = number::<u8>(text).map(i32::from);
    code.ok_or_else(|| Error::new(format!("'{text}' is not an exit code; write 0 to 255")))
}

/// Digits only: Rust's own parse also accepts a plus sign.
fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rewrites_by_name_and_number() {
        let [hup, int] = [1, 2].map(|number| Signal::from_number(number).unwrap());
        assert_eq!(rewrite("TERM=INT").unwrap(), (Signal::TERM, Some(int)));
        assert_eq!(rewrite("15=2").unwrap(), (Signal::TERM, Some(int)));
        assert_eq!(rewrite("SIGHUP=ignore").unwrap(), (hup, None));
        for wrong in
            ["", "=", "TERM", "TERM=", "=TERM", "KILL=TERM", "17=TERM", "TERM=INT=HUP", "0=15", "15=0"]
        {
            assert!(rewrite(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn reads_dockers_restart_policies_and_nothing_else() {
        assert_eq!(restart("no").unwrap(), Restart::No);
        assert_eq!(restart("unless-stopped").unwrap(), Restart::Always);
        assert_eq!(restart("on-failure").unwrap(), Restart::OnFailure { most: None });
        assert_eq!(restart("on-failure:3").unwrap(), Restart::OnFailure { most: Some(3) });
        assert_eq!(restart("on-failure:0").unwrap(), Restart::OnFailure { most: None });
        for wrong in
            ["", "No", "always:3", "on-failure:", "on-failure:-1", "on-failure:+1", "on-failure:4294967296"]
        {
            assert!(restart(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_exit_code_is_a_byte() {
        assert_eq!(exit_code("255").unwrap(), 255);
        for wrong in ["", "256", "-1", "+1", "1 "] {
            assert!(exit_code(wrong).is_err(), "{wrong}");
        }
    }
}
