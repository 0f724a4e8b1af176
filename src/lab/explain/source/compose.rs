//! A compose file's `healthcheck:` of each service.

use super::instruction::SHOWN;
use super::yaml::{self, Node};
use super::{Check, Dialect, Test};
use crate::error::{Error, Result};
use crate::lab::explain::shell::word::name_length;
use crate::lab::explain::timing::{NAMES, Timing};
use crate::text::one_line;
use std::fmt::Write as _;

/// What compose itself expands: `${PORT}` in the file is text before any
/// shell sees it, `$${PORT}` is a `${PORT}` for the shell.
///
/// Each of compose's own is replaced by one character of a private use area,
/// which every parser takes for an ordinary one, and put back at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::lab::explain) struct Frozen(Vec<String>);

const FIRST: u32 = 0xf0000;
/// How many stand-ins there are, less one.
const LAST: u32 = 0xfffd;

impl Frozen {
    fn freeze(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out += &rest[..at];
            rest = &rest[at + 1..];
            let length = own_length(rest);
            if rest.starts_with('$') {
                out.push('$');
                rest = &rest[1..];
            } else if length == 0 {
                out.push('$');
            } else {
                out.push(self.stand_in(&rest[..length]));
                rest = &rest[length..];
            }
        }
        out + rest
    }

    fn stand_in(&mut self, written: &str) -> char {
        self.0.push(format!("${written}"));
        let number = u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX);
        // More than the private use area holds is no compose file: the last one stands for all.
        char::from_u32(FIRST.saturating_add(number.min(LAST))).unwrap_or('\u{ffffd}')
    }

    /// As it must be written in the file again.
    pub(in crate::lab::explain) fn thaw(&self, text: &str) -> String {
        self.restored(&text.replace('$', "$$"))
    }

    /// With what compose expands as it was written.
    pub(in crate::lab::explain) fn restored(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match u32::from(c).checked_sub(FIRST).and_then(|number| self.0.get(number as usize)) {
                Some(written) => out += written,
                None => out.push(c),
            }
        }
        out
    }
}

/// Whether it stands for what compose expands.
pub(in crate::lab::explain) fn is_frozen(c: char) -> bool {
    u32::from(c).checked_sub(FIRST).is_some_and(|number| number <= LAST)
}

/// How long `{NAME...}` or `NAME` is, after its dollar sign.
fn own_length(text: &str) -> usize {
    let Some(inside) = text.strip_prefix('{') else { return name_length(text) };
    let mut depth = 1;
    for (at, c) in inside.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 {
            return at + 2;
        }
    }
    0
}

/// Every service's check; a text that is only `healthcheck: ...` has one.
///
/// # Errors
/// What is no YAML, and a `healthcheck:` that compose would refuse.
pub(super) fn checks(text: &str) -> Result<Vec<Check>> {
    let root = yaml::parse(text)?;
    if let Some(healthcheck) = root.get("healthcheck") {
        return Ok(vec![check(String::new(), healthcheck)?]);
    }
    let Some(Node::Map(services)) = root.get("services").map(|node| &**node) else { return Ok(Vec::new()) };
    let found = services.iter().filter_map(|(name, service)| Some((name, find(service, "healthcheck")?)));
    found.map(|(name, node)| check(one_line(&format!("service {name}"), SHOWN), node)).collect()
}

/// The value of a key, there or merged in by `<<`.
fn find<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    find_within(node, key, 0)
}

fn find_within<'a>(node: &'a Node, key: &str, depth: u32) -> Option<&'a Node> {
    const DEEPEST: u32 = 10;
    if let Some(own) = node.get(key) {
        return Some(own);
    }
    if depth > DEEPEST {
        return None;
    }
    node.merged().into_iter().find_map(|merged| find_within(merged, key, depth + 1))
}

fn check(place: String, node: &Node) -> Result<Check> {
    let mut frozen = Frozen::default();
    let mut timing = Timing::default();
    for name in NAMES {
        let value = find(node, &name.replace('-', "_")).and_then(Node::text);
        if let Some(value) = value {
            timing.set(name, frozen.freeze(value));
        }
    }
    let test = find(node, "test");
    let disabled = find(node, "disable").and_then(Node::text) == Some("true");
    let old = match test {
        _ if disabled => "disable: true".to_owned(),
        Some(test) => format!("test: {}", shown(test)),
        None => "no test:".to_owned(),
    };
    let test = match test {
        _ if disabled => Test::Off,
        None => Test::Inherited,
        Some(node) => test_of(node, &mut frozen).map_err(|error| error.at(&place))?,
    };
    Ok(Check {
        place,
        old: one_line(&old, SHOWN),
        test,
        timing,
        dialect: Dialect::Compose(frozen),
        notes: Vec::new(),
    })
}

fn test_of(node: &Node, frozen: &mut Frozen) -> Result<Test> {
    let wrong = || Error::new("test: is neither a string nor a list of strings");
    let shell = |script: String, extra| Test::Shell { script, shell: Vec::new(), extra };
    let words: Vec<String> = match node {
        Node::Scalar(text) if text == "NONE" => return Ok(Test::Off),
        Node::Scalar(text) => return Ok(shell(frozen.freeze(text), Vec::new())),
        Node::List(nodes) => nodes
            .iter()
            .map(|node| node.text().map(|text| frozen.freeze(text)))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?,
        Node::Map(_) => return Err(wrong()),
    };
    match words.split_first() {
        None => Ok(Test::Inherited),
        Some((first, _)) if first == "NONE" => Ok(Test::Off),
        Some((first, rest)) if first == "CMD" && !rest.is_empty() => Ok(Test::Exec(rest.to_vec())),
        Some((first, [script, extra @ ..])) if first == "CMD-SHELL" => {
            Ok(shell(script.clone(), extra.to_vec()))
        }
        Some((first, _)) => {
            Err(Error::new(format!("a list in test: begins with CMD, CMD-SHELL or NONE, not '{first}'")))
        }
    }
}

/// A test as it is written, in YAML's flow style.
fn shown(node: &Node) -> String {
    match node {
        Node::Scalar(text) => text.trim().to_owned(),
        Node::List(nodes) => {
            let mut out = String::from("[");
            for (at, node) in nodes.iter().enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                let _ = write!(out, "{comma}{}", serde_json::Value::from(node.text().unwrap_or_default()));
            }
            out + "]"
        }
        Node::Map(_) => "{...}".to_owned(),
    }
}
