//! Tables for each state, and the invariants as properties.

mod exhaustive;

use super::*;
use crate::plan::Restart;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn signal(name: &str) -> Signal {
    Signal::parse(name).unwrap()
}

fn from_outside(signal: Signal) -> Arrival {
    Arrival { signal, sender: Sender::Outside }
}

fn term() -> Event {
    Event::Signal(from_outside(Signal::TERM))
}

/// A machine whose app runs, and a clock to move.
struct Scene {
    machine: Machine,
    now: Moment,
}

impl Scene {
    fn running(stop: Stop, life: Life) -> Self {
        let mut scene = Self { machine: Machine::new(stop, life, false, Moment::ZERO), now: Moment::ZERO };
        scene.on(Event::Started);
        scene
    }

    /// The actions after an event, without log lines.
    fn on(&mut self, event: Event) -> Vec<Action> {
        let mut todo = Vec::new();
        self.machine.on(event, self.now, &mut todo);
        todo.retain(|action| !matches!(action, Action::Log(_)));
        todo
    }

    fn after(&mut self, time: Duration, event: Event) -> Vec<Action> {
        self.now += time;
        self.on(event)
    }
}

fn exited(code: i32) -> Event {
    Event::Ended(Ending::Exited(code))
}

/// The processes of a life are killed before the pause of the restart.
const AGAIN: [Action; 2] = [Action::SignalGroup(Signal::KILL), Action::Enter(Phase::Restarting)];

fn grace(timeout: Duration) -> Stop {
    Stop { timeout: Some(timeout), ..Stop::default() }
}

fn restarting(restart: Restart) -> Life {
    Life { restart, ..Life::default() }
}

#[test]
fn exits_with_the_code_of_the_app() {
    for code in 0..=255 {
        let mut scene = Scene::running(Stop::default(), Life::default());
        assert_eq!(scene.on(exited(code)), [Action::Exit(code)]);
    }
}

#[test]
fn makes_the_codes_named_by_ok_exit_0() {
    let life = Life { ok_exit: vec![143, 3], ..Life::default() };
    for (code, left) in [(143, 0), (3, 0), (4, 4)] {
        let mut scene = Scene::running(Stop::default(), life.clone());
        assert_eq!(scene.on(exited(code)), [Action::Exit(left)]);
    }
}

#[test]
fn forwards_other_signals_unchanged() {
    let mut scene = Scene::running(Stop::default(), Life::default());
    for signal in (1..=64)
        .filter_map(Signal::from_number)
        .filter(|signal| ![Signal::TERM, Signal::INT].contains(signal))
    {
        let mut todo = scene.on(Event::Signal(from_outside(signal)));
        todo.retain(|action| *action != Action::GiveTerminal);
        assert_eq!(todo, [Action::Signal(signal)]);
    }
}

#[test]
fn rewrites_and_ignores_signals() {
    let quit = Signal::parse("QUIT").unwrap();
    let rewrites = vec![(Signal::HUP, None), (Signal::TERM, Some(quit))];
    let mut scene = Scene::running(Stop { rewrites, ..Stop::default() }, Life::default());
    assert_eq!(scene.on(Event::Signal(from_outside(Signal::HUP))), []);
    assert_eq!(scene.on(term()), [Action::Enter(Phase::Stopping), Action::Signal(quit)]);
}

#[test]
fn kills_after_the_grace_period_and_gives_up_on_the_unkillable() {
    let mut scene = Scene::running(grace(SECOND), Life::default());
    scene.on(term());
    assert_eq!(scene.machine.deadline(), Some(SECOND));
    assert_eq!(scene.after(SECOND / 2, Event::Tick), []);
    assert_eq!(scene.after(SECOND / 2, Event::Tick), [Action::Signal(Signal::KILL)]);
    assert_eq!(scene.after(KILL_TIMEOUT, Event::Tick), [Action::Exit(137)]);
}

