//! Names that had to be explained to whoever read them first.

use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};

/// Each of these stood for something that has a name of its own in the manuals
/// of Linux, Docker or systemd.
const METAPHORS: [&str; 17] = [
    "before",
    "board",
    "witness",
    "wall",
    "place",
    "apart",
    "gate",
    "manner",
    "member",
    "news",
    "meaning",
    "truth",
    "publication",
    "wire",
    "note",
    "parting",
    "words",
];

/// Files, directories and types that are called so.
pub fn metaphors_in(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let paths = files.keys().flat_map(|file| in_path(file));
    paths.chain(files.iter().flat_map(|(file, text)| in_types(file, text))).collect()
}

fn in_path(file: &str) -> Vec<String> {
    let parts = file.trim_end_matches(".rs").split('/').filter(|part| METAPHORS.contains(part));
    parts.map(|part| format!("src/{file}: '{part}' is a metaphor")).collect()
}

fn in_types(file: &str, text: &str) -> Vec<String> {
    let mut types = Types(Vec::new());
    types.visit_file(&syn::parse_file(text).unwrap());
    let metaphors = types.0.iter().filter(|name| METAPHORS.contains(&name.to_lowercase().as_str()));
    metaphors.map(|name| format!("src/{file}: the type's name {name} is a metaphor")).collect()
}

/// What types are called.
struct Types(Vec<String>);

impl<'ast> Visit<'ast> for Types {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.0.push(item.ident.to_string());
        visit::visit_item_trait(self, item);
    }
}

#[test]
fn a_metaphor_is_found_in_a_path_and_in_a_type() {
    let text = "pub struct Board; enum Boarding {} mod inner { trait Gate {} }";
    let files = ["health/wall/clock.rs", "sys/wall_clock.rs"].map(|file| (file.to_owned(), text.to_owned()));
    let found: Vec<String> = metaphors_in(&BTreeMap::from(files)).into_iter().collect();
    assert_eq!(
        found,
        [
            "src/health/wall/clock.rs: 'wall' is a metaphor",
            "src/health/wall/clock.rs: the type's name Board is a metaphor",
            "src/health/wall/clock.rs: the type's name Gate is a metaphor",
            "src/sys/wall_clock.rs: the type's name Board is a metaphor",
            "src/sys/wall_clock.rs: the type's name Gate is a metaphor",
        ]
    );
}
