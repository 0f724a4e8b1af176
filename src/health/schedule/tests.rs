mod exhaustive;

use super::*;
use proptest::prelude::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn timing(interval: u64, start_period: u64) -> Timing {
    Timing {
        interval: ms(interval),
        timeout: ms(10_000),
        start_period: ms(start_period),
        start_interval: ms(5_000),
        retries: 3,
    }
}

fn nothing() -> String {
    String::new()
}

/// What a scripted probe does.
#[derive(Debug, Clone, Copy)]
struct Play {
    takes: Duration,
    exit_code: i32,
}

const fn play(takes: u64, exit_code: i32) -> Play {
    Play { takes: ms(takes), exit_code }
}

/// What was seen of one regular round.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    start: Moment,
    end: Moment,
    exit_code: i32,
    output: String,
    status: Status,
    streak: u32,
}

/// The schedule under a scripted app. A killed probe is reaped at once.
struct World {
    schedule: Schedule,
    now: Moment,
    ends: Option<(Moment, i32)>,
    regular: Vec<Play>,
    early: Vec<Play>,
    regular_starts: Vec<Moment>,
    early_starts: Vec<Moment>,
    changes: Vec<(Moment, Change)>,
    slow: Vec<(Moment, String)>,
    seen: Vec<Seen>,
}

impl World {
    fn new(timing: Timing, regular: &[Play], early: &[Play]) -> Self {
        let mut early = early.to_vec();
        early.reverse();
        let mut regular = regular.to_vec();
        regular.reverse();
        Self {
            schedule: Schedule::new(timing, ms(1_000_000)),
            now: ms(1_000_000),
            ends: None,
            regular,
            early,
            regular_starts: Vec::new(),
            early_starts: Vec::new(),
            changes: Vec::new(),
            slow: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Runs until no regular result is left in the script.
    fn run(mut self) -> Self {
        let rounds = self.regular.len();
        while self.seen.len() < rounds {
            self.turn();
        }
        self
    }

    fn turn(&mut self) {
        let deadline = self.schedule.next_deadline().expect("something is always due");
        let actions = match self.ends {
            Some((end, exit_code)) if end < deadline => {
                self.now = end;
                self.ends = None;
                self.schedule.finished(end, exit_code, format!("exit {exit_code}"))
            }
            _ => {
                assert!(deadline >= self.now, "a deadline is never in the past");
                self.now = deadline;
                self.schedule.tick(deadline, || "partial".into())
            }
        };
        self.carry_out(actions);
        self.note();
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Start(kind) => self.start(kind),
                Action::Kill => {
                    self.ends = None;
                    self.note();
                    let actions = self.schedule.finished(self.now, 137, "killed".into());
                    self.carry_out(actions);
                }
                Action::Changed(change) => self.changes.push((self.now, change)),
                Action::StillStarting { reason, .. } => self.slow.push((self.now, reason)),
                Action::Publish => {}
            }
        }
    }

    fn start(&mut self, kind: Kind) {
        assert_eq!(self.ends, None, "rounds never overlap");
        let play = match kind {
            Kind::Regular => {
                self.regular_starts.push(self.now);
                self.regular.pop()
            }
            Kind::Early => {
                self.early_starts.push(self.now);
                self.early.pop()
            }
        };
        let play = play.unwrap_or(play_forever());
        self.ends = Some((self.now.saturating_add(play.takes), play.exit_code));
    }

    fn note(&mut self) {
        let Some(last) = self.schedule.log().last().cloned() else { return };
        if self.seen.last().is_none_or(|seen| seen.start != last.start) {
            self.seen.push(Seen {
                start: last.start,
                end: last.end,
                exit_code: last.exit_code,
                output: last.output,
                status: self.schedule.status,
                streak: self.schedule.streak(),
            });
        }
    }

    fn unhealthy_at(&self) -> Option<Moment> {
        self.changes.iter().find(|(_, change)| change.to == Status::Unhealthy).map(|(at, _)| *at)
    }
}

