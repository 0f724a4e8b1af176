//! The exec form of a command, a JSON list of strings: `["curl", "-f", "http://h/"]`.

/// The arguments of a list; none if the text is not one.
pub(super) fn parse(text: &str) -> Option<Vec<String>> {
    let serde_json::Value::Array(items) = serde_json::from_str(text).ok()? else { return None };
    items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect()
}
