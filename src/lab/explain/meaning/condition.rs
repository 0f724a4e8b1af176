//! `[ ... ]` and `test`: on a file, on `$?`, or on what a command prints.

use super::compile::Compiler;
use crate::lab::explain::mistakes;
use crate::lab::explain::probe::{Codes, Prints, Probe};
use crate::lab::explain::shell::word::{Why, Word};
use crate::lab::explain::shell::{self, Part, Simple};
use crate::lab::explain::tools::filter;
use crate::lab::explain::truth::{Comparison, Node};

const FILE_TESTS: &[&str] = &["-f", "-e", "-d", "-S"];
const NOBODY: &str = "when nobody answers, curl prints 000, which is less: it passes then";
const NO_SUCH_TEST: &str = "hinit has no target for such a test of files and texts";

impl Compiler {
    /// `[ ... ]`: on a file, on `$?`, or on what a command prints.
    pub(super) fn test(&mut self, simple: &Simple) -> Result<Node, Why> {
        let words = &simple.words[1..];
        let closing = words.last().is_some_and(|word| word.as_text().is_some_and(|w| w == "]" || w == "]]"));
        let words = &words[..words.len() - usize::from(closing)];
        if let Some(probe) = new_file(words) {
            return Ok(self.add(probe));
        }
        match words {
            [left, operator, right] => match status_test(left, operator, right) {
                Some(node) => Ok(node),
                None => self.printed_test(left, operator, right, simple),
            },
            [operator, path] if is_one_of(operator, FILE_TESTS) => self.file_test(operator, path, simple),
            _ => Ok(self.foreign(simple, NO_SUCH_TEST)),
        }
    }

    /// A socket is more than a file: somebody listens on it.
    fn file_test(&mut self, operator: &Word, path: &Word, simple: &Simple) -> Result<Node, Why> {
        let scheme = if is_one_of(operator, &["-S"]) { "unix" } else { "file" };
        match path.in_hinit()? {
            path if path.starts_with('/') => Ok(self.add(Probe::new(format!("{scheme}://{path}")))),
            _ => Ok(self.foreign(simple, "it looks for a file by a relative path")),
        }
    }

    /// `[ $(redis-cli ping) = PONG ]`, `[ $(curl -w '%{http_code}' ...) = 200 ]`.
    fn printed_test(
        &mut self,
        left: &Word,
        operator: &Word,
        right: &Word,
        simple: &Simple,
    ) -> Result<Node, Why> {
        let before = self.probes.len();
        if let (Some(command), Some(operator), Some(wanted)) =
            (command_in(left), operator.as_text(), right.as_text())
        {
            let outer = std::mem::replace(&mut self.is_printing, true);
            let node = self.list(&shell::parse(command)?)?;
            self.is_printing = outer;
            if let [probe] = &mut self.probes[before..]
                && is_wanted(probe, &operator, &wanted)
            {
                if ["-lt", "-le"].contains(&operator.as_str()) {
                    mistakes::add(&mut self.notes, NOBODY);
                }
                self.notes.retain(|note| !note.starts_with(filter::PIPE));
                return Ok(if wanted == "PONG" { node } else { Node::Probe(before) });
            }
            self.probes.truncate(before);
            return Ok(self.foreign(simple, "it compares what a command prints in a way hinit cannot say"));
        }
        Ok(self.foreign(simple, NO_SUCH_TEST))
    }
}

fn is_one_of(word: &Word, known: &[&str]) -> bool {
    word.as_text().is_some_and(|text| known.contains(&text.as_str()))
}

/// What a word runs, if it is one `$(...)`.
fn command_in(word: &Word) -> Option<&str> {
    let mut parts = word.0.iter().filter(|part| **part != Part::Text(String::new()));
    match (parts.next(), parts.next()) {
        (Some(Part::Command(command)), None) => Some(command),
        _ => None,
    }
}

/// `[ -n "$(find /tmp/beat -mmin -1)" ]`.
fn new_file(words: &[Word]) -> Option<Probe> {
    let word = match words {
        [word] => word,
        [operator, word] if is_one_of(operator, &["-n"]) => word,
        _ => return None,
    };
    let words: Vec<&str> = command_in(word)?.split_whitespace().collect();
    let ["find", path @ .., "-mmin", minutes] = words.as_slice() else { return None };
    let [path] = path else { return None };
    let minutes: u32 = minutes.strip_prefix('-')?.parse().ok()?;
    path.starts_with('/').then(|| Probe::new(format!("file://{path}?max-age={minutes}m")))
}

/// `[ $? -eq 22 ]` and `[ 0 != $? ]`.
fn status_test(left: &Word, operator: &Word, right: &Word) -> Option<Node> {
    let comparison = Comparison::parse(&operator.as_text()?)?;
    let is_status = |word: &Word| word.0.contains(&Part::Status);
    let number = |word: &Word| word.as_text()?.parse().ok();
    if is_status(left) {
        return Some(Node::Status(comparison, number(right)?));
    }
    is_status(right).then_some(())?;
    Some(Node::Status(comparison.turned(), number(left)?))
}

/// Makes the probe look for what is wanted of its command's output; whether
/// hinit can.
fn is_wanted(probe: &mut Probe, operator: &str, wanted: &str) -> bool {
    let equal = matches!(operator, "=" | "==" | "-eq");
    // The test hides the command's own exit code.
    probe.codes = Codes { refused_by_server: 1, no_answer: 1 };
    probe.lenient = probe.lenient.filter(|_| probe.prints != Prints::Status).map(|_| filter::ANY_STATUS);
    match &probe.prints {
        _ if probe.foreign.is_some() => false,
        Prints::Value(path) if equal => {
            let check = format!("{path}={wanted}");
            probe.checks.push(("json", Some(check)));
            true
        }
        // The shell takes the line breaks at the end away.
        Prints::Body if equal && probe.is_http() && operator != "-eq" => {
            probe.checks.push(("match", Some(format!("^{}\\n*$", regex_lite::escape(wanted)))));
            probe.prints = Prints::Filtered;
            true
        }
        Prints::Status => match statuses(operator, wanted) {
            Some(status) => {
                probe.set("status", status);
                true
            }
            None => false,
        },
        _ if probe.target.starts_with("redis://") => equal && wanted == "PONG",
        _ if probe.target.starts_with("tcp://") && probe.has("send") && equal => {
            probe.set("expect", wanted.replace('\\', "\\\\"));
            true
        }
        _ => false,
    }
}

/// `-eq 200`, `-lt 400`.
fn statuses(operator: &str, wanted: &str) -> Option<String> {
    let number = wanted.parse::<u16>().ok().filter(|number| (101..600).contains(number))?;
    match operator {
        "=" | "==" | "-eq" => Some(number.to_string()),
        "-lt" => Some(format!("100-{}", number - 1)),
        "-le" => Some(format!("100-{number}")),
        "-gt" if number < 599 => Some(format!("{}-599", number + 1)),
        "-ge" => Some(format!("{number}-599")),
        _ => None,
    }
}
