//! What one file says: its modules, and in each the names it brings in and the
//! paths it goes.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, Meta, Token, UseTree};

/// One module, in a file of its own or between braces.
#[derive(Debug, Default)]
pub struct Module {
    pub imports: Vec<Import>,
    pub paths: Vec<Mention>,
    /// `mod x;`, whose text is in another file.
    pub declared: Vec<String>,
    /// `mod x { ... }`.
    pub inline: Vec<(String, Module)>,
    /// The macros that it defines by macro_rules, and those that it calls by
    /// name alone.
    pub macros: Vec<String>,
    pub calls: Vec<Mention>,
}

/// A path as it is written, and where.
#[derive(Debug, Clone)]
pub struct Mention {
    pub segments: Vec<String>,
    pub line: usize,
}

/// What a `use` brings in: a name, or all names for `*`.
#[derive(Debug)]
pub struct Import {
    pub name: Option<String>,
    pub path: Mention,
}

impl Module {
    /// Reads a file.
    pub fn parse(text: &str) -> syn::Result<Self> {
        let mut module = Self::default();
        module.visit_file(&syn::parse_file(text)?);
        Ok(module)
    }

    fn mention(&mut self, segments: Vec<String>, line: usize) {
        if segments.len() > 1 {
            self.paths.push(Mention { segments, line });
        }
    }

    fn import(&mut self, tree: &UseTree, prefix: &[String]) {
        let with = |ident: &proc_macro2::Ident| [prefix, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident)),
            UseTree::Name(name) if name.ident == "self" => {
                self.bring_in(prefix.last().cloned(), prefix, &name.ident);
            }
            UseTree::Name(name) => {
                self.bring_in(Some(name.ident.to_string()), &with(&name.ident), &name.ident);
            }
            UseTree::Rename(renamed) => {
                let path = if renamed.ident == "self" { prefix.to_vec() } else { with(&renamed.ident) };
                self.bring_in(Some(renamed.rename.to_string()), &path, &renamed.ident);
            }
            UseTree::Glob(glob) => self.bring_in_all(prefix, glob.star_token.spans[0].start().line),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, prefix)),
        }
    }

    fn bring_in(&mut self, name: Option<String>, path: &[String], at: &proc_macro2::Ident) {
        let path = Mention { segments: path.to_vec(), line: at.span().start().line };
        self.imports.push(Import { name, path });
    }

    fn bring_in_all(&mut self, path: &[String], line: usize) {
        self.imports.push(Import { name: None, path: Mention { segments: path.to_vec(), line } });
    }

    /// The paths among the tokens of a macro, of which nobody else knows the
    /// grammar.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if let TokenTree::Group(group) = &tokens[at] {
                self.scan(group.stream());
            }
            let (segments, length) = path_at(&tokens[at..]);
            if length > 0 && !goes_on(&tokens[..at]) {
                self.mention(segments, tokens[at].span().start().line);
            }
            at += length.max(1);
        }
    }
}

/// The path that begins here, and how many tokens it takes.
fn path_at(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut segments = Vec::new();
    let mut length = 0;
    while let Some(TokenTree::Ident(ident)) = tokens.get(length) {
        segments.push(ident.to_string());
        if !is_double_colon(&tokens[length + 1..])
            || !matches!(tokens.get(length + 3), Some(TokenTree::Ident(_)))
        {
            return (segments, length + 1);
        }
        length += 3;
    }
    (segments, length)
}

fn is_double_colon(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(first), TokenTree::Punct(second), ..] = tokens else { return false };
    first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':'
}

/// Whether what stands before makes it a field, a method, or the rest of a path
/// that does not begin in this crate.
fn goes_on(before: &[TokenTree]) -> bool {
    let dot = matches!(before.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '.');
    dot || before.len() > 1 && is_double_colon(&before[before.len() - 2..])
}

/// Whether this is compiled for tests alone.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => list.parse_args().is_ok_and(|cfg| needs_test(&cfg)),
        _ => false,
    })
}

fn needs_test(cfg: &Meta) -> bool {
    let inner = |list: &syn::MetaList| {
        list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default()
    };
    match cfg {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => inner(list).iter().any(needs_test),
        Meta::List(list) if list.path.is_ident("any") => inner(list).iter().all(needs_test),
        _ => false,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn attributes_inside(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !is_for_tests(attributes_inside(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        assert!(
            !item.attrs.iter().any(|attribute| attribute.path().is_ident("path")),
            "mod {name} has a #[path]"
        );
        let Some((_, items)) = &item.content else { return self.declared.push(name) };
        let mut module = Self::default();
        for item in items {
            module.visit_item(item);
        }
        self.inline.push((name, module));
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.import(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.mention(segments, path.segments[0].ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        self.macros.extend(item.ident.as_ref().map(ToString::to_string));
        visit::visit_item_macro(self, item);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        if let Some(name) = called.path.get_ident() {
            let line = name.span().start().line;
            self.calls.push(Mention { segments: vec![name.to_string()], line });
        }
        self.visit_path(&called.path);
        self.scan(called.tokens.clone());
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.visit_path(&list.path);
        self.scan(list.tokens.clone());
    }

    // `pub(in crate::x)` uses nothing of x.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}