/// In milliseconds since the app's start.
fn since_start(moments: &[Moment]) -> Vec<u128> {
    moments.iter().map(|moment| moment.saturating_sub(ms(1_000_000)).as_millis()).collect()
}

const fn play_forever() -> Play {
    Play { takes: Duration::MAX, exit_code: 0 }
}

/// moby's `monitor` and `handleProbeResult` as a plain loop: sleep, probe, record.
fn docker(timing: Timing, started: Moment, script: &[Play]) -> Vec<Seen> {
    let mut now = started;
    let mut status = Status::Starting;
    let mut streak = 0;
    let mut seen = Vec::new();
    for play in script {
        now += docker_interval(timing, now.saturating_sub(started), status);
        let start = now;
        let (took, exit_code, output) = if play.takes < timing.timeout {
            (play.takes, play.exit_code, format!("exit {}", play.exit_code))
        } else {
            let text = format!("Health check exceeded timeout ({}): partial", GoDuration(timing.timeout));
            (timing.timeout, -1, text)
        };
        now += took;
        if exit_code == 0 {
            streak = 0;
            status = Status::Healthy;
        } else {
            let in_grace = status == Status::Starting && start.saturating_sub(started) < timing.start_period;
            if !in_grace {
                streak += 1;
                if streak >= timing.retries {
                    status = Status::Unhealthy;
                }
            }
        }
        seen.push(Seen { start, end: now, exit_code, output, status, streak });
    }
    seen
}

fn docker_interval(timing: Timing, age: Duration, status: Status) -> Duration {
    if age >= timing.start_period || status != Status::Starting {
        timing.interval
    } else {
        // Not moby#46747: never beyond the end of the start period by more than an interval.
        let left = timing.start_period.saturating_sub(age);
        timing.start_interval.min(if left > timing.interval { left } else { timing.interval })
    }
}

fn any_timing() -> impl Strategy<Value = Timing> {
    (1..40_000u64, 1..40_000u64, 0..90_000u64, 1..20_000u64, 1..5u32).prop_map(
        |(interval, timeout, start_period, start_interval, retries)| Timing {
            interval: ms(interval),
            timeout: ms(timeout),
            start_period: ms(start_period),
            start_interval: ms(start_interval),
            retries,
        },
    )
}

fn any_play() -> impl Strategy<Value = Play> {
    let exit_code = prop_oneof![3 => Just(0), 3 => Just(1), 1 => 2..255i32];
    (0..60_000u64, exit_code).prop_map(|(takes, exit_code)| play(takes, exit_code))
}

proptest! {
    #[test]
    fn runs_docker_s_machine_exactly(
        timing in any_timing(),
        regular in prop::collection::vec(any_play(), 1..30),
        early in prop::collection::vec(any_play(), 0..30),
    ) {
        let world = World::new(timing, &regular, &early).run();
        let model = docker(timing, ms(1_000_000), &regular);
        prop_assert_eq!(&world.seen, &model);

        let docker_starts: Vec<Moment> = model.iter().map(|seen| seen.start).collect();
        prop_assert_eq!(&world.regular_starts[..model.len()], &docker_starts[..]);

        let unhealthy = model.iter().find(|seen| seen.status == Status::Unhealthy).map(|seen| seen.end);
        prop_assert_eq!(world.unhealthy_at(), unhealthy);

        let kept: Vec<Moment> = world.schedule.log().map(|entry| entry.start).collect();
        prop_assert_eq!(&kept[..], &docker_starts[docker_starts.len().saturating_sub(5)..]);
    }

    #[test]
    fn is_never_healthy_later_than_docker(
        timing in any_timing(),
        regular in prop::collection::vec(any_play(), 1..10),
        early in prop::collection::vec(any_play(), 0..30),
    ) {
        let world = World::new(timing, &regular, &early).run();
        let docker = docker(timing, ms(1_000_000), &regular);
        let docker = docker.iter().find(|seen| seen.status == Status::Healthy).map(|seen| seen.end);
        let ours = world.changes.iter().find(|(_, change)| change.to == Status::Healthy).map(|(at, _)| *at);
        if let Some(docker) = docker {
            prop_assert!(ours.is_some_and(|ours| ours <= docker));
        }
    }

    #[test]
    fn survives_any_order_of_events_at_any_moment(
        timing in any_timing(),
        events in prop::collection::vec((0..6u8, 0..100_000u64, -1..3i32), 0..200),
    ) {
        let mut now = Moment::ZERO;
        let mut schedule = Schedule::new(timing, now);
        for (event, step, exit_code) in events {
            now += ms(step);
            match event {
                0 | 1 => { schedule.tick(now, nothing); }
                2 => { schedule.finished(now, exit_code, nothing()); }
                3 => { schedule.not_started(now, nothing()); }
                4 => { schedule.pause(now); }
                _ => { schedule.restarted(now); }
            }
            prop_assert!(schedule.log().len() <= 5);
            prop_assert!(schedule.streak() == 0 || schedule.shown() != Status::Starting || timing.retries > 1);
        }
    }
}

