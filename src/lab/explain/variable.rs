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

/// The text with its variables replaced, as a build does it: `$NAME`, `${NAME}`
/// and `${NAME:-DEFAULT}`. None if one has no value, or in another form.
pub(super) fn expanded(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut pieces = text.split('$');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (variable, rest) = match piece.strip_prefix('{') {
            Some(inside) => inside.split_once('}')?,
            None => piece.split_at(name_length(piece)),
        };
        let (name, default) = variable.split_once(":-").map_or((variable, None), |(n, d)| (n, Some(d)));
        if name.is_empty() || name_length(name) != name.len() {
            return None;
        }
        out += &value(name).or_else(|| default.map(str::to_owned))?;
        out += rest;
    }
    Some(out)
}

/// The names of the variables without a default in a text: `$NAME`, `${NAME}`.
pub(super) fn names_without_default(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for piece in text.split('$').skip(1) {
        let name = match piece.strip_prefix('{') {
            Some(inside) => inside.split_once('}').map_or("", |(name, _)| name),
            None => &piece[..name_length(piece)],
        };
        if !name.is_empty() && name_length(name) == name.len() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_variables_as_a_build_does() {
        let value = |name: &str| (name == "A").then(|| "1".to_owned());
        for (text, expected) in [
            ("x", Some("x")),
            ("$A-${A}", Some("1-1")),
            ("${A:-2}${B:-3}", Some("13")),
            ("$B", None),
            ("${B", None),
            ("${A:+2}", None),
            ("$", None),
        ] {
            assert_eq!(expanded(text, &value).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn finds_the_variables_without_a_default() {
        assert_eq!(names_without_default("a $A ${B} ${C:-1} $A $? ${D"), ["A", "B"]);
    }
}
