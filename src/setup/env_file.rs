//! `--env-file`: variables from a file, by the rules of `docker run`.
//!
//! A line is `NAME=VALUE`. Everything after the first `=` is the value: no
//! quotes, no expansion, no trimming. White space before the name is removed;
//! empty lines and lines that start with `#` are ignored. A bare `NAME` leaves
//! hinit's own variable to the app. A byte order mark and a carriage return at
//! the end of a line are removed, as by Docker.

use super::input_file::{self, Failure};
use crate::error::{Error, Result};
use crate::exit_code::SIGNAL_BASE;
use std::ffi::OsString;
use std::path::Path;

/// The largest file that is read: 1 MiB; execve(2) accepts little more.
const LARGEST: usize = 1 << 20;

/// Names and values in the file's order.
pub(crate) type Variables = Vec<(OsString, OsString)>;

/// Reads one file, before the drop: a secret may be readable for root only. A FIFO is
/// read to its end, unless a stop request comes first.
///
/// # Errors
/// It cannot be read, is larger than 1 MiB, a line is malformed, or a stop request
/// came.
pub(crate) fn read(path: &Path) -> Result<Variables> {
    let what = format!("--env-file {}", path.display());
    match input_file::read(path, LARGEST) {
        Ok(bytes) => parse(&bytes).map_err(|error| error.at(&what)),
        Err(Failure::Unreadable(error)) => {
            Err(Error::with_fix(&what, error, "write a file that is in the container and can be read"))
        }
        Err(Failure::TooLarge) => Err(Error::with_fix(&what, "it is larger than 1 MiB", "make it smaller")),
        Err(Failure::Stopped(signal)) => {
            let why = format!("{signal} came before the end of it");
            let error =
                Error::with_fix(&what, why, "nothing was started; a FIFO needs a writer that closes it");
            Err(error.with_exit_code(SIGNAL_BASE + signal.number()))
        }
    }
}

/// Reads the text of a file.
///
/// # Errors
/// A line that is not UTF-8, contains a NUL byte, or has no name or white space
/// in it.
pub fn parse(bytes: &[u8]) -> Result<Variables> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    lines
        .filter_map(|(index, line)| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            parse_line(line).map_err(|why| Error::new(format!("line {}: {why}", index + 1))).transpose()
        })
        .collect()
}

fn parse_line(line: &[u8]) -> std::result::Result<Option<(OsString, OsString)>, String> {
    let text = str::from_utf8(line).map_err(|_| "it is not UTF-8 text; write it as UTF-8")?;
    let text = text.trim_start();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    if text.contains('\0') {
        return Err("it contains a NUL byte; remove it".to_owned());
    }
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    if name.is_empty() {
        return Err("there is no name before the '='; write NAME=VALUE".to_owned());
    }
    if name.contains([' ', '\t']) {
        let name = name.escape_debug();
        return Err(format!("the name '{name}' has white space in it; write NAME=VALUE, without 'export'"));
    }
    Ok(value.map(|value| (name.into(), value.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn parsed(text: &str) -> Vec<(String, String)> {
        let text_of = |value: OsString| value.into_string().unwrap();
        let all = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        all.into_iter().map(|(name, value)| (text_of(name), text_of(value))).collect()
    }

    #[test]
    fn reads_lines_as_docker_does() {
        let table = [
            ("A=1", "A", "1"),
            ("A=", "A", ""),
            ("A=b=c", "A", "b=c"),
            ("A=\"quoted\"", "A", "\"quoted\""),
            ("A='b' # no comment", "A", "'b' # no comment"),
            ("A= b ", "A", " b "),
            ("A=b\t", "A", "b\t"),
            ("  \tA=1", "A", "1"),
            ("A=1\r\n", "A", "1"),
            ("\u{feff}A=1", "A", "1"),
            ("A=$HOME", "A", "$HOME"),
            ("a.b-c=1", "a.b-c", "1"),
            ("A=gr\u{fc}n", "A", "gr\u{fc}n"),
        ];
        for (line, name, value) in table {
            assert_eq!(parsed(line), [(name.to_owned(), value.to_owned())], "{line:?}");
        }
    }

    #[test]
    fn ignores_comments_empty_lines_and_bare_names() {
        for line in ["", "\n\n", "# A=1", "  # A=1", "#", " \t ", "PATH", "\u{feff}# A=1", "\r\n"] {
            assert_eq!(parsed(line), [], "{line:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_counts_at_the_beginning_only() {
        assert_eq!(parsed("A=1\n\u{feff}B=2")[1].0, "\u{feff}B");
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        let table: [(&[u8], &str); 6] = [
            (b"A=1\n=2", "line 2: there is no name"),
            (b"\n\nexport A=1", "line 3: the name 'export A' has white space in it"),
            (b"A =1", "line 1: the name 'A ' has white space in it"),
            (b"A \n", "line 1: the name 'A ' has white space in it"),
            (b"A=\xff", "line 1: it is not UTF-8 text"),
            (b"A=\0", "line 1: it contains a NUL byte"),
        ];
        for (bytes, why) in table {
            let line = parse(bytes).unwrap_err().to_string();
            assert!(line.starts_with(why) && line.contains(';'), "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_value_is_unchanged(name in "[A-Za-z_][A-Za-z0-9_.-]{0,9}", value in "[^\r\n\0]*") {
            prop_assert_eq!(parsed(&format!("# c\n{name}={value}\n")), [(name, value)]);
        }

        #[test]
        fn never_returns_what_the_kernel_rejects(bytes: Vec<u8>) {
            for (name, value) in parse(&bytes).unwrap_or_default() {
                let (name, value) = (name.into_string().unwrap(), value.into_string().unwrap());
                prop_assert!(!name.is_empty() && !name.contains(['=', '\0']) && !value.contains(['\0', '\n']));
            }
        }
    }
}
