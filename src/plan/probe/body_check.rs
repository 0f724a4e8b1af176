//! The checks of an HTTP body: `--contains`, `--match` and `--json`.

use crate::error::{Error, Result};
use regex_lite::Regex;
use serde_json::Value;
use std::fmt;

/// One check of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyCheck {
    /// What must be found.
    pub test: BodyTest,
    /// `--not`: it must not be found. There must be an answer all the same.
    pub negated: bool,
}

/// What must be found in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyTest {
    /// `--contains`: this text; never empty.
    Contains(String),
    /// `--match`: a match of this pattern, anywhere.
    Match(Pattern),
    /// `--json`: this value at this path.
    Json(JsonTest),
}

/// A regular expression. Two are equal if their texts are.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

/// `--json PATH=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonTest {
    /// As written, for messages: `checks[0].status=UP`.
    pub written: String,
    /// The names and indices that lead from the document to the value.
    pub path: Vec<String>,
    /// What must be there.
    pub value: String,
}

impl Pattern {
    /// # Errors
    /// An invalid regular expression.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Regex::new(text)
            .map(Self)
            .map_err(|error| Error::new(format!("'{text}' is not a valid regular expression: {error}")))
    }

    /// Whether it matches anywhere in `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl JsonTest {
    /// Reads `PATH=VALUE`: `status=UP`, `.status.db=true`, `checks[0].ok=1`,
    /// `"a.b".c=1`, and `$.status=UP` as in JSONPath. Blanks around the `=` are
    /// ignored; a VALUE that starts or ends with one needs quotes.
    ///
    /// # Errors
    /// No `=`, or an empty name in the path.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (path, value) = path_and_value(text).ok_or_else(|| {
            Error::new(format!(
                "'{text}' is not PATH=VALUE; write one such as status.db=UP, or \"a.b\".c=1 for a name with a dot"
            ))
        })?;
        Ok(Self { written: text.to_owned(), path, value: value.trim().to_owned() })
    }

    /// The value at the path.
    pub(crate) fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        self.path.iter().try_fold(document, |value, step| match value {
            Value::Object(fields) => fields.get(step),
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Whether this is the expected value: a string by its text, anything else as JSON.
    pub(crate) fn accepts(&self, found: &Value) -> bool {
        match found {
            Value::String(text) if *text == self.value => true,
            _ => serde_json::from_str::<Value>(&self.value).is_ok_and(|wanted| is_equal(&wanted, found)),
        }
    }
}

/// JSON has one type of number: 1 is 1.0.
fn is_equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(number), Some(found)) if one.is_f64() != other.is_f64() => number.total_cmp(&found).is_eq(),
        _ => one == other,
    }
}

/// The steps of a path, and what follows its `=`.
fn path_and_value(text: &str) -> Option<(Vec<String>, &str)> {
    let text = text.trim_start();
    let rest = text.strip_prefix('$').filter(|rest| rest.starts_with(['.', '['])).unwrap_or(text);
    let mut rest = rest.strip_prefix('.').unwrap_or(rest);
    let mut path = Vec::new();
    loop {
        let (name, after) = step(rest).filter(|(name, _)| !name.is_empty())?;
        path.push(name.to_owned());
        rest = match after.strip_prefix('.') {
            Some(rest) => rest,
            None if after.starts_with('[') => after,
            // `==` is a mistake: it would wait for a value that starts with `=`.
            None => {
                let value = after.trim_start().strip_prefix('=')?;
                return (!value.starts_with('=')).then_some((path, value));
            }
        };
    }
}

/// The first of `name`, `"any.name"`, `[0]` and `["any.name"]`, and what follows it.
fn step(text: &str) -> Option<(&str, &str)> {
    match (text.strip_prefix("[\""), text.strip_prefix('['), text.strip_prefix('"')) {
        (Some(quoted), _, _) => quoted.split_once("\"]"),
        (_, Some(index), _) => index.split_once(']'),
        (_, _, Some(quoted)) => quoted.split_once('"'),
        _ => {
            let (name, after) = text.split_at(text.find(['.', '[', ']', '=']).unwrap_or(text.len()));
            Some((name.trim_end(), after))
        }
    }
}

impl fmt::Display for BodyTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(text) => write!(f, "contain '{text}'"),
            Self::Match(pattern) => write!(f, "match '{pattern}'"),
            Self::Json(test) => write!(f, "have '{}'", test.written),
        }
    }
}
