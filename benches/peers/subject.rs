//! The inits to measure: those present on this machine.

use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Bytes of the file; a dynamic one needs its libraries beside that.
    pub(crate) size: f64,
    /// Each way it can be told to signal: the app alone, or its group.
    pub(crate) group_flags: Vec<Vec<&'static str>>,
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
pub(crate) fn present() -> (Vec<Subject>, Vec<String>) {
    let ours = ["hinit", "hinit-slim"].map(|name| (name, "-g", Some(Path::new(DIST).join(name))));
    let peers = PEERS.map(|(name, flag)| (name, flag, in_path(name)));
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (name, flag, path) in ours.into_iter().chain(peers) {
        match path.and_then(|path| Some((size(&path)?, path))) {
            Some((size, path)) => {
                found.push(Subject { name: name.into(), path, size, group_flags: vec![vec![], vec![flag]] });
            }
            None => missing.push(name.into()),
        }
    }
    (found, missing)
}

fn size(path: &Path) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "a file of a few MB")]
    fs::metadata(path).ok().map(|file| file.len() as f64)
}

pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}