#[test]
fn drains_before_the_app_is_signalled() {
    let stop = Stop { drain: SECOND, ..Stop::default() };
    let mut scene = Scene::running(stop.clone(), Life::default());
    assert_eq!(scene.on(term()), [Action::Enter(Phase::Draining)]);
    let stopping = [Action::Enter(Phase::Stopping), Action::Signal(Signal::TERM)];
    assert_eq!(scene.after(SECOND, Event::Tick), stopping);
    let mut hurried = Scene::running(stop, Life::default());
    hurried.on(term());
    assert_eq!(hurried.on(term()), stopping, "a second request ends the drain");
}

#[test]
fn continues_a_stopped_app_on_a_stop_request() {
    let mut scene = Scene::running(Stop::default(), Life::default());
    assert_eq!(scene.on(Event::Stopped(Signal::STOP)), []);
    let woken = [Action::Enter(Phase::Stopping), Action::Signal(Signal::TERM), Action::Resume];
    assert_eq!(scene.on(term()), woken);
}

#[test]
fn suspends_itself_on_ctrl_z_but_continues_the_app_as_pid_1() {
    let mut scene = Scene::running(Stop::default(), Life::default());
    assert_eq!(scene.on(Event::Stopped(Signal::TSTP)), [Action::Suspend]);
    assert_eq!(scene.on(Event::Signal(from_outside(Signal::CONT))), [Action::Resume]);
    let mut first = Machine::new(Stop::default(), Life::default(), true, Moment::ZERO);
    let mut todo = Vec::new();
    first.on(Event::Started, Moment::ZERO, &mut Vec::new());
    first.on(Event::Stopped(Signal::TSTP), Moment::ZERO, &mut todo);
    assert_eq!(todo, [Action::Resume]);
}

#[test]
fn stops_itself_after_the_app_on_job_control_signals_if_the_plan_wants_that() {
    let rewrites = vec![(Signal::TSTP, Some(Signal::STOP)), (Signal::TTIN, None)];
    let mut scene =
        Scene::running(Stop { rewrites, stops_with_app: true, ..Stop::default() }, Life::default());
    for (signal, sent) in
        [(Signal::TSTP, Some(Signal::STOP)), (Signal::TTIN, None), (Signal::TTOU, Some(Signal::TTOU))]
    {
        let todo = scene.on(Event::Signal(from_outside(signal)));
        let expected: Vec<_> = sent.map(Action::Signal).into_iter().chain([Action::StopSelf]).collect();
        assert_eq!(todo, expected, "{signal}");
    }
}

#[test]
fn signals_the_rest_of_the_group_only_if_signals_go_to_the_group() {
    for (group, expected) in
        [(true, vec![Action::SignalGroup(Signal::TERM), Action::Exit(0)]), (false, vec![Action::Exit(0)])]
    {
        let stop = Stop { group, group_exit_signal: Some(Signal::TERM), ..Stop::default() };
        assert_eq!(Scene::running(stop, Life::default()).on(exited(0)), expected);
    }
}

#[test]
fn sweeps_the_remaining_processes_and_exits_when_none_is_left() {
    let stop = Stop { sweep: Some(SECOND), ..Stop::default() };
    let sweep =
        [Action::Enter(Phase::Stopping), Action::SignalAll(Signal::TERM), Action::SignalAll(Signal::CONT)];
    let mut scene = Scene::running(stop.clone(), Life::default());
    assert_eq!(scene.on(exited(3)), sweep);
    assert_eq!(scene.on(Event::NoChildren), [Action::Exit(3)]);
    let mut stubborn = Scene::running(stop.clone(), Life::default());
    stubborn.on(exited(3));
    assert_eq!(stubborn.after(SECOND, Event::Tick), [Action::SignalAll(Signal::KILL)]);
    assert_eq!(stubborn.after(KILL_AGAIN, Event::Tick), [Action::SignalAll(Signal::KILL)]);
    assert_eq!(stubborn.after(KILL_TIMEOUT, Event::Tick), [Action::Exit(3)]);
    let mut hurried = Scene::running(stop, Life::default());
    hurried.on(exited(3));
    assert_eq!(hurried.on(term()), [Action::SignalAll(Signal::KILL)], "a request cuts it short");
}