#[test]
fn first_regular_probe_comes_after_one_interval() {
    let world = World::new(timing(30_000, 0), &[play(10, 0)], &[]).run();
    assert_eq!(since_start(&world.regular_starts), [30_000]);
}

#[test]
fn uses_the_start_interval_only_with_a_start_period() {
    let world = World::new(timing(30_000, 60_000), &[play(0, 1), play(0, 1), play(0, 0), play(0, 0)], &[]);
    let world = world.run();
    assert_eq!(since_start(&world.regular_starts), [5_000, 10_000, 15_000, 45_000]);
}

#[test]
fn does_not_oversleep_the_end_of_the_start_period() {
    let settings = Timing { start_interval: ms(60_000), ..timing(1_000, 4_000) };
    let world = World::new(settings, &[play(0, 1), play(0, 1)], &[]).run();
    assert_eq!(since_start(&world.regular_starts), [4_000, 5_000]);
}

#[test]
fn counts_no_failure_that_started_in_the_start_period_until_a_success() {
    let script = [play(0, 1), play(9_000, 1), play(0, 0), play(0, 1)];
    let world = World::new(timing(5_000, 12_000), &script, &[]).run();
    let streaks: Vec<u32> = world.seen.iter().map(|seen| seen.streak).collect();
    assert_eq!(streaks, [0, 0, 0, 1]);
}

#[test]
fn probes_at_once_and_then_with_growing_pauses() {
    let early = vec![play(0, 1); 20];
    let world = World::new(timing(30_000, 0), &[play(0, 1)], &early).run();
    let expected = [0, 100, 300, 700, 1_500, 3_100, 6_300, 11_300, 16_300, 21_300, 26_300];
    assert_eq!(since_start(&world.early_starts), expected);
    assert_eq!(since_start(&world.regular_starts), [30_000]);
}

#[test]
fn probes_early_between_regular_probes_while_starting() {
    let early = vec![play(0, 1); 20];
    let mut world = World::new(timing(30_000, 0), &[play(0, 1), play(0, 1)], &early);
    while world.regular_starts.is_empty() {
        world.turn();
    }
    world.turn();
    world.turn();
    assert_eq!(since_start(&world.early_starts).last(), Some(&35_000));
}

#[test]
fn an_early_success_shows_healthy_and_ends_early_probing() {
    let early = [play(0, 1), play(0, 0), play(0, 0)];
    let mut world = World::new(timing(30_000, 0), &[play(0, 1)], &early);
    world.turn();
    assert_eq!(world.schedule.shown(), Status::Starting);
    world.turn();
    assert_eq!(world.schedule.early_reason(), Some("exit 1"));
    world.turn();
    world.turn();
    assert_eq!(world.schedule.early_reason(), Some("exit 0"));
    let world = world.run();
    assert_eq!(since_start(&world.early_starts), [0, 100]);
    assert_eq!(since_start(&[world.changes[0].0]), [100]);
    assert_eq!(world.changes[0].1.to, Status::Healthy);
    assert_eq!(world.schedule.early_reason(), None);
    assert_eq!((world.schedule.shown(), world.schedule.streak()), (Status::Healthy, 1));
}

