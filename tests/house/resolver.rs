//! The check itself, tried on small trees that are made up.

use crate::cycles;
use crate::tree::{Edge, Tree};
use std::collections::BTreeMap;

fn tree(files: &[(&str, &str)]) -> Tree {
    let files: BTreeMap<String, String> =
        files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    Tree::of("house", &files)
}

/// Each edge as `from > to`.
fn edges(files: &[(&str, &str)]) -> Vec<String> {
    let mut edges: Vec<String> = tree(files).edges().iter().map(short).collect();
    edges.dedup();
    edges
}

fn short(edge: &Edge) -> String {
    let [from, to] = [&edge.from, &edge.to].map(|file| file.trim_end_matches(".rs"));
    format!("{from} > {to}")
}

/// What `a.rs` leads to when it says this, beside `a/child.rs`, `b.rs` and
/// `b/deep.rs`.
fn from_a(text: &str) -> Vec<String> {
    let a = format!("mod child; {text}");
    let mut all = edges(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", &a),
        ("a/child.rs", ""),
        ("b.rs", "pub mod deep;"),
        ("b/deep.rs", ""),
    ]);
    all.retain(|edge| edge.starts_with("a > "));
    all
}

#[test]
fn a_declaration_is_no_edge() {
    assert!(from_a("").is_empty());
}

#[test]
fn a_use_leads_to_the_file_of_the_deepest_module() {
    assert_eq!(from_a("use crate::b::Thing;"), ["a > b"]);
    assert_eq!(from_a("use crate::b::deep::Thing;"), ["a > b/deep"]);
    assert_eq!(from_a("use crate::b::{Thing, deep::{self, Other as Else}};"), ["a > b", "a > b/deep"]);
    assert_eq!(from_a("use crate::b::deep::*;"), ["a > b/deep"]);
    assert_eq!(from_a("use super::b::Thing;"), ["a > b"]);
    assert_eq!(from_a("use self::child::Thing;"), ["a > a/child"]);
    assert_eq!(from_a("use child::Thing;"), ["a > a/child"]);
    assert_eq!(from_a("fn f() { use child::Thing; }"), ["a > a/child"]);
}

#[test]
fn a_path_counts_wherever_it_stands() {
    assert_eq!(from_a("fn f() { crate::b::g() }"), ["a > b"]);
    assert_eq!(from_a("fn f(x: Option<crate::b::T>) {}"), ["a > b"]);
    assert_eq!(from_a("fn f() { let super::b::T(x) = y else { return }; }"), ["a > b"]);
    assert_eq!(from_a("impl crate::b::T for X {}"), ["a > b"]);
    assert_eq!(from_a("const X: u8 = <u8 as crate::b::T>::X;"), ["a > b"]);
    assert_eq!(from_a("#[derive(crate::b::Macro)] struct X;"), ["a > b"]);
    assert_eq!(from_a("fn f() { child::g() }"), ["a > a/child"]);
}

