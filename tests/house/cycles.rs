//! Files that use one another.

use crate::tree::Edge;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

type Graph<'edges> = BTreeMap<&'edges str, BTreeMap<&'edges str, &'edges Edge>>;

/// Each strongly connected component of more than one file: its shortest cycle,
/// then all its edges.
pub fn all(edges: &BTreeSet<Edge>) -> Vec<String> {
    let graph = graph(edges);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for file in graph.keys() {
        if seen.contains(file) {
            continue;
        }
        let component = component(&graph, file);
        seen.extend(component.iter().copied());
        if component.len() > 1 {
            found.push(description(&graph, &component));
        }
    }
    found
}

fn graph(edges: &BTreeSet<Edge>) -> Graph<'_> {
    let mut graph = Graph::new();
    for edge in edges {
        graph.entry(&edge.from).or_default().entry(&edge.to).or_insert(edge);
        graph.entry(&edge.to).or_default();
    }
    graph
}

/// The files that this one leads to and that lead to it.
fn component<'edges>(graph: &Graph<'edges>, file: &'edges str) -> BTreeSet<&'edges str> {
    let ahead = reachable(graph, file);
    ahead.into_iter().filter(|other| reachable(graph, other).contains(file)).collect()
}

fn reachable<'edges>(graph: &Graph<'edges>, file: &'edges str) -> BTreeSet<&'edges str> {
    let mut seen = BTreeSet::from([file]);
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        next.extend(graph[file].keys().filter(|to| seen.insert(to)));
    }
    seen
}

fn description(graph: &Graph<'_>, component: &BTreeSet<&str>) -> String {
    let mut text = format!("{} files use one another. The shortest cycle:\n", component.len());
    let cycles = component.iter().map(|file| shortest_cycle(graph, file));
    write_edges(&mut text, cycles.min_by_key(Vec::len).unwrap_or_default());
    text.push_str("  all edges:\n");
    let inside =
        |edge: &&&Edge| component.contains(edge.from.as_str()) && component.contains(edge.to.as_str());
    write_edges(&mut text, graph.values().flat_map(BTreeMap::values).filter(inside).copied());
    text
}

fn write_edges<'edges>(text: &mut String, edges: impl IntoIterator<Item = &'edges Edge>) {
    for edge in edges {
        let _ = writeln!(text, "    {edge}");
    }
}

/// The way from a file of a component back to itself.
fn shortest_cycle<'edges>(graph: &Graph<'edges>, file: &str) -> Vec<&'edges Edge> {
    let mut came_by: BTreeMap<&str, &Edge> = BTreeMap::new();
    let mut next = VecDeque::from([file]);
    while let Some(from) = next.pop_front() {
        for (to, edge) in &graph[from] {
            if !came_by.contains_key(to) {
                came_by.insert(to, edge);
                next.push_back(to);
            }
        }
        if came_by.contains_key(file) {
            break;
        }
    }
    way_back(&came_by, file)
}

fn way_back<'edges>(came_by: &BTreeMap<&str, &'edges Edge>, file: &str) -> Vec<&'edges Edge> {
    let mut way = Vec::new();
    let mut at = file;
    while let Some(edge) = came_by.get(at) {
        way.push(*edge);
        at = &edge.from;
        if at == file {
            break;
        }
    }
    way.reverse();
    way
}
