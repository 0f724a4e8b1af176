//! PID 1: the pure machine, and the loop that feeds it events and carries out
//! its actions.

mod dependencies;
mod descendants;
pub(crate) mod machine;
mod messages;
mod oom_monitor;
pub(crate) mod pod_pause;
pub(crate) mod restart_backoff;
pub(crate) mod runtime;

use crate::error::{Error, Result};
use crate::health::checks::Checks;
use crate::health::notify::{self, Listener};
use crate::identity::{self, Account, Outcome};
use crate::limits::oom_score;
use crate::limits::rlimit::Limit;
use crate::personality::Personality;
use crate::plan::probe::{Notify, Target};
use crate::plan::{Health, Identity, Plan};
use crate::setup::chown;
use crate::spawn::child_setup::ChildSetup;
use crate::spawn::environment::{self, Environment};
use crate::spawn::program::Program;
use crate::spawn::socket_activation::{self, Sockets};
use crate::status::locations::make_runtime_directory;

use crate::signal::Signal;
use crate::sys::signals::{self, Inherited};
use crate::sys::{Pid, process};
use log::{debug, error, warn};
use runtime::{Prepared, Runtime};
use std::ffi::OsStr;

/// Carries out a plan and returns the exit code.
///
/// A failure before the app is started is one line on stderr.
pub(crate) fn run(plan: Plan, inherited: Inherited) -> i32 {
    let (ready, personality) = (make_ready(&plan, inherited), plan.personality);
    // Its memory would stay in use for the life of the container.
    drop(plan);
    match ready {
        Ok(Ready::Run(mut runtime)) => {
            let code = runtime.run();
            // The process ends here: the kernel frees everything at once.
            std::mem::forget(runtime);
            code
        }
        Ok(Ready::Exit(code)) => code,
        Err(error) => {
            error!("{error}");
            personality.own_failure()
        }
    }
}

/// The outcome of the preparations.
enum Ready {
    Run(Box<Runtime>),
    Exit(i32),
}

/// Ordered by privilege (docs/design.md, section 5): what needs root first,
/// then the drop, and only then the first fork.
///
/// Never inlined: its frame would stay on the stack as long as the loop runs
/// ([`crate::sys::memory`]).
#[inline(never)]
fn make_ready(plan: &Plan, inherited: Inherited) -> Result<Ready> {
    let sockets = socket_activation::take()?;
    let account = plan.identity.user.as_ref().map(identity::resolve_from_files).transpose()?;
    do_as_root(plan, account.as_ref())?;
    let outcome = become_user(account.as_ref(), &plan.identity)?;
    enter_workdir(plan)?;
    adopt_orphans(plan.personality);
    let dropped = account.as_ref().filter(|_| outcome == Outcome::Dropped);
    let environment = environment(dropped, &plan.app.env, sockets.as_ref());
    let prepared = prepare(plan, &environment, sockets, inherited)?;
    if let Some(code) = end_with_parent(plan.stop.parent_death, inherited.parent())? {
        return Ok(Ready::Exit(code));
    }
    Runtime::open(plan, prepared, inherited).map(Box::new).map(Ready::Run)
}

/// Steps that may need root. `--chown` comes last, so that no volume has been
/// changed if another step fails.
fn do_as_root(plan: &Plan, account: Option<&Account>) -> Result<()> {
    if let Some(account) = account {
        identity::check_capabilities(account, !plan.identity.chown.is_empty())?;
    }
    plan.app.limits.iter().try_for_each(Limit::raise_hard_limit)?;
    if let Some(score) = plan.app.oom_score_adj {
        oom_score::adjust(score);
    }
    make_status_directory(plan, account);
    for path in &plan.identity.chown {
        account.map_or(Ok(()), |account| chown::change_tree(path, account))?;
    }
    Ok(())
}

