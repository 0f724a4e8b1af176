//! Descriptors that hinit was started with, and LISTEN_FDS.

use crate::common::{As, HINIT, TempDir};
use crate::machine::{command, run, stdout};
use crate::{USER, answer_with, assert_refused, need};
use std::process::{Command, Output};

/// Opened by a shell before it becomes hinit, as PID 1 or not. Shells other
/// than bash know only one digit.
fn with_descriptors(mode: As, before: &str, words: &[&str]) -> Command {
    let script = format!("exec 3</etc/passwd 4</etc/group 9</dev/null; {before} exec \"$0\" \"$@\"");
    let mut command = Command::new(if mode == As::Pid1 { "unshare" } else { "env" });
    if mode == As::Pid1 {
        command.args(["--pid", "--fork", "--mount-proc"]);
    }
    command.args(["sh", "-ec", &script, HINIT]).args(words);
    command
}

/// Which of 3, 4 and 9 the app has.
fn open(output: &Output) -> Vec<u32> {
    assert!(output.status.success(), "{output:?}");
    let shown = stdout(output);
    let mut open: Vec<u32> = shown.lines().filter_map(|line| line.parse().ok()).collect();
    open.retain(|fd| [3, 4, 9].contains(fd));
    open
}

/// A shell lists its own: 3 to 9 are free for it unless passed.
const LIST: [&str; 3] = ["sh", "-c", "for fd in 3 4 9; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; true"];

const DECLARED: &str = "export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:api LISTEN_PIDFDID=1;";

#[test]
fn pid_1_closes_what_nobody_declared() {
    need!("unshare");
    assert_eq!(open(&run(with_descriptors(As::Pid1, "", &LIST), &[])), []);
}

#[test]
fn another_process_passes_everything_on_as_a_pipeline_wants_it() {
    assert_eq!(open(&run(with_descriptors(As::Process, "", &LIST), &[])), [3, 4, 9]);
    let compare = format!("{HINIT} diff <(echo same) <(echo same) && echo equal");
    let output = Command::new("bash").args(["-c", &compare]).output().unwrap();
    assert_eq!(stdout(&output), "equal\n", "{output:?}");
}

#[test]
fn where_close_range_is_denied_they_are_closed_all_the_same() {
    need!("unshare");
    for errno in [libc::ENOSYS, libc::EPERM] {
        for hide in ["", "mount -t tmpfs none /proc;"] {
            let list = ["sh", "-c", "for fd in 3 4 9; do (true <&$fd) 2>&- && echo $fd; done; true"];
            let mut command = with_descriptors(As::Pid1, hide, &list);
            answer_with(&mut command, libc::SYS_close_range, errno);
            assert_eq!(open(&run(command, &[])), [], "{errno} {hide}");
        }
    }
}

#[test]
fn declared_sockets_reach_the_app_under_its_own_pid() {
    need!("unshare");
    let show = "echo $LISTEN_FDS $LISTEN_FDNAMES ${LISTEN_PIDFDID-none}; [ $LISTEN_PID = $$ ] && echo mine;";
    let script = format!("{show} {}", LIST[2]);
    for (mode, passed) in [(As::Pid1, &[3, 4][..]), (As::Process, &[3, 4, 9])] {
        for user in [&[][..], &USER] {
            let app = [user, &["sh", "-c", &script]].concat();
            let output = run(with_descriptors(mode, DECLARED, &app), &[]);
            assert!(stdout(&output).starts_with("2 web:api none\nmine\n"), "{mode:?} {output:?}");
            assert_eq!(open(&output), passed, "{mode:?}");
        }
    }
}

#[test]
fn a_restarted_app_gets_them_again_under_its_new_pid() {
    need!("unshare");
    let script = "[ $LISTEN_PID = $$ ] && echo mine; read line <&3 && echo open; exit 1";
    let words = ["--restart", "on-failure:2", "sh", "-c", script];
    let output = run(with_descriptors(As::Pid1, DECLARED, &words), &[]);
    assert_eq!(stdout(&output), "mine\nopen\n".repeat(3), "{output:?}");
}

/// A probe is not the app.
#[test]
fn a_probe_gets_neither_the_descriptors_nor_their_variables() {
    need!("unshare");
    let probe = "echo probe $LISTEN_FDS $LISTEN_PID $(readlink /proc/$$/fd/* | grep /etc/)";
    let scratch = TempDir::new("before");
    let status = scratch.path().join("status.json");
    let app = format!("until grep -q 'probe' {0}; do sleep 0.01; done; cat {0}", status.display());
    let words = ["--health-cmd", probe, "--status-file", status.to_str().unwrap(), "sh", "-c", &app];
    let output = run(with_descriptors(As::Pid1, DECLARED, &words), &[]);
    assert!(stdout(&output).contains("\"probe\\n\""), "{output:?}");
}

#[test]
fn variables_for_another_process_are_left_out_with_what_they_count() {
    need!("unshare");
    let foreign = "export LISTEN_PID=4711 LISTEN_FDS=2;";
    let app = ["sh", "-c", "env | grep LISTEN_ || echo none"];
    assert_eq!(stdout(&run(with_descriptors(As::Pid1, foreign, &app), &[])), "none\n");
    let kept = stdout(&run(with_descriptors(As::Process, foreign, &app), &[]));
    assert!(kept.contains("LISTEN_PID=4711") && kept.contains("LISTEN_FDS=2"), "{kept}");
}

#[test]
fn a_declared_descriptor_that_is_not_open_is_an_error() {
    need!("unshare");
    let wrong = "export LISTEN_PID=$$ LISTEN_FDS=3;";
    for mode in [As::Pid1, As::Process] {
        let output = run(with_descriptors(mode, wrong, &["echo", "started"]), &[]);
        assert_refused(&output, "LISTEN_FDS=3: descriptor 5: Bad file descriptor");
    }
}

/// It is tried a few times, and then it is hinit's own failure.
#[test]
fn a_start_that_finds_no_process_left_is_125() {
    need!();
    for errno in [libc::EAGAIN, libc::ENOMEM] {
        let mut command = command();
        answer_with(&mut command, libc::SYS_clone, errno);
        assert_refused(&run(command, &["echo", "started"]), "cannot make a process for the app");
    }
}
