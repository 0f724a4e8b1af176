//! What explain prints: text for people, and what CI reads.

mod github;
mod json;
mod sarif;

use super::report::Explained;

/// The format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// The old line, the new lines and the notes.
    Text,
    /// An array with an object for each check; docs/explain.md has its schema.
    Json,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A log in SARIF 2.1.0.
    Sarif,
}

impl OutputFormat {
    /// The values of `--format`, in the order of the variants.
    pub const NAMES: [&str; 4] = ["text", "json", "github", "sarif"];

    /// The format of a name; none for an unknown one.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            "github" => Some(Self::Github),
            "sarif" => Some(Self::Sarif),
            _ => None,
        }
    }

    /// The checks in this format; `file` is the path that was given, if any.
    pub fn print(self, checks: &[Explained], file: Option<&str>) -> String {
        match self {
            Self::Text => checks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            Self::Json => json::print(checks, file),
            Self::Github => github::print(checks, file),
            Self::Sarif => sarif::print(checks, file),
        }
    }
}