#[test]
fn tells_once_of_the_first_failure_that_is_later_than_five_seconds() {
    let early = vec![play(0, 1); 30];
    let mut world = World::new(timing(30_000, 0), &[play(0, 1); 4], &early).run();
    let told = |world: &World| {
        let moments: Vec<Moment> = world.slow.iter().map(|(at, _)| *at).collect();
        since_start(&moments)
    };
    assert_eq!((told(&world), world.slow[0].1.as_str()), (vec![6_300], "exit 1"));
    let actions = world.schedule.restarted(world.now);
    world.carry_out(actions);
    world.early = vec![play(0, 1); 30];
    for _ in 0..16 {
        world.turn();
    }
    assert_eq!(world.slow.len(), 2, "once in each life");
    let slow_check = World::new(timing(30_000, 0), &[play(0, 0)], &[play(9_000, 1)]).run();
    assert_eq!(told(&slow_check), [9_000]);
}

#[test]
fn tells_of_no_failure_of_an_app_that_is_healthy_in_time_or_unhealthy_already() {
    let healthy = World::new(timing(30_000, 0), &[play(0, 1), play(0, 1)], &[play(0, 1), play(0, 0)]).run();
    assert_eq!(healthy.slow, []);
    let quick = Timing { retries: 1, ..timing(1_000, 0) };
    assert_eq!(World::new(quick, &[play(0, 1); 20], &[play(0, 1); 20]).run().slow, []);
}

#[test]
fn an_early_failure_touches_neither_streak_nor_log() {
    let mut world = World::new(timing(30_000, 0), &[], &[play(1, 1), play(1, 2)]);
    for _ in 0..4 {
        world.turn();
    }
    assert_eq!(world.schedule.early_reason(), Some("exit 2"));
    assert_eq!((world.schedule.streak(), world.schedule.log().len()), (0, 0));
}

#[test]
fn an_early_probe_gives_way_to_the_regular_one() {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    assert_eq!(schedule.tick(ms(0), nothing), [Action::Start(Kind::Early)]);
    assert_eq!(schedule.next_deadline(), Some(ms(1_000)));
    assert_eq!(schedule.tick(ms(1_000), nothing), [Action::Kill]);
    assert_eq!(schedule.next_deadline(), Some(ms(2_000)), "it has a second to be reaped");
    assert_eq!(schedule.tick(ms(1_001), nothing), []);
    assert_eq!(schedule.finished(ms(1_002), 0, nothing()), [Action::Start(Kind::Regular)]);
    assert_eq!(schedule.shown(), Status::Starting, "the result of a killed probe is ignored");
}

#[test]
fn kills_on_timeout_with_docker_s_message() {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    schedule.finished(ms(0), 0, nothing());
    assert_eq!(schedule.tick(ms(1_000), nothing), [Action::Start(Kind::Regular)]);
    assert_eq!(schedule.next_deadline(), Some(ms(11_000)));
    assert_eq!(schedule.tick(ms(11_000), || "some".into()), [Action::Kill, Action::Publish]);
    let entry = schedule.log().last().unwrap();
    assert_eq!((entry.exit_code, entry.end), (-1, ms(11_000)));
    assert_eq!(entry.output, "Health check exceeded timeout (10s): some");
    assert_eq!(schedule.streak(), 1);
}

/// Healthy once, and then a regular round from 1,000 ms on that is killed at
/// 11,000 ms and not reaped.
fn with_an_unkillable_round() -> Schedule {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    schedule.finished(ms(0), 0, nothing());
    schedule.tick(ms(1_000), nothing);
    assert_eq!(schedule.tick(ms(11_000), nothing), [Action::Kill, Action::Publish]);
    schedule
}

