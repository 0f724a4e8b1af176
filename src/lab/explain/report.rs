//! The old check said with hinit, in lines to copy.

use super::meaning::{self, Instead};
use super::probe::Probe;
use super::source::{Check, Dialect, Test};
use super::tools::quoted;
use crate::text::one_line;
use std::fmt;

/// How much of a note is shown, in bytes; it may quote the old check.
const SHOWN: usize = 300;

/// One health check and what hinit has instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// `line 12, stage app`, `service web`; empty for a line by itself.
    pub place: String,
    /// The old check, in one line.
    pub old: String,
    /// The check that runs `hinit probe`, or why there is none.
    pub probe: Result<String, String>,
    /// The words of each `hinit probe` in it, as hinit gets them; what compose
    /// fills in is one character from U+F0000 on.
    pub words: Vec<Vec<String>>,
    /// PID 1 that looks by itself; none for a check that looks at nothing.
    pub run: Option<String>,
    /// What is wrong with the old check, or different in the new one.
    pub notes: Vec<String>,
}

/// Says a check with hinit.
pub(super) fn explain(check: &Check) -> Explained {
    let meaning = meaning::of(&check.test);
    let mut notes = check.notes.clone();
    notes.extend(meaning.notes);
    check.timing.mistakes(&mut notes);
    let writer = Writer { check };
    let (probe, words, run) = match meaning.instead {
        Ok(instead) => {
            let probes = match &instead {
                Instead::All(probes) | Instead::Any(probes) => probes,
            };
            if probes.len() > 1 {
                notes.push(needs_shell(&instead).to_owned());
            }
            let words = probes.iter().map(Probe::words).collect();
            (Ok(writer.probe(&instead)), words, Some(writer.run(&instead, meaning.acts)))
        }
        Err(why) => (Err(why), Vec::new(), writer.run_old()),
    };
    let shown = |text: String| match &check.dialect {
        Dialect::Dockerfile => one_line(&text, SHOWN),
        Dialect::Compose(frozen) => one_line(&frozen.restored(&text), SHOWN),
    };
    let whole = |line: String| one_line(&line, usize::MAX);
    let probe = probe.map(whole).map_err(shown);
    let (run, notes) = (run.map(whole), notes.into_iter().map(shown).collect());
    Explained { place: check.place.clone(), old: check.old.clone(), probe, words, run, notes }
}

fn needs_shell(instead: &Instead) -> &'static str {
    match instead {
        Instead::All(_) => {
            "several probes in one HEALTHCHECK need a shell in the image; PID 1's several --health and /hinit status do not"
        }
        Instead::Any(_) => "one of several probes needs a shell in the image",
    }
}

struct Writer<'a> {
    check: &'a Check,
}

impl Writer<'_> {
    fn probe(&self, instead: &Instead) -> String {
        let limit = self.check.timing.long_limit();
        let commands = |probes: &[Probe]| -> Vec<Vec<String>> {
            probes.iter().map(|probe| probe_words(probe, limit.as_deref())).collect()
        };
        match instead {
            Instead::All(probes) if probes.len() == 1 => self.exec_form(&commands(probes)[0]),
            Instead::All(probes) => self.shell_form(&joined(&commands(probes), " && ")),
            Instead::Any(probes) => self.shell_form(&joined(&commands(probes), " || ")),
        }
    }

    fn exec_form(&self, words: &[String]) -> String {
        match &self.check.dialect {
            Dialect::Dockerfile => format!("HEALTHCHECK {}CMD {}", self.flags(), self.list(words)),
            Dialect::Compose(_) => {
                let words: Vec<String> = ["CMD".to_owned()].iter().chain(words).cloned().collect();
                format!("test: {}", self.list(&words))
            }
        }
    }

    fn shell_form(&self, script: &str) -> String {
        match &self.check.dialect {
            Dialect::Dockerfile => format!("HEALTHCHECK {}CMD {script}", self.flags()),
            Dialect::Compose(_) => format!("test: {}", self.list(&["CMD-SHELL".into(), script.into()])),
        }
    }

    fn flags(&self) -> String {
        let flag = |(name, value): &(&str, String)| format!("--{name}={value} ");
        self.check.timing.written.iter().map(flag).collect::<Vec<_>>().concat()
    }

    fn run(&self, instead: &Instead, acts: bool) -> String {
        let mut words = Vec::new();
        match instead {
            Instead::All(probes) => {
                for probe in probes {
                    let text: Vec<String> = probe.words().iter().map(|word| quoted(word)).collect();
                    words.extend(["--health".to_owned(), text.join(" ")]);
                }
            }
            Instead::Any(probes) => {
                let commands: Vec<Vec<String>> =
                    probes.iter().map(|probe| probe_words(probe, None)).collect();
                words.extend(["--health-cmd".to_owned(), joined(&commands, " || ")]);
            }
        }
        if acts {
            words.extend(["--health-on-failure".to_owned(), "stop".to_owned()]);
        }
        self.entrypoint(words)
    }

    /// The old command, which hinit runs by itself where Docker had to.
    fn run_old(&self) -> Option<String> {
        let command = match &self.check.test {
            Test::Exec(words) => self.list(words),
            Test::Shell { script, .. } => script.clone(),
            Test::Off => return Some(self.entrypoint(vec!["--no-healthcheck".into()])),
            Test::Inherited => return None,
        };
        Some(self.entrypoint(vec!["--health-cmd".into(), command]))
    }

    fn entrypoint(&self, mut words: Vec<String>) -> String {
        words.insert(0, "/hinit".into());
        for (name, value) in &self.check.timing.written {
            words.extend([format!("--health-{name}"), value.clone()]);
        }
        words.push("--".into());
        match &self.check.dialect {
            Dialect::Dockerfile => format!("ENTRYPOINT {}", self.list(&words)),
            Dialect::Compose(_) => format!("entrypoint: {}", self.list(&words)),
        }
    }

    /// A JSON list, which is YAML as well, in the file's own notation.
    fn list(&self, words: &[String]) -> String {
        let items = words.iter().map(|word| serde_json::Value::from(self.written(word)).to_string());
        format!("[{}]", items.collect::<Vec<_>>().join(", "))
    }

    fn written(&self, word: &str) -> String {
        match &self.check.dialect {
            Dialect::Dockerfile => word.to_owned(),
            Dialect::Compose(frozen) => frozen.thaw(word),
        }
    }
}

fn probe_words(probe: &Probe, limit: Option<&str>) -> Vec<String> {
    let mut words = vec!["/hinit".to_owned(), "probe".to_owned()];
    words.extend(probe.words());
    if let Some(limit) = limit.filter(|_| !probe.has("timeout")) {
        words.extend(["--timeout".to_owned(), limit.to_owned()]);
    }
    words
}

/// Commands for a shell; hinit expands `${NAME}` by itself, so it is quoted.
fn joined(commands: &[Vec<String>], operator: &str) -> String {
    let command =
        |words: &Vec<String>| words.iter().map(|word| for_shell(word)).collect::<Vec<_>>().join(" ");
    commands.iter().map(command).collect::<Vec<_>>().join(operator)
}

fn for_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            writeln!(f, "{}:", self.place)?;
        }
        writeln!(f, "  old:   {}", self.old)?;
        match &self.probe {
            Ok(line) => writeln!(f, "  new:   {line}")?,
            Err(why) => writeln!(f, "  left:  {why}")?,
        }
        if let Some(run) = &self.run {
            writeln!(f, "  PID 1: {run}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "  note:  {note}"))
    }
}
