//! The inits to measure: those present on this machine.

use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) is_hinit: bool,
    /// Bytes of the file; a dynamic one needs its libraries beside that.
    pub(crate) size: f64,
    /// Each way it can be told to signal: the app alone, or its group.
    pub(crate) group_flags: Vec<Vec<&'static str>>,
}

impl Subject {
    /// It has the same PID 1 as the one with TLS.
    pub(crate) fn is_slim(&self) -> bool {
        self.name.starts_with("hinit-slim")
    }
}

const DIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/dist/x86_64");

/// dumb-init signals the group unless told not to, the others only if told.
const PEERS: [(&str, &str); 4] =
    [("tini-static", "-g"), ("tini", "-g"), ("dumb-init", "-c"), ("catatonit", "-g")];

pub(crate) fn build_dist() -> Outcome<()> {
    let built = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/dist")).status()?;
    if built.success() { Ok(()) } else { Err(format!("packaging/dist failed: {built}").into()) }
}

/// The subjects found, and the names of those that are not.
pub(crate) fn present() -> Outcome<(Vec<Subject>, Vec<String>)> {
    let mut found = builds("", Path::new(DIST))?;
    for (label, directory) in beside()? {
        found.extend(builds(&format!(" {label}"), &directory)?);
    }
    let mut missing = Vec::new();
    for (name, flag) in PEERS {
        match in_path(name).and_then(|path| subject(name.into(), path, flag)) {
            Some(peer) => found.push(peer),
            None => missing.push(name.into()),
        }
    }
    Ok((found, missing))
}

/// `BENCH_BESIDE='LABEL=DIRECTORY ...'`: other builds of hinit to measure in the
/// same run, in directories as `packaging/dist` fills them.
fn beside() -> Outcome<Vec<(String, PathBuf)>> {
    let text = env::var("BENCH_BESIDE").unwrap_or_default();
    let pair = |word: &str| {
        let (label, directory) = word.split_once('=')?;
        Some((label.to_owned(), PathBuf::from(directory)))
    };
    let pairs = text.split_whitespace().map(pair).collect::<Option<Vec<_>>>();
    pairs.ok_or_else(|| format!("BENCH_BESIDE is '{text}': write LABEL=DIRECTORY ...").into())
}

/// The flavours for images. The full one has the same PID 1.
fn builds(suffix: &str, directory: &Path) -> Outcome<Vec<Subject>> {
    let build = |flavour: &str| {
        let path = directory.join(flavour);
        let missing = format!("{} is missing", path.display());
        let subject = subject(format!("{flavour}{suffix}"), path, "-g").ok_or(missing)?;
        Ok(Subject { is_hinit: true, ..subject })
    };
    ["hinit", "hinit-slim"].into_iter().map(build).collect()
}

fn subject(name: String, path: PathBuf, group_flag: &'static str) -> Option<Subject> {
    let group_flags = vec![vec![], vec![group_flag]];
    Some(Subject { name, is_hinit: false, size: size(&path)?, path, group_flags })
}

fn size(path: &Path) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "a file of a few MB")]
    fs::metadata(path).ok().map(|file| file.len() as f64)
}

pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}