#[test]
fn never_starts_a_probe_before_the_killed_one_is_reaped() {
    let mut schedule = with_an_unkillable_round();
    for at in 12..500 {
        let actions = schedule.tick(ms(at * 1_000), nothing);
        assert!(!actions.iter().any(|action| matches!(action, Action::Start(_))), "{actions:?}");
    }
    assert_eq!(schedule.finished(ms(499_500), 137, nothing()), []);
    assert_eq!(schedule.tick(ms(500_000), nothing), [Action::Start(Kind::Regular)]);
}

#[test]
fn a_probe_that_is_never_reaped_fails_at_each_moment_a_check_is_due() {
    let mut schedule = with_an_unkillable_round();
    assert_eq!((schedule.shown(), schedule.streak()), (Status::Healthy, 1));
    assert_eq!(schedule.next_deadline(), Some(ms(12_000)));
    assert_eq!(schedule.tick(ms(11_999), nothing), []);
    assert_eq!(schedule.tick(ms(12_000), || "pid 7 is in state D".into()), [Action::Publish]);
    let entry = schedule.log().last().unwrap();
    assert_eq!((entry.exit_code, entry.start, entry.end), (NO_EXIT_CODE, ms(12_000), ms(12_000)));
    let reason = "a check that was killed 1s ago has not ended, so no other is started: pid 7 is in state D";
    assert_eq!(entry.output, reason);
    assert_eq!(schedule.result_due(), ms(23_000), "readers do not find it stale");
    let actions = schedule.tick(ms(13_000), nothing);
    let [Action::Changed(change), Action::Publish] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!((change.to, schedule.streak()), (Status::Unhealthy, 3));
    assert_eq!(schedule.next_deadline(), Some(ms(14_000)));
}

