//! What every probe is given: its deadline, and who hears of its progress.

use super::deadline::Deadline;

/// Gets what a probe is waiting for, in parts of one sentence, whenever that
/// changes.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(&[&str]);

/// The deadline of a probe, and who hears of its progress.
pub(crate) struct ProbeContext<'a> {
    pub(crate) deadline: Deadline,
    pub(crate) progress: Progress<'a>,
}

impl ProbeContext<'_> {
    /// Reports what the probe is waiting for from now on.
    pub(super) fn report(&mut self, parts: &[&str]) {
        (self.progress)(parts);
    }
}