#[test]
fn restarts_after_a_pause_and_stops_at_once_in_it() {
    let mut scene = Scene::running(Stop::default(), restarting(Restart::Always));
    assert_eq!(scene.on(exited(0)), AGAIN);
    assert_eq!(scene.after(Duration::from_millis(100), Event::Tick), [Action::Start]);
    assert_eq!(scene.on(Event::Started), [Action::Enter(Phase::Running)]);
    scene.on(exited(1));
    assert_eq!(scene.on(term()), [Action::Exit(143)]);
}

#[test]
fn never_starts_an_app_beside_one_that_was_lost() {
    for restart in [Restart::No, Restart::Always] {
        let mut scene = Scene::running(Stop::default(), restarting(restart));
        assert_eq!(scene.on(Event::Lost(125)), [Action::Exit(125)]);
    }
    let stop = Stop { sweep: Some(SECOND), ..Stop::default() };
    let mut scene = Scene::running(stop, Life::default());
    scene.on(Event::Lost(125));
    assert_eq!(scene.on(Event::NoChildren), [Action::Exit(125)]);
}

#[test]
fn does_not_restart_the_app_after_a_stop_request() {
    let mut scene = Scene::running(Stop::default(), restarting(Restart::Always));
    scene.on(term());
    assert_eq!(scene.on(exited(1)), [Action::Exit(1)]);
}

#[test]
fn a_failed_restart_counts_as_a_failure_with_a_longer_pause() {
    let mut scene = Scene::running(Stop::default(), restarting(Restart::OnFailure { most: Some(2) }));
    scene.on(exited(1));
    scene.after(Duration::from_millis(100), Event::Tick);
    assert_eq!(scene.on(Event::NotStarted(125)), [Action::Enter(Phase::Restarting)]);
    assert_eq!(scene.machine.deadline(), Some(Duration::from_millis(300)));
    scene.after(Duration::from_millis(200), Event::Tick);
    assert_eq!(scene.on(Event::NotStarted(127)), [Action::Exit(127)]);
}

#[test]
fn a_passed_run_limit_is_124_and_always_ends() {
    let life = Life { limit: Some(SECOND), ..Life::default() };
    let mut scene = Scene::running(Stop::default(), life);
    assert_eq!(scene.machine.deadline(), Some(SECOND));
    assert_eq!(
        scene.after(SECOND, Event::Tick),
        [Action::Enter(Phase::Stopping), Action::Signal(Signal::TERM)]
    );
    assert_eq!(scene.after(DEFAULT_GRACE, Event::Tick), [Action::Signal(Signal::KILL)]);
    assert_eq!(
        scene.on(Event::Ended(Ending::Killed { signal: Signal::KILL, core: false })),
        [Action::Exit(124)]
    );
}

fn acting(on_failure: OnFailure, restart: Restart) -> Life {
    Life { restart, on_failure, ..Life::default() }
}

#[test]
fn stops_an_unhealthy_app_with_code_69() {
    for (on_failure, sent) in [(OnFailure::Stop, Signal::TERM), (OnFailure::Kill, Signal::KILL)] {
        let mut scene = Scene::running(Stop::default(), acting(on_failure, Restart::Always));
        assert_eq!(scene.on(Event::Unhealthy), [Action::Enter(Phase::Stopping), Action::Signal(sent)]);
        assert_eq!(scene.on(exited(0)), [Action::Exit(69)]);
    }
}

