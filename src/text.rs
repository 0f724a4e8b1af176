//! Untrusted text, escaped for log lines, terminals and JSON.

use std::borrow::Cow;
use std::fmt;

/// `text` in one line of at most `limit` bytes: control characters are
/// escaped (`\n`, `\u{1b}`; CVE-2023-28486) and a longer text ends in `...`.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    for c in text.chars() {
        let before = line.len();
        if is_unsafe(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        if line.len() > limit {
            line.truncate(before);
            line.push_str("...");
            break;
        }
    }
    line
}

/// `text` of several lines: control characters are escaped as in [`one_line`], but
/// for line ends and tabs.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_special = |c| is_unsafe(c) && !matches!(c, '\n' | '\t');
    if !text.contains(is_special) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_special(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// `text` as a JSON string, in quotes. Characters that move a terminal's cursor or
/// reorder a line are escaped too, though JSON does not require it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<'a>(pub &'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        let mut rest = self.0;
        let is_special = |c: char| matches!(c, '"' | '\\') || is_unsafe(c);
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_special(*c)) {
            f.write_str(&rest[..at])?;
            match c {
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '"' | '\\' => write!(f, "\\{c}")?,
                // All of these have at most four digits.
                _ => write!(f, "\\u{:04x}", u32::from(c))?,
            }
            rest = &rest[at + c.len_utf8()..];
        }
        write!(f, "{rest}\"")
    }
}

/// The `known` name that `text` is most similar to, for a "did you mean".
pub(crate) fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may differ, and one in a short name.
    let most = (text.chars().count() / 3).max(1);
    let rated = known.map(|other| (strsim::levenshtein(text, other), other));
    rated
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// The message of the C library for an error: `No such file or directory`.
pub(crate) fn system_message(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.clone(), |(message, _)| message.to_owned())
}

/// Control characters, line separators and bidirectional controls.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{Json, nearest, one_line, printable};

    #[test]
    fn writes_a_string_of_json() {
        let text = "a\"b\\c\n\t\r\u{1}\u{7f}\u{9b}1m\u{202e}\u{e9}";
        let shown = "\"a\\\"b\\\\c\\n\\t\\u000d\\u0001\\u007f\\u009b1m\\u202e\u{e9}\"";
        assert_eq!(Json(text).to_string(), shown);
        assert_eq!(serde_json::from_str::<String>(&Json(text).to_string()).unwrap(), text);
    }

    #[test]
    fn finds_the_name_that_was_meant() {
        let known = ["contains", "user", "health-interval"];
        let near = |text| nearest(text, known.into_iter());
        assert_eq!(near("contain"), Some("contains"));
        assert_eq!(near("health-intervall"), Some("health-interval"));
        assert_eq!(near("usr"), Some("user"));
        assert_eq!(near("us"), None);
        assert_eq!(near("frobnicate"), None);
    }

    #[test]
    fn escapes_characters_that_break_or_colour_a_line() {
        assert_eq!(one_line("a\nb\u{1b}[31m\0\u{9b}\u{202e}", 99), "a\\nb\\u{1b}[31m\\u{0}\\u{9b}\\u{202e}");
        assert_eq!(one_line("caf\u{e9} 'x' \\", 99), "caf\u{e9} 'x' \\");
    }

    #[test]
    fn keeps_the_lines_of_a_longer_text() {
        assert_eq!(printable("a\tb\nc\n"), "a\tb\nc\n");
        assert_eq!(printable("a\r\n\u{1b}[2Jb\u{202e}"), "a\\r\n\\u{1b}[2Jb\\u{202e}");
    }

    #[test]
    fn marks_a_text_that_was_cut() {
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcdef...");
        assert_eq!(one_line("abcde\n", 6), "abcde...");
    }
}