/// Makes hinit's own directory while it still can. If that fails, the status is
/// written to another location.
fn make_status_directory(plan: &Plan, account: Option<&Account>) {
    if plan.personality.writes_status() && plan.status_file.is_none() {
        let own = || (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
        let (uid, gid) = account.map_or_else(own, |account| (account.uid, account.gid));
        if let Err(error) = make_runtime_directory(uid, gid) {
            debug!("cannot make the directory for the status: {error}");
        }
    }
}

fn prepare(
    plan: &Plan,
    environment: &Environment,
    sockets: Option<Sockets>,
    inherited: Inherited,
) -> Result<Prepared> {
    let checks = |health: &Health| {
        Checks::new(health, environment, &child_setup(plan), inherited).map(|checks| (checks, health.timing))
    };
    let wanted = dependencies::checks_of(&plan.wait_for.probes);
    let wanted = (!wanted.probes.is_empty()).then(|| checks(&wanted)).transpose()?;
    let checks = plan.health.as_ref().map(checks).transpose()?;
    let listener = listener(plan, checks.as_ref().map(|(checks, _)| checks), environment)?;
    Ok(Prepared {
        program: program(plan, with_notify_socket(environment.clone(), listener.as_ref()), sockets)?,
        description: messages::description(plan.personality, &plan.app.program),
        checks,
        dependencies: wanted.map(|(checks, _)| checks),
        listener: listener.map(|(listener, _)| listener),
    })
}

/// Opens the socket of a `notify:` check. Without one, NOTIFY_SOCKET of the app
/// stays as it is.
fn listener(
    plan: &Plan,
    checks: Option<&Checks>,
    environment: &Environment,
) -> Result<Option<(Listener, Notify)>> {
    let wanted = plan.health.iter().flat_map(|health| &health.probes).find_map(|probe| match probe.target {
        Target::Notify(wanted) => Some(wanted),
        _ => None,
    });
    let (Some(wanted), Some(checks)) = (wanted, checks) else { return Ok(None) };
    let outer =
        environment.iter().find(|(name, _)| name == notify::SOCKET).map(|(_, value)| value.as_os_str());
    let listener = Listener::open(checks.notify_state(), outer)
        .map_err(|error| Error::new(format!("--health notify: cannot open the notify socket: {error}")))?;
    Ok(Some((listener, wanted)))
}

/// The app's environment, with the notify socket in it.
fn with_notify_socket(mut environment: Environment, listener: Option<&(Listener, Notify)>) -> Environment {
    let Some((listener, wanted)) = listener else { return environment };
    // hinit's own: set by the engine, for hinit's pid.
    environment::set(&mut environment, OsStr::new(notify::WATCHDOG_PID), None);
    environment::set(&mut environment, OsStr::new(notify::WATCHDOG), None);
    for (name, value) in listener.variables(*wanted) {
        environment::set(&mut environment, &name, Some(&value));
    }
    environment
}

/// The app. Only its process gets the inherited sockets.
fn program(plan: &Plan, mut environment: Environment, sockets: Option<Sockets>) -> Result<Program> {
    environment.extend(sockets.iter().flat_map(Sockets::variables));
    let setup = ChildSetup { sockets, ..child_setup(plan) };
    Ok(Program::new(&plan.app, &environment)?.with_setup(setup))
}

/// The limits and the umask of the app and of its check commands. In Docker
/// both have those of the container.
fn child_setup(plan: &Plan) -> ChildSetup {
    ChildSetup { limits: plan.app.limits.clone(), umask: plan.app.umask, sockets: None }
}

fn become_user(account: Option<&Account>, identity: &Identity) -> Result<Outcome> {
    let (no_new_privs, capabilities) = (identity.no_new_privs, identity.capabilities);
    match account {
        Some(account) => identity::become_user(account, no_new_privs, capabilities),
        None => identity::stay(no_new_privs, capabilities),
    }
}

/// After the drop: the user must be allowed to enter the directory.
fn enter_workdir(plan: &Plan) -> Result<()> {
    let Some(directory) = &plan.app.workdir else { return Ok(()) };
    std::env::set_current_dir(directory).map_err(|error| {
        let shown = directory.display();
        Error::new(format!(
            "--workdir {shown}: {error}; write a directory that exists and that the user may enter"
        ))
    })
}

fn adopt_orphans(personality: Personality) {
    if process::own_pid() == 1 {
        return;
    }
    if !personality.adopts_orphans() {
        return messages::not_subreaper();
    }
    if let Err(error) = process::become_subreaper() {
        warn!("cannot become the subreaper, orphans of the app will not be reaped: {error}");
    }
}

/// Sets the parent-death signal. After the drop, since a change of credentials
/// clears it. If the parent died before this call there will be no signal, so
/// hinit exits here (tini misses that).
fn end_with_parent(signal: Option<Signal>, parent: Pid) -> Result<Option<i32>> {
    let Some(signal) = signal.filter(|_| process::own_pid() != 1) else { return Ok(None) };
    signals::on_parent_death(signal)
        .map_err(|error| Error::new(format!("--pdeath-signal {signal}: {error}")))?;
    if process::parent_pid() == parent {
        return Ok(None);
    }
    warn!("hinit's parent has already died, not starting the app (--pdeath-signal {signal})");
    Ok(Some(128 + signal.number()))
}

/// hinit's own environment, with HOME, USER and LOGNAME of the new user, and
/// the plan's variables on top.
fn environment(dropped: Option<&Account>, variables: &Environment, sockets: Option<&Sockets>) -> Environment {
    let mut environment: Environment = std::env::vars_os().collect();
    if socket_activation::are_stale(sockets) {
        environment.retain(|(name, _)| !socket_activation::VARIABLES.iter().any(|known| name == known));
    }
    for (name, value) in dropped.into_iter().flat_map(Account::environment) {
        environment::set(&mut environment, OsStr::new(name), value.as_deref());
    }
    for (name, value) in variables {
        environment::set(&mut environment, name, Some(value));
    }
    environment
}
