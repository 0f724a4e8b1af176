//! Out of memory, under the limit of a real control group.

use crate::common::{As, hinit, send};
use crate::{KILL, cgroup, fixture};

const LIMIT: &str = "41943040";
const SAYS: &str = "the app was killed by SIGKILL: out of memory";

#[test]
fn says_that_the_kernel_killed_the_app_for_want_of_memory() {
    let Some(group) = cgroup("memory") else { return };
    group.set("memory.limit_in_bytes", LIMIT);
    for mode in [As::Process, As::Pid1] {
        let out = hinit(mode, fixture(&[], &["use-memory"])).before_exec(group.joining()).output();
        assert_eq!(out.code, 137, "{}", out.stderr);
        assert!(out.stderr.lines().last().unwrap_or_default().contains(SAYS), "{}", out.stderr);
    }
}

/// The group has counted such kills before, and this is none.
#[test]
fn blames_nobody_s_kill_on_memory() {
    let Some(group) = cgroup("memory") else { return };
    group.set("memory.limit_in_bytes", LIMIT);
    let _ = hinit(As::Process, fixture(&[], &["use-memory"])).before_exec(group.joining()).output();
    assert!(group.get("memory.oom_control").ends_with("oom_kill 1"));
    let running = hinit(As::Process, fixture(&[], &["ignore-term"])).before_exec(group.joining()).start();
    send(running.prints("ready").app(), KILL);
    let out = running.wait();
    assert_eq!(out.code, 137);
    assert!(out.stderr.ends_with("the app was killed by SIGKILL\n"), "{}", out.stderr);
}

#[test]
fn tells_it_of_every_life_of_a_restarted_app() {
    let Some(group) = cgroup("memory") else { return };
    group.set("memory.limit_in_bytes", LIMIT);
    let words = fixture(&["--restart", "on-failure:1"], &["use-memory"]);
    let out = hinit(As::Process, words).before_exec(group.joining()).output();
    assert_eq!((out.code, out.stderr.matches(SAYS).count()), (137, 2), "{}", out.stderr);
}
