//! The modules of the crate, and which file leads to which.

use crate::paths::{Mention, Module};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// One place where a file uses another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: String,
    pub to: String,
    pub line: usize,
    /// The path as it is written.
    pub path: String,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{} uses {}, of src/{}", self.from, self.line, self.path, self.to)
    }
}

/// All modules, each by its index.
#[derive(Debug)]
pub struct Tree {
    /// What the library is called by main.rs.
    name: String,
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    module: Module,
}

/// How many names may be followed one after another: `use` can go in circles.
const DEPTH: usize = 8;

/// The text of every Rust file below a directory, by its path there.
pub fn files_in(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut directories = vec![root.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                files.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

/// The part of a path that names the room.
pub fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

impl Tree {
    /// What lib.rs and main.rs declare, and what that declares. `main.rs` is a
    /// user of the library, by its name.
    pub fn of(name: &str, files: &BTreeMap<String, String>) -> Self {
        let mut tree = Self { name: name.to_owned(), nodes: Vec::new() };
        for root in ["lib.rs", "main.rs"] {
            if files.contains_key(root) {
                tree.add_file(files, root, "", None);
            }
        }
        tree
    }

    /// Whether this file is a module, or one for tests.
    pub fn knows(&self, file: &str) -> bool {
        file.ends_with("/tests.rs")
            || file.contains("/tests/")
            || self.nodes.iter().any(|node| node.file == file)
    }

    fn add_file(
        &mut self,
        files: &BTreeMap<String, String>,
        file: &str,
        directory: &str,
        parent: Option<usize>,
    ) -> usize {
        let text = files.get(file).unwrap_or_else(|| panic!("there is no src/{file}"));
        let module = Module::parse(text).unwrap_or_else(|error| panic!("src/{file}: {error}"));
        self.add(files, module, file, directory, parent)
    }

    fn add(
        &mut self,
        files: &BTreeMap<String, String>,
        mut module: Module,
        file: &str,
        directory: &str,
        parent: Option<usize>,
    ) -> usize {
        let (inline, declared) = (std::mem::take(&mut module.inline), std::mem::take(&mut module.declared));
        let index = self.nodes.len();
        self.nodes.push(Node { file: file.to_owned(), parent, children: BTreeMap::new(), module });
        for (name, module) in inline {
            let child = self.add(files, module, file, &format!("{directory}{name}/"), Some(index));
            self.nodes[index].children.insert(name, child);
        }
        for name in declared {
            let child = self.add_file(
                files,
                &format!("{directory}{name}.rs"),
                &format!("{directory}{name}/"),
                Some(index),
            );
            self.nodes[index].children.insert(name, child);
        }
        index
    }

    /// Every place where a file uses another.
    pub fn edges(&self) -> BTreeSet<Edge> {
        let macros = self.macros();
        (0..self.nodes.len())
            .flat_map(|index| {
                let module = &self.nodes[index].module;
                let imports = module.imports.iter().map(|import| &import.path);
                let all = imports.chain(&module.paths).flat_map(move |path| self.edges_of(index, path));
                all.chain(self.macro_edges(index, &macros)).collect::<Vec<_>>()
            })
            .collect()
    }

    fn edges_of(&self, from: usize, path: &Mention) -> Vec<Edge> {
        let mut files = BTreeSet::new();
        self.follow(from, &path.segments, &mut files, 0);
        files.into_iter().filter_map(|file| self.edge(from, path, file)).collect()
    }

    fn edge(&self, from: usize, path: &Mention, to: &str) -> Option<Edge> {
        let from = &self.nodes[from].file;
        let (to, path, line) = (to.to_owned(), path.segments.join("::"), path.line);
        (*from != to).then(|| Edge { from: from.clone(), to, line, path })
    }

    /// The macros that are known by name alone below where they stand.
    fn macros<'tree>(&'tree self) -> BTreeMap<&'tree str, &'tree str> {
        let each =
            |node: &'tree Node| node.module.macros.iter().map(|name| (name.as_str(), node.file.as_str()));
        self.nodes.iter().flat_map(each).collect()
    }

    fn macro_edges(&self, from: usize, macros: &BTreeMap<&str, &str>) -> Vec<Edge> {
        let module = &self.nodes[from].module;
        let brought_in =
            |name: &str| module.imports.iter().any(|import| import.name.as_deref() == Some(name));
        let calls = module.calls.iter().filter(|call| !brought_in(&call.segments[0]));
        calls.filter_map(|call| self.edge(from, call, macros.get(call.segments[0].as_str())?)).collect()
    }

    /// Follows a path as far as modules go, and notes the files in which its
    /// names are looked up. The module where it ends, if that is all of it.
    fn follow<'tree>(
        &'tree self,
        from: usize,
        path: &[String],
        files: &mut BTreeSet<&'tree str>,
        depth: usize,
    ) -> Option<usize> {
        let (mut at, mut rest) = self.start(from, path)?;
        let bare = rest.len() == path.len();
        while let [name, further @ ..] = rest {
            let Some(next) = self.step(at, name, files, depth) else { break };
            (at, rest) = (next, further);
        }
        if bare && rest.len() == path.len() {
            return None;
        }
        files.insert(&self.nodes[at].file);
        rest.is_empty().then_some(at)
    }

    /// Where a path begins, and what is left of it then.
    fn start<'path>(&self, from: usize, path: &'path [String]) -> Option<(usize, &'path [String])> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some((self.root(from), rest)),
            "self" | "super" => self.ascend(from, path),
            name if name == self.name && self.nodes[self.root(from)].file == "main.rs" => Some((0, rest)),
            _ => Some((from, path)),
        }
    }

    fn root(&self, from: usize) -> usize {
        std::iter::successors(Some(from), |index| self.nodes[*index].parent).last().unwrap_or(from)
    }

    fn ascend<'path>(&self, mut at: usize, mut path: &'path [String]) -> Option<(usize, &'path [String])> {
        while let [first, rest @ ..] = path {
            match first.as_str() {
                "self" => {}
                "super" => at = self.nodes[at].parent?,
                _ => break,
            }
            path = rest;
        }
        Some((at, path))
    }

    /// The module of this name as seen in a module: its child, or one that it
    /// brings in, which depends on its file too.
    fn step<'tree>(
        &'tree self,
        at: usize,
        name: &str,
        files: &mut BTreeSet<&'tree str>,
        depth: usize,
    ) -> Option<usize> {
        let node = &self.nodes[at];
        if let Some(child) = node.children.get(name) {
            return Some(*child);
        }
        if depth == DEPTH {
            return None;
        }
        let found = node.module.imports.iter().find_map(|import| self.brought_in(at, import, name, depth))?;
        files.insert(&node.file);
        Some(found)
    }

    fn brought_in(
        &self,
        at: usize,
        import: &crate::paths::Import,
        name: &str,
        depth: usize,
    ) -> Option<usize> {
        if import.name.as_deref().is_some_and(|import| import != name) {
            return None;
        }
        let module = self.follow(at, &import.path.segments, &mut BTreeSet::new(), depth + 1)?;
        match import.name {
            Some(_) => Some(module),
            None => self.step(module, name, &mut BTreeSet::new(), depth + 1),
        }
    }
}
