//! YAML to a small tree, by yaml-rust2's events: aliases are shared and
//! nothing recurses, so no file can cost more than its size.

use crate::error::{Error, Result};
use std::rc::Rc;
use yaml_rust2::parser::{Event, Parser};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    Scalar(String),
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    /// The value of a key; a key of the map itself before one that `<<` merges in.
    pub(super) fn get(&self, key: &str) -> Option<&Rc<Self>> {
        let Self::Map(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// What `<<` merges into a map, one after the other.
    pub(super) fn merged(&self) -> Vec<&Rc<Self>> {
        match self.get("<<").map(|node| (node, &**node)) {
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
    nodes: Vec<Rc<Node>>,
    is_map: bool,
}

const DEEPEST: usize = 100;

/// The first document of a file.
///
/// # Errors
/// The parser's own, with the line.
pub(super) fn parse(text: &str) -> Result<Rc<Node>> {
    let mut parser = Parser::new_from_str(text);
    let mut anchors: Vec<(usize, Rc<Node>)> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    loop {
        let (event, mark) = parser.next_token().map_err(|error| {
            Error::new(format!("line {}: this is not YAML: {}", error.marker().line(), error.info()))
        })?;
        let done = match event {
            Event::Scalar(text, _, anchor, _) => Some((anchor, Rc::new(Node::Scalar(text)))),
            Event::Alias(anchor) => Some((0, aliased(&anchors, anchor))),
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) if open.len() >= DEEPEST => {
                let _ = anchor;
                return Err(Error::new(format!("line {}: it is nested too deeply", mark.line())));
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
            Event::DocumentEnd | Event::StreamEnd => return Err(Error::new("there is nothing in it")),
            Event::Nothing | Event::StreamStart | Event::DocumentStart => None,
        };
        let Some((anchor, node)) = done else { continue };
        if anchor > 0 {
            anchors.push((anchor, Rc::clone(&node)));
        }
        match open.last_mut() {
            Some(collection) => collection.nodes.push(node),
            None => return Ok(node),
        }
    }
}

/// The parser numbers anchors from 1, and refuses an alias of none.
fn aliased(anchors: &[(usize, Rc<Node>)], anchor: usize) -> Rc<Node> {
    let found = anchors.iter().rev().find(|(number, _)| *number == anchor);
    found.map_or_else(|| Rc::new(Node::Scalar(String::new())), |(_, node)| Rc::clone(node))
}

fn closed(open: Open) -> (usize, Rc<Node>) {
    if !open.is_map {
        return (open.anchor, Rc::new(Node::List(open.nodes)));
    }
    let pairs = open.nodes.chunks_exact(2);
    let entries = pairs.map(|pair| (pair[0].text().unwrap_or_default().to_owned(), Rc::clone(&pair[1])));
    (open.anchor, Rc::new(Node::Map(entries.collect())))
}