#[test]
fn stops_the_app_with_the_signal_that_a_sigterm_becomes() {
    let quit = Signal::from_number(3).unwrap();
    let rewriting = |to| Stop { rewrites: vec![(Signal::TERM, to)], ..Stop::default() };
    let with_signal = Stop { signal: Some(quit), ..Stop::default() };
    for (stop, sent) in [(rewriting(Some(quit)), quit), (rewriting(None), Signal::TERM), (with_signal, quit)]
    {
        let expected = [Action::Enter(Phase::Stopping), Action::Signal(sent)];
        let mut unhealthy = Scene::running(stop.clone(), acting(OnFailure::Stop, Restart::No));
        assert_eq!(unhealthy.on(Event::Unhealthy), expected);
        let mut limited = Scene::running(stop, Life { limit: Some(SECOND), ..Life::default() });
        assert_eq!(limited.after(SECOND, Event::Tick), expected);
    }
}

#[test]
fn restarts_an_unhealthy_app_and_kills_it_if_it_does_not_stop() {
    let mut scene = Scene::running(Stop::default(), acting(OnFailure::Restart, Restart::No));
    assert_eq!(scene.on(Event::Unhealthy), [Action::Enter(Phase::Stopping), Action::Signal(Signal::TERM)]);
    assert_eq!(scene.after(DEFAULT_GRACE, Event::Tick), [Action::Signal(Signal::KILL)]);
    let killed = Event::Ended(Ending::Killed { signal: Signal::KILL, core: false });
    assert_eq!(scene.on(killed), AGAIN);
    assert_eq!(scene.after(Duration::from_millis(100), Event::Tick), [Action::Start]);
}

#[test]
fn exits_with_69_when_the_restarts_are_used_up_by_an_app_that_exits_with_0() {
    let once = Restart::OnFailure { most: Some(1) };
    for (code, left) in [(0, 69), (3, 3)] {
        let mut scene = Scene::running(Stop::default(), acting(OnFailure::Restart, once));
        scene.on(Event::Unhealthy);
        assert_eq!(scene.on(exited(code)), AGAIN);
        scene.after(Duration::from_millis(100), Event::Tick);
        scene.on(Event::Started);
        scene.on(Event::Unhealthy);
        assert_eq!(scene.on(exited(code)), [Action::Exit(left)]);
    }
}

#[test]
fn a_stop_request_overtakes_a_restart_for_health() {
    let mut scene = Scene::running(Stop::default(), acting(OnFailure::Restart, Restart::Always));
    scene.on(Event::Unhealthy);
    scene.on(term());
    assert_eq!(scene.on(exited(0)), [Action::Exit(0)]);
}

#[test]
fn does_not_act_on_health_while_stopping() {
    for action in [OnFailure::None, OnFailure::Stop, OnFailure::Restart, OnFailure::Kill] {
        let mut scene = Scene::running(Stop::default(), acting(action, Restart::No));
        scene.on(term());
        assert_eq!(scene.on(Event::Unhealthy), []);
        assert_eq!(scene.on(exited(4)), [Action::Exit(4)]);
    }
}

#[test]
fn exits_with_124_if_dependencies_are_not_ready_in_time() {
    let mut machine = Machine::new(Stop::default(), Life::default(), true, Moment::ZERO);
    machine.wait_at_most(SECOND);
    assert_eq!(machine.deadline(), Some(SECOND));
    let mut scene = Scene { machine, now: Moment::ZERO };
    assert_eq!(scene.after(SECOND, Event::Tick), [Action::Exit(124)]);
}

// --- SIGQUIT of an engine ---------------------------------------------------

/// A machine of PID 1 whose app runs.
fn pid1(stop: Stop, life: Life) -> Scene {
    let mut scene = Scene { machine: Machine::new(stop, life, true, Moment::ZERO), now: Moment::ZERO };
    scene.on(Event::Started);
    scene
}

fn killed(signal: Signal) -> Event {
    Event::Ended(Ending::Killed { signal, core: signal == Signal::QUIT })
}

fn quit() -> Event {
    Event::Signal(from_outside(Signal::QUIT))
}

