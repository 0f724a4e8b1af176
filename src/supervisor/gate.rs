//! Before the app is started: waiting for what it needs (`--wait-for`).

use crate::health::process::Checks;
use crate::health::watch::{News, Watch};
use crate::health::{self, Status, schedule::Schedule};
use crate::plan::probe::Probe;
use crate::plan::{Health, Timing};
use crate::sys::process::Ending;
use crate::sys::{Pid, clock};
use crate::time::{Moment, rounded};
use log::info;
use std::time::Duration;

/// The pause between two looks, at the most.
const INTERVAL: Duration = Duration::from_secs(1);
/// For one look; the limit for all of it is the machine's.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The first word comes by then, even if the first look has not ended.
const FIRST_WORD: Duration = Duration::from_secs(1);
/// A word now and then also when nothing changes.
const WORD_EVERY: Duration = Duration::from_secs(10);

/// What to look for, at once and then every second, for as long as it takes.
pub fn needs(probes: &[Probe]) -> Health {
    Health { probes: probes.to_vec(), timing: timing() }
}

fn timing() -> Timing {
    let forever = Duration::from_nanos(u64::MAX);
    Timing {
        interval: INTERVAL,
        timeout: TIMEOUT,
        start_period: forever,
        start_interval: INTERVAL,
        retries: u32::MAX,
    }
}

/// Looks until all that the app needs is there.
#[derive(Debug)]
pub struct Gate {
    watch: Watch,
    since: Moment,
    news: Vec<News>,
    last_word: Option<(String, Moment)>,
}

impl Gate {
    /// Begins to look now.
    pub fn new(checks: Checks) -> Self {
        let now = clock::now();
        Self { watch: Watch::new(checks, timing(), now), since: now, news: Vec::new(), last_word: None }
    }

    /// What to poll.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// When [`Self::turn`] is wanted at the latest.
    pub fn deadline(&self) -> Option<Moment> {
        let word = self.last_word.is_none().then(|| self.since.saturating_add(FIRST_WORD));
        self.watch.deadline().into_iter().chain(word).min()
    }

    /// A child was reaped: whether it was one of the looks.
    pub fn reaped(&mut self, pid: Pid, ending: Ending, now: Moment) -> bool {
        self.watch.reaped(pid, ending, now, &mut self.news)
    }

    /// One turn of the loop: whether everything is there.
    pub fn turn(&mut self, now: Moment) -> bool {
        self.watch.turn(now, &mut self.news);
        self.news.clear();
        let open = self.watch.schedule().shown() == Status::Healthy;
        if open {
            info!("what the app needs is there, after {}", rounded(now.saturating_sub(self.since)));
        } else {
            self.tell_progress(now);
        }
        open
    }

    /// A line when the reason changes, and every ten seconds.
    fn tell_progress(&mut self, now: Moment) {
        let Some(reason) = reason(self.watch.schedule()).or_else(|| self.reason_so_far(now)) else { return };
        let is_news = self
            .last_word
            .as_ref()
            .is_none_or(|(said, at)| *said != reason || now.saturating_sub(*at) >= WORD_EVERY);
        if is_news {
            let waited = rounded(now.saturating_sub(self.since));
            info!(
                "waiting for what the app needs, {waited} so far: {}",
                health::reason(&reason, None, health::LONGEST_REASON)
            );
            self.last_word = Some((reason, now));
        }
    }

    /// What a first look that takes long is waiting for.
    fn reason_so_far(&self, now: Moment) -> Option<String> {
        let is_due = self.last_word.is_none() && now.saturating_sub(self.since) >= FIRST_WORD;
        is_due.then(|| match self.watch.said_so_far() {
            said if said.trim().is_empty() => "the first look has not ended".to_owned(),
            said => said,
        })
    }
}

fn reason(schedule: &Schedule) -> Option<String> {
    let early = schedule.early_reason().map(str::to_owned);
    early.or_else(|| schedule.log().last().map(|entry| entry.output.clone()))
}