#[test]
fn an_early_probe_that_is_never_reaped_fails_a_second_after_the_regular_one_was_due() {
    let mut schedule = Schedule::new(timing(3_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    assert_eq!(schedule.tick(ms(3_000), nothing), [Action::Kill]);
    assert_eq!(schedule.tick(ms(3_999), nothing), []);
    assert_eq!(schedule.tick(ms(4_000), nothing), [Action::Publish]);
    assert_eq!((schedule.streak(), schedule.next_deadline()), (1, Some(ms(7_000))));
}

#[test]
fn a_freeze_gives_a_killed_probe_its_time_again() {
    let mut schedule = with_an_unkillable_round();
    assert_eq!(schedule.tick(ms(99_000), nothing), [Action::Publish]);
    assert_eq!((schedule.streak(), schedule.next_deadline()), (1, Some(ms(100_000))));
}

#[test]
fn an_app_that_is_started_again_waits_for_the_probe_of_its_former_life() {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    assert_eq!(schedule.pause(ms(10)), [Action::Kill]);
    assert_eq!((schedule.next_deadline(), schedule.tick(ms(50_000), nothing)), (None, vec![]));
    assert_eq!(schedule.restarted(ms(60_000)), [Action::Publish]);
    assert_eq!(schedule.tick(ms(60_000), nothing), [], "rounds of two lives do not overlap either");
    assert_eq!(schedule.finished(ms(60_100), 137, nothing()), [Action::Start(Kind::Early)]);
}

#[test]
fn nothing_is_due_while_the_app_is_not_there() {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    schedule.finished(ms(0), 0, nothing());
    assert_eq!(schedule.pause(ms(10)), []);
    assert_eq!((schedule.next_deadline(), schedule.tick(ms(50_000), nothing)), (None, vec![]));
    let mut killed = Schedule::new(timing(1_000, 0), ms(0));
    killed.tick(ms(0), nothing);
    killed.pause(ms(10));
    assert_eq!(killed.finished(ms(20), 137, nothing()), [], "the pause goes on when it has been reaped");
    assert_eq!(killed.tick(ms(50_000), nothing), []);
}

#[test]
fn a_probe_that_hinit_could_not_start_is_no_failure_of_the_app() {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    schedule.finished(ms(0), 0, nothing());
    schedule.tick(ms(1_000), nothing);
    assert_eq!(schedule.not_started(ms(1_000), nothing()), [Action::Publish]);
    assert_eq!((schedule.streak(), schedule.log().len()), (0, 0));
    assert_eq!(schedule.next_deadline(), Some(ms(2_000)));
}

/// Healthy once, and then this many regular rounds that cannot be started, one
/// each second from 1,000 ms on.
fn with_missed_rounds(retries: u32, count: u64) -> (Schedule, Vec<Action>) {
    let mut schedule = Schedule::new(Timing { retries, ..timing(1_000, 0) }, ms(0));
    schedule.tick(ms(0), nothing);
    schedule.finished(ms(0), 0, nothing());
    let mut actions = Vec::new();
    for at in (1..=count).map(|number| ms(number * 1_000)) {
        assert_eq!(schedule.tick(at, nothing), [Action::Start(Kind::Regular)]);
        actions = schedule.not_started(at, "no process".into());
    }
    (schedule, actions)
}

fn unhealthy(from: Status, reason: &str, exit_code: i32, app_failed: bool) -> Action {
    Action::Changed(Change { from, to: Status::Unhealthy, reason: reason.into(), exit_code, app_failed })
}

#[test]
fn the_moment_by_which_a_result_was_due_stays_while_none_can_be_started() {
    let (schedule, _) = with_missed_rounds(3, 1);
    assert_eq!((schedule.result_due(), schedule.next_check()), (ms(11_000), Some(ms(2_000))));
    let (mut schedule, _) = with_missed_rounds(3, 2);
    assert_eq!((schedule.result_due(), schedule.shown()), (ms(11_000), Status::Healthy));
    schedule.tick(ms(3_000), nothing);
    schedule.finished(ms(3_001), 0, nothing());
    assert_eq!((schedule.result_due(), schedule.missed), (ms(14_001), 0));
}

#[test]
fn checks_that_cannot_be_started_make_unhealthy_after_retries_without_blame_for_the_app() {
    for (retries, count) in [(3, 3), (5, 5), (2, 2), (1, 2)] {
        let (schedule, actions) = with_missed_rounds(retries, count - 1);
        assert_eq!((actions, schedule.shown()), (vec![Action::Publish], Status::Healthy));
        let (schedule, actions) = with_missed_rounds(retries, count);
        let changed = unhealthy(Status::Healthy, "no process", NO_EXIT_CODE, false);
        assert_eq!(actions[0], changed, "{retries} retries");
        assert_eq!((schedule.streak(), schedule.log().len()), (0, 1));
        assert_eq!(schedule.log().last().unwrap().output, "no process");
        assert!(schedule.result_due() > ms(count * 1_000), "the reason is the result");
    }
}

#[test]
fn a_failure_of_the_app_after_checks_that_could_not_be_started_is_acted_on() {
    let (mut schedule, _) = with_missed_rounds(2, 2);
    schedule.tick(ms(3_000), nothing);
    assert_eq!(schedule.finished(ms(3_000), 1, "refused".into()), [Action::Publish]);
    schedule.tick(ms(4_000), nothing);
    let changed = unhealthy(Status::Unhealthy, "refused", 1, true);
    assert_eq!(schedule.finished(ms(4_000), 1, "refused".into()), [changed, Action::Publish]);
    schedule.tick(ms(5_000), nothing);
    assert_eq!(schedule.finished(ms(5_000), 1, "refused".into()), [Action::Publish], "once");
}

#[test]
fn checks_that_cannot_be_started_in_the_start_period_are_not_counted() {
    let mut schedule = Schedule::new(Timing { retries: 1, ..timing(1_000, 60_000) }, ms(0));
    schedule.tick(ms(0), nothing);
    assert_eq!(schedule.not_started(ms(0), "no process".into()), [Action::Publish]);
    assert_eq!(schedule.early_reason(), Some("no process"));
    while let Some(now) = schedule.next_deadline().filter(|now| *now < ms(60_000)) {
        schedule.tick(now, nothing);
        schedule.not_started(now, "no process".into());
        assert_eq!(schedule.shown(), Status::Starting);
    }
    assert_eq!(schedule.result_due(), ms(15_000));
}

#[test]
fn a_freeze_does_not_count_as_a_timeout() {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    schedule.finished(ms(0), 0, nothing());
    schedule.tick(ms(1_000), nothing);
    assert_eq!(schedule.tick(ms(99_000), nothing), [Action::Kill, Action::Publish]);
    assert_eq!((schedule.streak(), schedule.log().len()), (0, 0));
    assert_eq!(schedule.finished(ms(99_001), 137, nothing()), []);
    assert_eq!(schedule.next_deadline(), Some(ms(100_000)), "it waits again");
}

#[test]
fn a_freeze_that_is_shorter_than_the_interval_makes_no_timeout_either() {
    let mut schedule = Schedule::new(timing(30_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    schedule.finished(ms(0), 0, nothing());
    assert_eq!(schedule.tick(ms(30_000), nothing), [Action::Start(Kind::Regular)]);
    assert_eq!(schedule.tick(ms(42_000), nothing), [Action::Kill, Action::Publish]);
    assert_eq!((schedule.streak(), schedule.log().len()), (0, 0));
    // What is due while nothing runs is only late.
    schedule.finished(ms(42_001), 137, nothing());
    assert_eq!(schedule.tick(ms(84_000), nothing), [Action::Start(Kind::Regular)]);
}

#[test]
fn drops_the_result_of_a_round_that_was_frozen() {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    schedule.finished(ms(0), 0, nothing());
    schedule.tick(ms(1_000), nothing);
    assert_eq!(schedule.finished(ms(99_000), 1, nothing()), [Action::Publish]);
    assert_eq!((schedule.streak(), schedule.log().len()), (0, 0));
    assert_eq!(schedule.next_deadline(), Some(ms(100_000)));
}

#[test]
fn a_restart_of_the_app_begins_with_starting_and_keeps_the_log() {
    let world = World::new(timing(1_000, 0), &[play(0, 1), play(0, 1), play(0, 1)], &[]).run();
    let (mut schedule, now) = (world.schedule, world.now);
    assert_eq!(schedule.shown(), Status::Unhealthy);
    let actions = schedule.restarted(now);
    let change = Change {
        from: Status::Unhealthy,
        to: Status::Starting,
        reason: String::new(),
        exit_code: 0,
        app_failed: false,
    };
    assert_eq!(actions, [Action::Changed(change), Action::Publish]);
    assert_eq!((schedule.streak(), schedule.log().len()), (0, 3));
    assert_eq!(schedule.tick(now, nothing), [Action::Start(Kind::Early)]);
}

#[test]
fn a_restart_while_a_probe_runs_waits_for_it_to_be_reaped() {
    let mut schedule = Schedule::new(timing(1_000, 0), ms(0));
    schedule.tick(ms(0), nothing);
    assert_eq!(schedule.restarted(ms(10)), [Action::Kill, Action::Publish]);
    assert_eq!(schedule.tick(ms(20), nothing), []);
    assert_eq!(schedule.finished(ms(30), 0, nothing()), [Action::Start(Kind::Early)]);
    assert_eq!(schedule.shown(), Status::Starting);
}

#[test]
fn the_longest_durations_overflow_nothing() {
    let longest = Duration::MAX;
    let settings = Timing {
        interval: longest,
        timeout: longest,
        start_period: longest,
        start_interval: longest,
        retries: u32::MAX,
    };
    let mut schedule = Schedule::new(settings, ms(5));
    schedule.tick(ms(5), nothing);
    schedule.finished(ms(6), 1, nothing());
    assert_eq!(schedule.next_deadline(), Some(ms(106)));
    assert_eq!(schedule.next_check(), Some(longest));
    assert_eq!(schedule.result_due(), longest);
}
