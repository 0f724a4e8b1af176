//! The `healthcheck:` of each service of a compose file.

use super::yaml::{self, Yaml};
use crate::error::{Error, Result};
use crate::lab::explain::compose_variables::ComposeVariables;
use crate::lab::explain::health_check::{Format, HealthCheck, MAX_SHOWN, Test};
use crate::lab::explain::notes::Notes;
use crate::lab::explain::timing::{NAMES, Timing};
use crate::text::one_line;
use std::fmt::Write as _;

/// The check of every service; a text that is only `healthcheck: ...` has one.
///
/// # Errors
/// Invalid YAML, and a `healthcheck:` that compose would reject.
pub(super) fn health_checks(text: &str) -> Result<Vec<HealthCheck>> {
    let root = yaml::parse(text)?;
    if let Some(healthcheck) = root.get("healthcheck") {
        return Ok(vec![health_check(String::new(), healthcheck)?]);
    }
    let Some(Yaml::Map(services)) = root.get("services").map(|node| &**node) else { return Ok(Vec::new()) };
    let found = services.iter().filter_map(|(name, service)| Some((name, find(service, "healthcheck")?)));
    found.map(|(name, node)| health_check(one_line(&format!("service {name}"), MAX_SHOWN), node)).collect()
}

/// The value of a key of the map itself, or of one that `<<` merges in.
fn find<'a>(node: &'a Yaml, key: &str) -> Option<&'a Yaml> {
    find_within(node, key, 0)
}

fn find_within<'a>(node: &'a Yaml, key: &str, depth: u32) -> Option<&'a Yaml> {
    const MAX_DEPTH: u32 = 10;
    if let Some(own) = node.get(key) {
        return Some(own);
    }
    if depth > MAX_DEPTH {
        return None;
    }
    node.merged().into_iter().find_map(|merged| find_within(merged, key, depth + 1))
}

fn health_check(location: String, node: &Yaml) -> Result<HealthCheck> {
    let mut variables = ComposeVariables::default();
    let mut timing = Timing::default();
    for name in NAMES {
        let value = find(node, &name.replace('-', "_")).and_then(Yaml::text);
        if let Some(value) = value {
            timing.set(name, variables.hide(value));
        }
    }
    let disabled = find(node, "disable").and_then(Yaml::text) == Some("true");
    let (old, test) = match find(node, "test") {
        _ if disabled => ("disable: true".to_owned(), Test::Disabled),
        Some(node) => {
            let test = test(node, &mut variables).map_err(|error| error.at(&location))?;
            (format!("test: {}", flow_style(node)), test)
        }
        None => ("no test:".to_owned(), Test::Inherited),
    };
    Ok(HealthCheck {
        location,
        old: one_line(&old, MAX_SHOWN),
        test,
        timing,
        format: Format::Compose(variables),
        notes: Notes::default(),
    })
}

fn test(node: &Yaml, variables: &mut ComposeVariables) -> Result<Test> {
    let invalid = || Error::new("test: must be a string or a list of strings");
    match node {
        Yaml::Scalar(text) if text == "NONE" => Ok(Test::Disabled),
        Yaml::Scalar(text) => Ok(shell(variables.hide(text), &[])),
        Yaml::List(nodes) => {
            let hidden = nodes.iter().map(|node| node.text().map(|text| variables.hide(text)));
            list(&hidden.collect::<Option<Vec<_>>>().ok_or_else(invalid)?)
        }
        Yaml::Map(_) => Err(invalid()),
    }
}

fn list(items: &[String]) -> Result<Test> {
    match items.split_first() {
        None => Ok(Test::Inherited),
        Some((first, _)) if first == "NONE" => Ok(Test::Disabled),
        Some((first, rest)) if first == "CMD" && !rest.is_empty() => Ok(Test::Exec(rest.to_vec())),
        Some((first, [script, extra @ ..])) if first == "CMD-SHELL" => Ok(shell(script.clone(), extra)),
        Some((first, _)) => {
            Err(Error::new(format!("a list in test: must start with CMD, CMD-SHELL or NONE, not '{first}'")))
        }
    }
}

fn shell(script: String, extra: &[String]) -> Test {
    Test::Shell { script, shell: Vec::new(), extra: extra.to_vec() }
}

/// A test in one line, in YAML's flow style.
fn flow_style(node: &Yaml) -> String {
    match node {
        Yaml::Scalar(text) => text.trim().to_owned(),
        Yaml::List(nodes) => {
            let mut out = String::from("[");
            for (at, node) in nodes.iter().enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                let _ = write!(out, "{comma}{}", serde_json::Value::from(node.text().unwrap_or_default()));
            }
            out + "]"
        }
        Yaml::Map(_) => "{...}".to_owned(),
    }
}
