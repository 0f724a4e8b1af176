//! What is said over a descriptor that bash's /dev/tcp opened: HTTP by hand.

use crate::lab::explain::probe::Probe;
use crate::lab::explain::shell::{Command, Redirect, Simple};
use crate::lab::explain::tools::echo;
use crate::lab::explain::truth::Node;

/// One open connection at most.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The descriptor and the number of its probe.
    open: Option<(u32, usize)>,
    /// What comes down the pipe into the group that is being read.
    fed: Option<String>,
}

impl Conversation {
    pub(super) fn open(&mut self, fd: u32, probe: usize) {
        self.open = Some((fd, probe));
    }

    pub(super) fn feed(&mut self, text: String) {
        self.fed = Some(text);
    }

    /// `echo REQUEST >&3`, `cat >&3`, `cat <&3` or `exec 3<&-`.
    pub(super) fn step(&mut self, simple: &Simple, probes: &mut [Probe]) -> Option<Node> {
        let (fd, at) = self.open?;
        let closes = simple.redirects.iter().any(|redirect| redirect.fd == fd && is_copy(redirect, "-"));
        if closes || self.reader(simple).is_some() {
            return Some(Node::Code(0));
        }
        let writes = simple.redirects.iter().any(|r| r.operator == ">&" && is_copy(r, &fd.to_string()));
        let said = writes.then(|| echo::printed(simple).or_else(|| self.fed.take()))??;
        echo::send(&mut probes[at], &said);
        Some(Node::Code(0))
    }

    /// The probe whose answer a command reads: `cat <&3`.
    pub(super) fn reader(&self, simple: &Simple) -> Option<usize> {
        let (fd, at) = self.open?;
        let reads = simple.redirects.iter().any(|r| r.operator == "<&" && is_copy(r, &fd.to_string()));
        reads.then_some(at)
    }

    /// What the answer goes through: `grep ok <&3` is reader and filter in one.
    pub(super) fn filters(reader: &Simple, rest: &[Command]) -> Vec<Command> {
        let mut filters = rest.to_vec();
        if reader.program().is_some_and(|program| !["cat", "timeout"].contains(&program.as_str())) {
            filters.insert(0, Command::Simple(Simple { redirects: Vec::new(), ..reader.clone() }));
        }
        filters
    }
}

fn is_copy(redirect: &Redirect, to: &str) -> bool {
    redirect.operator.ends_with('&') && redirect.to.as_text().as_deref() == Some(to)
}