#[test]
fn an_app_that_ends_as_asked_by_a_quit_from_outside_is_not_started_again() {
    let always = || restarting(Restart::Always);
    for (seconds, event, restarts) in [
        (0, exited(0), false),
        (10, exited(0), false),
        (3, killed(Signal::QUIT), false),
        (11, exited(0), true),
        (3, exited(1), true),
        (3, exited(131), true),
        (3, killed(Signal::TERM), true),
    ] {
        let mut scene = pid1(Stop::default(), always());
        assert_eq!(scene.on(quit()), [Action::Signal(Signal::QUIT)]);
        let todo = scene.after(SECOND * seconds, event);
        assert_eq!(todo.contains(&Action::Enter(Phase::Restarting)), restarts, "{event:?} after {seconds} s");
        assert_eq!(matches!(todo[..], [Action::Exit(_)]), !restarts, "{event:?} after {seconds} s");
    }
}

#[test]
fn only_a_quit_from_outside_to_pid_1_without_stop_signal_asks_to_stop() {
    let named = Stop { signal: Some(signal("USR1")), ..Stop::default() };
    let ignored = Stop { rewrites: vec![(Signal::QUIT, None)], ..Stop::default() };
    let from = |sender| Event::Signal(Arrival { signal: Signal::QUIT, sender });
    for (stop, is_pid1, event) in [
        (Stop::default(), false, quit()),
        (Stop::default(), true, from(Sender::Kernel)),
        (Stop::default(), true, from(Sender::Unknown)),
        (Stop::default(), true, from(Sender::Process(7))),
        (named, true, quit()),
        (ignored, true, quit()),
    ] {
        let machine = Machine::new(stop, restarting(Restart::Always), is_pid1, Moment::ZERO);
        let mut scene = Scene { machine, now: Moment::ZERO };
        scene.on(Event::Started);
        scene.on(event);
        assert_eq!(scene.on(exited(0)), AGAIN, "{event:?} as PID 1: {is_pid1}");
        assert_eq!(scene.on(event), [], "the pause of a restart goes on");
    }
}

#[test]
fn a_quit_from_outside_ends_hinit_while_there_is_no_app() {
    let mut pause = pid1(Stop::default(), restarting(Restart::Always));
    pause.on(exited(0));
    assert_eq!(pause.on(quit()), [Action::Exit(131)]);
    let machine = Machine::new(Stop::default(), Life::default(), true, Moment::ZERO);
    let mut dependencies = Scene { machine, now: Moment::ZERO };
    assert_eq!(dependencies.on(quit()), [Action::Exit(131)]);
}

#[test]
fn a_reload_or_a_resize_is_never_a_stop_request() {
    for signal in [Signal::HUP, signal("USR1"), signal("USR2"), Signal::WINCH, Signal::HALT] {
        let mut scene = pid1(Stop::default(), restarting(Restart::Always));
        assert_eq!(scene.on(Event::Signal(from_outside(signal))), [Action::Signal(signal)]);
        assert_eq!(scene.on(exited(0)), AGAIN, "{signal}");
        assert_eq!(scene.on(Event::Signal(from_outside(signal))), [], "{signal}");
    }
}

#[test]
fn a_quit_in_one_life_says_nothing_about_the_end_of_the_next() {
    let mut scene = pid1(Stop::default(), restarting(Restart::Always));
    scene.on(quit());
    assert_eq!(scene.after(SECOND, exited(1)), AGAIN);
    scene.after(Duration::from_millis(100), Event::Tick);
    scene.on(Event::Started);
    assert_eq!(scene.after(SECOND, exited(0)), AGAIN);
}

#[test]
fn a_quit_from_outside_overtakes_a_restart_for_health() {
    let mut scene = pid1(Stop::default(), acting(OnFailure::Restart, Restart::No));
    scene.on(Event::Unhealthy);
    scene.on(quit());
    assert_eq!(scene.on(exited(0)), [Action::Exit(0)]);
}

