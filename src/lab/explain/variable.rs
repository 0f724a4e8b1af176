//! Environment variables in a text: `$NAME` and `${NAME}`.

/// The name of the first variable in a text, without its dollar sign and brace.
pub(super) fn first_variable(text: &str) -> Option<&str> {
    text.split('$').skip(1).find_map(|after| {
        let name = after.strip_prefix('{').unwrap_or(after);
        let name = &name[..name_length(name)];
        (!name.is_empty()).then_some(name)
    })
}

/// The length in bytes of the variable name that `text` starts with; 0 for none.
pub(super) fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The text with each `$NAME` as `${NAME}`, the only form that hinit expands.
pub(super) fn with_braces(text: &str) -> String {
    let mut pieces = text.split('$');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_at(name_length(piece));
        let (open, close) = if name.is_empty() { ("$", "") } else { ("${", "}") };
        out.extend([open, name, close, rest]);
    }
    out
}
