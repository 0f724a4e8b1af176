//! The order of the source: no two files of src use one another, not even by a
//! detour, each room uses its own floor and those below, and no file has a name
//! that only its author understands.
//!
//! An edge is each `use` and each path, also in macros and attributes, that leads
//! into another file. `mod x;` is none, nor is what only tests see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cycles;
mod names;
mod paths;
mod resolver;
#[path = "../common/skipped.rs"]
mod skipped;
mod skips;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tree::{Edge, Tree};

/// The rooms of src from the ground up. A room is a module right below lib.rs
/// with all that is in it; docs/design.md says what each is for.
const FLOORS: &[&[&str]] = &[
    &["error", "exit_code", "personality", "phase", "signal", "text", "time"],
    &["sys"],
    &["identity", "limits", "logging", "options"],
    &["plan"],
    &["probe", "setup", "spawn"],
    &["health"],
    &["status"],
    &["supervisor"],
    &["compat", "lab"],
    &["cli"],
    &["lib", "main", "testing"],
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn tree() -> Tree {
    Tree::of("hinit", &tree::files_in(&source()))
}

#[test]
fn no_file_uses_another_that_uses_it() {
    let cycles = cycles::all(&tree().edges());
    assert!(cycles.is_empty(), "\n{}", cycles.join("\n"));
}

#[test]
fn every_room_uses_only_its_own_floor_and_those_below() {
    let wrong: BTreeSet<String> = tree().edges().iter().filter_map(climb).collect();
    assert!(wrong.is_empty(), "\n{}", lines(wrong));
}

/// What is wrong with an edge that leads to a higher floor.
fn climb(edge: &Edge) -> Option<String> {
    let [from, to] = [&edge.from, &edge.to].map(|file| floor(tree::room(file)));
    (from? < to?).then(|| format!("{edge}, which is on a higher floor"))
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn every_room_has_its_floor() {
    let files = tree::files_in(&source());
    let rooms: BTreeSet<&str> = files.keys().map(|file| tree::room(file)).collect();
    let listed: BTreeSet<&str> = FLOORS.iter().flat_map(|rooms| rooms.iter().copied()).collect();
    let homeless: Vec<_> = rooms.difference(&listed).collect();
    let empty: Vec<_> = listed.difference(&rooms).collect();
    assert!(
        homeless.is_empty(),
        "FLOORS in tests/house/main.rs does not say on which floor these are: {homeless:?}"
    );
    assert!(empty.is_empty(), "FLOORS in tests/house/main.rs lists rooms that src does not have: {empty:?}");
}

#[test]
fn docs_design_md_shows_the_same_floors() {
    let text = std::fs::read_to_string(source().with_file_name("docs/design.md")).unwrap();
    let table = text.lines().skip_while(|line| !line.starts_with("| floor |")).skip(2);
    let shown: Vec<BTreeSet<&str>> = table.take_while(|line| line.starts_with('|')).map(rooms_of).collect();
    let all = FLOORS.iter().map(|rooms| rooms.iter().copied().collect());
    let below_the_roots: Vec<BTreeSet<&str>> = all.take(FLOORS.len() - 1).collect();
    assert_eq!(shown, below_the_roots);
}

/// What stands in backticks in the second column.
fn rooms_of(row: &str) -> BTreeSet<&str> {
    row.split('|').nth(2).unwrap_or_default().split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_file_is_a_module() {
    let tree = tree();
    let files = tree::files_in(&source());
    let stray: Vec<_> = files.keys().filter(|file| !tree.knows(file)).collect();
    assert!(stray.is_empty(), "no `mod` declares these files of src: {stray:?}");
}

#[test]
fn names_are_terms_of_the_trade() {
    let files = tree::files_in(&source());
    let found = names::metaphors_in(&files);
    assert!(found.is_empty(), "\n{}", lines(found));
}

fn lines(all: impl IntoIterator<Item = String>) -> String {
    all.into_iter().collect::<Vec<_>>().join("\n")
}