#[test]
fn suggests_stop_signal_once_where_it_would_make_a_difference() {
    let suggestions = |machine: &mut Machine, signal| {
        let mut todo = Vec::new();
        machine.on(Event::Signal(from_outside(signal)), Moment::ZERO, &mut todo);
        todo.iter().filter(|action| matches!(action, Action::Log(Notice::SuggestingStopSignal(_)))).count()
    };
    let drain = Stop { drain: SECOND, ..Stop::default() };
    let named = Stop { signal: Some(Signal::QUIT), ..drain.clone() };
    let always = restarting(Restart::Always);
    for (stop, life, readers, is_pid1, expected) in [
        (Stop::default(), Life::default(), false, true, 0),
        (Stop::default(), Life::default(), true, true, 1),
        (drain.clone(), Life::default(), false, true, 1),
        (grace(SECOND), Life::default(), false, true, 1),
        (Stop::default(), always, false, true, 1),
        (drain, Life::default(), true, false, 0),
        (named, Life::default(), true, true, 0),
    ] {
        for signal in [Signal::QUIT, Signal::WINCH, Signal::HALT] {
            let mut machine = Machine::new(stop.clone(), life.clone(), is_pid1, Moment::ZERO);
            machine.on(Event::Started, Moment::ZERO, &mut Vec::new());
            if readers {
                machine.has_readers();
            }
            assert_eq!(suggestions(&mut machine, Signal::HUP), 0);
            assert_eq!(suggestions(&mut machine, signal), expected, "{signal} {stop:?}");
            assert_eq!(suggestions(&mut machine, signal), 0, "once");
        }
    }
}

// --- properties -----------------------------------------------------------

fn signals() -> impl Strategy<Value = Signal> {
    (1..=64i32).prop_filter_map("17 is not an event", |number| {
        Signal::from_number(number).filter(|s| *s != Signal::CHLD)
    })
}

fn durations() -> impl Strategy<Value = Duration> {
    (0..30_000u64).prop_map(Duration::from_millis)
}

fn reactions() -> impl Strategy<Value = OnFailure> {
    prop_oneof![Just(OnFailure::None), Just(OnFailure::Stop), Just(OnFailure::Restart), Just(OnFailure::Kill)]
}

fn policies() -> impl Strategy<Value = Restart> {
    prop_oneof![
        Just(Restart::No),
        Just(Restart::Always),
        proptest::option::of(0..3u32).prop_map(|most| Restart::OnFailure { most }),
    ]
}

prop_compose! {
    fn stops()(
        group: bool,
        signal in proptest::option::of(signals()),
        timeout in proptest::option::of(durations()),
        drain in durations(),
        sweep in proptest::option::of(durations()),
        rewrites in proptest::collection::vec((signals(), proptest::option::of(signals())), 0..3),
        group_exit_signal in proptest::option::of(signals()),
        stops_with_app: bool,
    ) -> Stop {
        Stop { group, signal, timeout, drain, sweep, rewrites, parent_death: None, group_exit_signal, stops_with_app }
    }
}

prop_compose! {
    fn lives()(
        restart in policies(),
        on_failure in reactions(),
        limit in proptest::option::of(durations()),
        ok_exit in proptest::collection::vec(0..256i32, 0..3),
    ) -> Life {
        Life { restart, limit, ok_exit, on_failure, warn_on_reap: false }
    }
}

/// What may happen next; impossible events are not passed to the machine.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Arrives(Signal),
    Ends(u8),
    IsLost,
    Stops(Signal),
    TurnsUnhealthy,
    Continues,
    AllGone,
    Time(Duration),
}

fn happenings() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => signals().prop_map(Happening::Arrives),
        3 => Just(Happening::Arrives(Signal::TERM)),
        3 => any::<u8>().prop_map(Happening::Ends),
        1 => Just(Happening::IsLost),
        1 => prop_oneof![Just(Signal::STOP), Just(Signal::TSTP)].prop_map(Happening::Stops),
        1 => Just(Happening::Continues),
        2 => Just(Happening::TurnsUnhealthy),
        1 => Just(Happening::AllGone),
        4 => durations().prop_map(Happening::Time),
    ]
}

