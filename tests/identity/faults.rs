//! Every call of the drop fails in turn, or lies: the app is started with
//! nothing of root, or not at all.

use crate::common::seccomp;
use crate::machine::{Status, command, run, stderr, stdout};
use crate::{STATUS, need};
use std::os::unix::process::CommandExt;
use std::process::Command;

const CALLS: [(&str, libc::c_long); 10] = [
    ("getresuid", libc::SYS_getresuid),
    ("getresgid", libc::SYS_getresgid),
    ("getgroups", libc::SYS_getgroups),
    ("setgroups", libc::SYS_setgroups),
    ("setresgid", libc::SYS_setresgid),
    ("setresuid", libc::SYS_setresuid),
    ("capget", libc::SYS_capget),
    ("capset", libc::SYS_capset),
    ("prctl", libc::SYS_prctl),
    ("fchown", libc::SYS_fchown),
];

const ANSWERS: [i32; 6] = [0, libc::EPERM, libc::ENOSYS, libc::EINVAL, libc::EAGAIN, libc::ENOMEM];

#[allow(unsafe_code)]
fn answer_with(command: &mut Command, number: libc::c_long, errno: i32) {
    // SAFETY: between fork and exec it makes one system call on its own stack.
    unsafe { command.pre_exec(seccomp::answering(number, errno)) };
}

#[test]
fn no_lie_of_the_kernel_starts_the_app_with_privileges() {
    need!();
    for (name, number) in CALLS {
        for answer in ANSWERS {
            let mut command = command();
            answer_with(&mut command, number, answer);
            let output = run(command, &["--user", "10001:10002", STATUS[0], STATUS[1]]);
            let what = format!("{name} answered {answer}: {}", stderr(&output));
            if output.status.success() {
                let status = Status::of(&output);
                status.assert_ids("10001", "10002", &["10002"]);
                status.assert_no_capability();
                assert_eq!(status.field("NoNewPrivs"), ["1"], "{what}");
            } else {
                assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(125), ""), "{what}");
                assert_eq!(stderr(&output).lines().count(), 1, "{what}");
                assert!(stderr(&output).contains("--user 10001:10002: "), "{what}");
            }
        }
    }
}

#[test]
fn the_calls_that_matter_are_missed_when_they_lie() {
    need!();
    for name in ["setgroups", "setresgid", "setresuid", "prctl"] {
        let number = CALLS.iter().find(|(known, _)| *known == name).unwrap().1;
        let mut command = command();
        answer_with(&mut command, number, 0);
        let output = run(command, &["--user", "10001:10002", "echo", "started"]);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(125), ""), "{name}");
    }
}
