//! The `healthcheck:` of each service of a compose file.

use super::yaml::{self, Entry, Yaml};
use crate::error::{Error, Result};
use crate::lab::explain::compose_variables::ComposeVariables;
use crate::lab::explain::health_check::{Format, HealthCheck, MAX_SHOWN, Test};
use crate::lab::explain::image::{Image, Located, Program};
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
        return Ok(vec![health_check(String::new(), healthcheck, None)?]);
    }
    let Some(Yaml::Map(services)) = root.get("services").map(|entry| &*entry.value) else {
        return Ok(Vec::new());
    };
    let found = services.iter().filter_map(|service| Some((service, find(&service.value, "healthcheck")?)));
    found
        .map(|(service, entry)| {
            let location = one_line(&format!("service {}", service.key), MAX_SHOWN);
            health_check(location, entry, Some(&service.value))
        })
        .collect()
}

/// The entry of a key of the map itself, or of one that `<<` merges in.
fn find<'a>(node: &'a Yaml, key: &str) -> Option<&'a Entry> {
    find_within(node, key, 0)
}

fn find_within<'a>(node: &'a Yaml, key: &str, depth: u32) -> Option<&'a Entry> {
    const MAX_DEPTH: u32 = 10;
    if let Some(own) = node.get(key) {
        return Some(own);
    }
    if depth > MAX_DEPTH {
        return None;
    }
    node.merged().into_iter().find_map(|merged| find_within(merged, key, depth + 1))
}

fn find_text<'a>(node: &'a Yaml, key: &str) -> Option<(usize, &'a str)> {
    let entry = find(node, key)?;
    Some((entry.line, entry.value.text()?))
}

/// The check of a `healthcheck:`, with what its service says besides.
fn health_check(location: String, entry: &Entry, service: Option<&Yaml>) -> Result<HealthCheck> {
    let node = &entry.value;
    let mut variables = ComposeVariables::default();
    let timing = timing(node, &mut variables);
    let disabled = find_text(node, "disable").is_some_and(|(_, text)| text == "true");
    let (line, old, test) = match find(node, "test") {
        _ if disabled => (entry.line, "disable: true".to_owned(), Test::Disabled),
        Some(found) => {
            let test = test(&found.value, &mut variables).map_err(|error| error.at(&location))?;
            (found.line, format!("test: {}", flow_style(&found.value)), test)
        }
        None => (entry.line, "no test:".to_owned(), Test::Inherited),
    };
    Ok(HealthCheck {
        location,
        line: service.map(|_| line),
        old: one_line(&old, MAX_SHOWN),
        timing,
        image: service.map(|service| image(service, &mut variables)).unwrap_or_default(),
        format: Format::Compose(variables),
        ..HealthCheck::new(test)
    })
}

fn timing(node: &Yaml, variables: &mut ComposeVariables) -> Timing {
    let mut timing = Timing::default();
    for name in NAMES {
        if let Some((line, value)) = find_text(node, &name.replace('-', "_")) {
            timing.set(name, variables.hide(value));
            timing.set_line(name, line);
        }
    }
    timing
}

/// What a service says about its image. `image:` beside `build:` only names
/// what is built.
fn image(service: &Yaml, variables: &mut ComposeVariables) -> Image {
    let is_built = find(service, "build").is_some();
    let base = find_text(service, "image").filter(|_| !is_built);
    let stop_signal = find_text(service, "stop_signal");
    Image {
        base: base.map(|(line, text)| Located { line, value: text.to_owned() }),
        stop_signal: stop_signal.map(|(line, text)| Located { line, value: variables.hide(text) }),
        entrypoint: program(service, "entrypoint", variables),
        command: program(service, "command", variables),
        engine_init: find_text(service, "init").filter(|(_, text)| *text == "true").map(|(line, _)| line),
        ..Image::default()
    }
}

/// `entrypoint:` or `command:`, which compose splits by itself.
fn program(service: &Yaml, key: &str, variables: &mut ComposeVariables) -> Option<Located<Program>> {
    let entry = find(service, key)?;
    let args = match &*entry.value {
        Yaml::Scalar(text) => shlex::split(&variables.hide(text))?,
        Yaml::List(nodes) => {
            nodes.iter().map(|node| node.text().map(|text| variables.hide(text))).collect::<Option<_>>()?
        }
        Yaml::Map(_) => return None,
    };
    let args = Some(args).filter(|args: &Vec<String>| !args.is_empty())?;
    Some(Located { line: entry.line, value: Program::Exec(args) })
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
