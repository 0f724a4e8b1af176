//! A health check of the corpus as a command, with the test server's host and
//! port.

use regex_lite::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Placeholder of the server's port.
const PORT: &str = "@PORT@";

/// The command of a health check.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Line {
    /// Run by `/bin/sh -c`.
    Shell(String),
    /// Executed directly.
    Exec(Vec<String>),
}

/// Which program a check calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Curl,
    Wget,
}

pub fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.ancestors().map(|dir| dir.join("shared/corpus/healthchecks.jsonl")).find(|path| path.exists())
}

/// Every check that calls `tool`.
pub fn read(path: &Path, tool: Tool) -> Vec<Line> {
    let text = fs::read_to_string(path).unwrap();
    let raw = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["raw"].as_str().unwrap().to_owned());
    raw.filter_map(|raw| Line::of(&raw)).filter(|line| line.calls(tool)).map(Line::redirected).collect()
}

impl Line {
    fn of(raw: &str) -> Option<Self> {
        match raw.strip_prefix("healthcheck: ") {
            Some(json) => Self::of_compose(&serde_json::from_str(json).unwrap()),
            None => Self::of_dockerfile(raw),
        }
    }

    fn of_compose(check: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().replace("$$", "$");
        match &check["test"] {
            test @ Value::String(_) => Some(Self::Shell(text(test))),
            Value::Array(args) if args.len() > 1 => match args[0].as_str()? {
                "CMD-SHELL" => Some(Self::Shell(text(&args[1]))),
                "CMD" => Some(Self::Exec(args[1..].iter().map(text).collect())),
                _ => None,
            },
            _ => None,
        }
    }

    fn of_dockerfile(raw: &str) -> Option<Self> {
        let (_, command) = raw.split_once("CMD ")?;
        match serde_json::from_str::<Vec<String>>(command.trim()) {
            Ok(args) => Some(Self::Exec(args)),
            Err(_) => Some(Self::Shell(command.trim().to_owned())),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Shell(text) => text.clone(),
            Self::Exec(args) => args.join(" "),
        }
    }

    fn calls(&self, tool: Tool) -> bool {
        static CURL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(^|[\s/(`'"])curl\s"#).unwrap());
        static WGET: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(^|[\s/(`'"])wget\s"#).unwrap());
        match tool {
            Tool::Curl => CURL.is_match(&self.text()),
            Tool::Wget => WGET.is_match(&self.text()),
        }
    }

    /// The tool's options in it: `-f`, `--max-time`.
    pub fn flags(&self, tool: Tool) -> BTreeSet<String> {
        let (name, with_value) = match tool {
            Tool::Curl => ("curl", "omHudXwAbeE"),
            Tool::Wget => ("wget", "OoTtUY"),
        };
        let text = self.text();
        let commands = text.split(['|', ';', '&']).filter_map(|command| command.split_once(name));
        let args =
            commands.flat_map(|(_, args)| args.split_whitespace()).map(|arg| arg.trim_matches(['"', '\'']));
        args.flat_map(|arg| flags_of(arg, with_value)).collect()
    }

    /// Whether GNU wget sends HEAD.
    pub fn is_spider(&self) -> bool {
        self.text().contains("--spider")
    }

    fn redirected(self) -> Self {
        match self {
            Self::Shell(text) => Self::Shell(redirect(&text)),
            Self::Exec(args) => Self::Exec(args.iter().map(|arg| redirect(arg)).collect()),
        }
    }

    /// Replaces the port's placeholder.
    pub fn to(&self, port: u16) -> Self {
        let to = |text: &String| text.replace(PORT, &port.to_string());
        match self {
            Self::Shell(text) => Self::Shell(to(text)),
            Self::Exec(args) => Self::Exec(args.iter().map(to).collect()),
        }
    }

    /// Whether it sets a timeout.
    pub fn has_time_limit(&self) -> bool {
        static LIMIT: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(^|\s)(-m ?[0-9]|--max-time|--timeout|-T ?[0-9])").unwrap());
        LIMIT.is_match(&self.text())
    }
}

/// `--max-time=3` is one flag, `-fsSm3` is four, and wget's `-nv` is one.
fn flags_of(arg: &str, with_value: &str) -> Vec<String> {
    if arg.starts_with("--") {
        return arg.split('=').next().map(str::to_owned).into_iter().collect();
    }
    if arg == "-nv" {
        return vec![arg.to_owned()];
    }
    let letters = arg.strip_prefix('-').unwrap_or_default();
    let end = letters.find(|letter| with_value.contains(letter)).map_or(letters.len(), |at| at + 1);
    letters[..end].chars().map(|letter| format!("-{letter}")).collect()
}

/// Replaces every host and port by the server's.
fn redirect(text: &str) -> String {
    static URL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(https?)://(`[^`]*`|\$\{[^}]*\}|[^/\s"'`|;)$]|\$\w+)+"#).unwrap());
    static BARE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(^|\s)(localhost|127\.0\.0\.1|0\.0\.0\.0)(:\d+)?($|[\s/])").unwrap());
    static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(^|\s)/(usr/bin/)?curl(\s|$)").unwrap());
    static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"/etc/harbor/ssl/\w+\.key").unwrap());
    static CERT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"/etc/harbor/ssl/\w+\.crt").unwrap());
    let certs = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certs");
    let text = URL.replace_all(text, format!("$1://127.0.0.1:{PORT}"));
    let text = BARE.replace_all(&text, format!("${{1}}127.0.0.1:{PORT}$4"));
    let text = PATH.replace_all(&text, "${1}curl$3");
    let text = KEY.replace_all(&text, format!("{certs}/client.key"));
    CERT.replace_all(&text, format!("{certs}/client.pem")).into_owned()
}
