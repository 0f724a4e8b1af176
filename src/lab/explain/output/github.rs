//! `--format github`: workflow commands, which GitHub Actions shows as
//! annotations: `::warning file=Dockerfile,line=3,title=ID::TEXT`.

use crate::lab::explain::notes::Finding;
use crate::lab::explain::report::Explained;
use crate::lab::explain::rules::Level;
use crate::text::one_line;

pub(super) fn print(checks: &[Explained], file: Option<&str>) -> String {
    checks.iter().flat_map(Explained::results).map(|note| command(&note, file) + "\n").collect()
}

fn command(note: &Finding, file: Option<&str>) -> String {
    let name = match note.rule.level() {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(file) = file {
        properties.push(format!("file={}", property(&one_line(file, usize::MAX))));
        properties.extend(note.line.map(|line| format!("line={line}")));
    }
    properties.push(format!("title={}", note.rule.id()));
    format!("::{name} {}::{}", properties.join(","), escaped(&note.text))
}

/// A text is in one line already, so that only the escape character is left.
fn escaped(text: &str) -> String {
    text.replace('%', "%25")
}

fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}
