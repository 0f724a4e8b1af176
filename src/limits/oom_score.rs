//! `--oom-score-adj`: which processes the OOM killer prefers.

use crate::error::{Error, Result};

/// Reads -1000 (never) to 1000 (first), as `docker run` does.
///
/// # Errors
/// Not a number in that range.
pub fn parse(text: &str) -> Result<i16> {
    text.parse().ok().filter(|score| (-1000..=1000).contains(score)).ok_or_else(|| {
        let text = text.escape_debug();
        Error::new(format!(
            "'{text}' is not an OOM score; write a number from -1000 (never kill it) to 1000 (kill it first)"
        ))
    })
}

/// Sets the score of hinit, which the app inherits. Lowering it needs
/// `CAP_SYS_RESOURCE`. A failure is a warning, since the app runs without it.
pub(crate) fn adjust(score: i16) {
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", score.to_string()) {
        log::warn!("--oom-score-adj {score}: {error}; set it with docker run instead");
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_dockers_range_and_nothing_else() {
        for (text, score) in [("0", 0), ("-1000", -1000), ("1000", 1000), ("500", 500)] {
            assert_eq!(parse(text), Ok(score));
        }
        for text in ["", "1001", "-1001", "high", "1.5", " 1"] {
            assert!(parse(text).unwrap_err().to_string().contains("from -1000"), "{text}");
        }
    }
}
