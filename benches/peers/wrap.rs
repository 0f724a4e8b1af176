//! What it costs to start `true` through an init.

use crate::subject::Subject;
use crate::table::median;
use crate::{Outcome, start};
use std::process::Command;
use std::time::Instant;

pub(crate) const ROUNDS: usize = 600;

pub(crate) struct Wrap {
    /// Median of `true` alone, in microseconds.
    pub(crate) bare: f64,
    /// For each subject the median of what it added, in microseconds.
    pub(crate) overheads: Vec<f64>,
}

/// Interleaved: each round runs `true` alone and through each subject, and begins
/// with another subject.
pub(crate) fn measure(subjects: &[Subject]) -> Outcome<Wrap> {
    let mut bare = Vec::new();
    let mut added = vec![Vec::new(); subjects.len()];
    for round in 0..ROUNDS {
        let mut alone = Command::new("/bin/true");
        start::silence(&mut alone);
        let without = time(&mut alone)?;
        bare.push(without);
        for i in (0..subjects.len()).map(|i| (round + i) % subjects.len()) {
            let mut wrapped = start::command(&subjects[i].path, &[], &["/bin/true"]);
            added[i].push(time(&mut wrapped)? - without);
        }
    }
    Ok(Wrap { bare: median(bare), overheads: added.into_iter().map(median).collect() })
}

fn time(command: &mut Command) -> Outcome<f64> {
    let begin = Instant::now();
    let status = command.status()?;
    let took = begin.elapsed().as_secs_f64() * 1e6;
    if status.success() { Ok(took) } else { Err(format!("{command:?}: {status}").into()) }
}