/// A world with one app, which checks every action against what is possible.
struct World {
    machine: Machine,
    stop: Stop,
    now: Moment,
    app: bool,
    /// The app must not be started again, after a stop request or a loss.
    stop_requested: bool,
    exit: Option<i32>,
    started_at: Vec<Moment>,
}

impl World {
    fn new(stop: Stop, life: Life) -> Self {
        let machine = Machine::new(stop.clone(), life, false, Moment::ZERO);
        let mut world = Self {
            machine,
            stop,
            now: Moment::ZERO,
            app: true,
            stop_requested: false,
            exit: None,
            started_at: vec![Moment::ZERO],
        };
        world.dispatch(Event::Started);
        world
    }

    fn dispatch(&mut self, event: Event) {
        let mut todo = Vec::new();
        self.machine.on(event, self.now, &mut todo);
        for action in todo {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        assert_eq!(self.exit, None, "nothing comes after Exit, but {action:?} did");
        match action {
            Action::Signal(_)
            | Action::Resume
            | Action::GiveTerminal
            | Action::Suspend
            | Action::StopSelf => {
                assert!(self.app, "{action:?} to a reaped app");
            }
            Action::SignalGroup(_) => assert!(!self.app, "{action:?} while the app is there"),
            Action::Exit(code) => self.exit = Some(code),
            Action::Start => self.start(),
            Action::SignalAll(_) | Action::Enter(_) | Action::Log(_) => {}
        }
    }

    fn start(&mut self) {
        assert!(!self.app && !self.stop_requested, "started beside a living app or after a stop request");
        let before = self.started_at.last().copied().unwrap_or_default();
        assert!(
            self.now.checked_sub(before).unwrap() >= Duration::from_millis(100),
            "restarts closer than 100 ms"
        );
        self.started_at.push(self.now);
        self.app = true;
        self.dispatch(Event::Started);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrives(signal) => {
                let request =
                    [Signal::TERM, Signal::INT].contains(&signal) || self.stop.signal == Some(signal);
                self.stop_requested |= request && self.stop.rewritten(signal).is_some();
                self.dispatch(Event::Signal(from_outside(signal)));
            }
            Happening::Ends(code) if self.app => {
                self.app = false;
                self.dispatch(exited(code.into()));
            }
            Happening::IsLost if self.app => {
                (self.app, self.stop_requested) = (false, true);
                self.dispatch(Event::Lost(125));
            }
            Happening::Stops(signal) if self.app => self.dispatch(Event::Stopped(signal)),
            Happening::TurnsUnhealthy if self.app => self.dispatch(Event::Unhealthy),
            Happening::Continues if self.app => self.dispatch(Event::Continued),
            Happening::AllGone if !self.app => self.dispatch(Event::NoChildren),
            Happening::Time(time) => {
                self.now += time;
                self.dispatch(Event::Tick);
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn keeps_its_invariants_whatever_happens(
        stop in stops(), life in lives(), story in proptest::collection::vec(happenings(), 0..60)
    ) {
        let mut world = World::new(stop, life);
        for happening in story {
            world.happen(happening);
        }
    }

    #[test]
    fn a_stop_with_a_limit_always_ends(
        stop in stops(), life in lives(), limit in durations(), story in proptest::collection::vec(happenings(), 0..20)
    ) {
        // Neither the app nor the remaining processes react, not even to SIGKILL.
        let stop = Stop { timeout: Some(limit), rewrites: vec![], ..stop };
        let mut world = World::new(stop, life);
        for happening in story {
            world.happen(happening);
        }
        for _ in 0..2 {
            world.dispatch(term());
        }
        let mut turns = 0;
        while world.exit.is_none() {
            turns += 1;
            prop_assert!(turns < 1000, "still there after {turns} deadlines");
            let deadline = world.machine.deadline();
            prop_assert!(deadline.is_some(), "waits for ever");
            world.now = world.now.max(deadline.unwrap_or_default());
            world.dispatch(Event::Tick);
        }
    }
}
