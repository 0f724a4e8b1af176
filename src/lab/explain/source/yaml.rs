//! Parses YAML into a small tree from yaml-rust2's events. Aliases are shared
//! and nothing recurses, so the cost is bounded by the size of the file.

use crate::error::{Error, Result};
use std::rc::Rc;
use yaml_rust2::parser::{Event, Parser};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Yaml {
    Scalar(String),
    List(Vec<Rc<Yaml>>),
    Map(Vec<Entry>),
}

/// A key of a map, and its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    /// The line of the key.
    pub(super) line: usize,
    pub(super) value: Rc<Yaml>,
}

impl Yaml {
    /// The value of a key of the map itself; the last one wins.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        let Self::Map(entries) = self else { return None };
        entries.iter().rev().find(|entry| entry.key == key)
    }

    /// The maps that `<<` merges in, in their order.
    pub(super) fn merged(&self) -> Vec<&Rc<Self>> {
        match self.get("<<").map(|entry| (&entry.value, &*entry.value)) {
            Some((_, Self::List(nodes))) => nodes.iter().collect(),
            Some((node, _)) => vec![node],
            None => Vec::new(),
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(text) => Some(text),
            _ => None,
        }
    }
}

/// A collection that is still open.
struct Open {
    anchor: usize,
    /// Each with its line.
    nodes: Vec<(usize, Rc<Yaml>)>,
    is_map: bool,
}

const MAX_DEPTH: usize = 100;

/// The first document of a file.
///
/// # Errors
/// The error of the parser, with the line.
pub(super) fn parse(text: &str) -> Result<Rc<Yaml>> {
    let mut parser = Parser::new_from_str(text);
    let mut anchors: Vec<(usize, Rc<Yaml>)> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    loop {
        let (event, mark) = parser.next_token().map_err(|error| {
            Error::new(format!("line {}: invalid YAML: {}", error.marker().line(), error.info()))
        })?;
        let done = match event {
            Event::Scalar(text, _, anchor, _) => Some((anchor, Rc::new(Yaml::Scalar(text)))),
            Event::Alias(anchor) => Some((0, aliased(&anchors, anchor))),
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) if open.len() >= MAX_DEPTH => {
                let _ = anchor;
                return Err(Error::new(format!("line {}: nested too deeply", mark.line())));
            }
            Event::SequenceStart(anchor, _) => {
                open.push(Open { anchor, nodes: Vec::new(), is_map: false });
                None
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open { anchor, nodes: Vec::new(), is_map: true });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(closed),
            Event::DocumentEnd | Event::StreamEnd => return Err(Error::new("the file is empty")),
            Event::Nothing | Event::StreamStart | Event::DocumentStart => None,
        };
        let Some((anchor, node)) = done else { continue };
        if anchor > 0 {
            anchors.push((anchor, Rc::clone(&node)));
        }
        match open.last_mut() {
            Some(collection) => collection.nodes.push((mark.line(), node)),
            None => return Ok(node),
        }
    }
}

/// The parser numbers anchors from 1, and rejects an alias without an anchor.
fn aliased(anchors: &[(usize, Rc<Yaml>)], anchor: usize) -> Rc<Yaml> {
    let found = anchors.iter().rev().find(|(number, _)| *number == anchor);
    found.map_or_else(|| Rc::new(Yaml::Scalar(String::new())), |(_, node)| Rc::clone(node))
}

fn closed(open: Open) -> (usize, Rc<Yaml>) {
    if !open.is_map {
        let nodes = open.nodes.into_iter().map(|(_, node)| node);
        return (open.anchor, Rc::new(Yaml::List(nodes.collect())));
    }
    let entries = open.nodes.chunks_exact(2).map(|pair| Entry {
        key: pair[0].1.text().unwrap_or_default().to_owned(),
        line: pair[0].0,
        value: Rc::clone(&pair[1].1),
    });
    (open.anchor, Rc::new(Yaml::Map(entries.collect())))
}