#[test]
fn a_path_counts_within_a_macro() {
    assert_eq!(from_a(r#"fn f() { warn!("{}", crate::b::X) }"#), ["a > b"]);
    assert_eq!(from_a(r#"fn f() { warn!("{}", { [g(child::X)] }) }"#), ["a > a/child"]);
    assert_eq!(from_a("macro_rules! m { () => { $crate::b::g() } }"), ["a > b"]);
    assert_eq!(from_a("use crate::b::deep as d; fn f() { m!(1 + d::X) }"), ["a > b/deep"]);
}

#[test]
fn a_name_that_was_brought_in_leads_where_it_came_from() {
    assert_eq!(from_a("use crate::b; fn f() { b::deep::g() }"), ["a > b", "a > b/deep"]);
    assert_eq!(from_a("use crate::b as other; fn f() { other::deep::g() }"), ["a > b", "a > b/deep"]);
    assert_eq!(from_a("use crate::b::*; fn f() { deep::g() }"), ["a > b", "a > b/deep"]);
}

#[test]
fn what_is_of_other_crates_or_of_the_file_itself_is_no_edge() {
    let here = "use std::fs; use nix::b; struct T; fn f() { fs::read(); Self::g(); T::h(); b::deep::X; x.b::<u8>() }";
    assert!(from_a(here).is_empty());
    assert!(from_a("use ::b::Thing; fn f() { ::b::g(); m!(::b::g(), x.child::y, a: ::b::c) }").is_empty());
    assert!(from_a("pub(in crate::b) struct X;").is_empty());
    assert!(from_a("mod inner { use super::T; fn f() { super::g() } }").is_empty());
}

#[test]
fn what_only_tests_see_is_no_edge() {
    assert!(from_a("#[cfg(test)] mod tests;").is_empty());
    assert!(from_a("#[cfg(test)] mod tests { use crate::b::X; }").is_empty());
    assert!(from_a("#[cfg(all(test, feature = \"x\"))] fn f() { crate::b::g() }").is_empty());
    assert!(from_a("#[cfg(test)] use crate::b::X;").is_empty());
    assert!(from_a("impl X { #[cfg(test)] fn f() { crate::b::g() } }").is_empty());
    assert_eq!(from_a("#[cfg(not(test))] use crate::b::X;"), ["a > b"]);
    assert_eq!(from_a("#[cfg(any(test, fuzzing))] use crate::b::X;"), ["a > b"]);
}

#[test]
fn a_module_between_braces_has_a_super_of_its_own() {
    assert_eq!(from_a("mod inner { use super::super::b::X; }"), ["a > b"]);
    assert_eq!(from_a("mod inner { pub mod more {} } fn f() { inner::more::g() }"), [""; 0]);
    assert_eq!(from_a("mod inner { fn f() { super::child::g() } }"), ["a > a/child"]);
}

#[test]
fn what_a_file_offers_again_is_looked_up_there() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "fn f() { crate::b::c::g(); }"),
        ("b.rs", "pub use crate::c;"),
        ("c.rs", ""),
    ];
    assert_eq!(edges(&files), ["a > b", "a > c", "b > c"]);
}

#[test]
fn a_macro_by_name_alone_leads_to_its_definition() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "macro_rules! twice { ($x:expr) => { $x + $x } }"),
        ("b.rs", "fn f() -> u8 { twice!(1) }"),
    ];
    assert_eq!(edges(&files), ["b > a"]);
}

#[test]
fn main_uses_the_library_by_its_name() {
    let files = [
        ("lib.rs", "pub mod a;"),
        ("main.rs", "use house::a; fn main() { a::f(); house::g(); }"),
        ("a.rs", "use house::b;"),
    ];
    assert_eq!(edges(&files), ["main > a", "main > lib"]);
}

/// The first cycle that is found, from line to line.
fn cycle(files: &[(&str, &str)]) -> String {
    cycles::all(&tree(files).edges()).into_iter().next().unwrap_or_default()
}

#[test]
fn a_cycle_is_found_by_super_by_a_path_and_by_a_macro() {
    let parent = "mod child; pub struct X; fn f() { child::g() }";
    for child in ["use super::X;", "fn g() { crate::a::f() }", "fn g() { warn!(\"{}\", super::f()) }"] {
        let found = cycle(&[("lib.rs", "mod a;"), ("a.rs", parent), ("a/child.rs", child)]);
        assert!(found.starts_with("2 files use one another"), "{child}: {found}");
    }
}

#[test]
fn a_cycle_is_told_from_edge_to_edge() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::X;"),
        ("b.rs", "\nuse crate::c::X;"),
        ("c.rs", "\n\nfn f() { crate::a::g() }"),
    ];
    let found = cycle(&files);
    let told: Vec<&str> = found.lines().map(str::trim).collect();
    let cycle = [
        "src/a.rs:1 uses crate::b::X, of src/b.rs",
        "src/b.rs:2 uses crate::c::X, of src/c.rs",
        "src/c.rs:3 uses crate::a::g, of src/a.rs",
    ];
    assert_eq!(told[0], "3 files use one another. The shortest cycle:");
    assert_eq!(told[1..4], cycle);
    assert_eq!(told[5..], cycle);
}

#[test]
fn what_leads_one_way_only_is_no_cycle() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::{b::X, c::X};"),
        ("b.rs", "use crate::c::X;"),
        ("c.rs", ""),
    ];
    assert_eq!(cycle(&files), "");
}
