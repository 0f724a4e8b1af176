//! Command lines with exactly the exit code and output of the original. The
//! exceptions are in each program's own file.

use crate::common::As;
use crate::{Names, original, start};
use std::path::Path;

/// Exit code, stdout and stderr, with program paths and PIDs replaced.
fn outcome(program: &Path, line: &str) -> (i32, String, String) {
    let script = format!("cd /; {}", line.replace('@', &format!("{} ", program.display())));
    let out = start(Path::new("/bin/sh"), As::Process, ["-c", &script]).output();
    let fixed = |text: String| without_pids(&text.replace(&program.display().to_string(), "NAME"));
    (out.code, fixed(out.stdout), fixed(out.stderr))
}

/// PIDs are in brackets, after a colon, or after the word PID.
fn without_pids(text: &str) -> String {
    let mut kept = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let is_pid = ["(", ":", "PID "].iter().any(|before| kept.ends_with(before));
        kept.push_str(if is_pid && digits > 0 { "N" } else { &piece[..digits] });
        kept.push_str(&piece[digits..]);
    }
    kept
}

#[track_caller]
fn assert_same(name: &str, lines: &[&str]) {
    let Some(original) = original(name) else { return };
    let names = Names::new();
    for line in lines {
        let (ours, theirs) = (outcome(&names.path(name), line), outcome(&original, line));
        assert_eq!(ours, theirs, "{name}: {line}");
    }
}

#[test]
fn tini() {
    assert_same(
        "tini",
        &[
            "@-e 256 true",
            "@-e x true",
            "@-p FOO true",
            "@-s nosuch",
            "@-s /etc/passwd",
            "@-s /",
            "@-s -- sh -c 'exit 3'",
            "@-s -e 1 -e 2 false",
            "@-sge1 false",
            "@-s -e 137 -- sh -c 'kill -9 $$'",
            "@-s -- sh -c 'kill -9 $$'",
            "@-s -- -x",
            "TINI_VERBOSITY=0 @true",
            "exec 5</etc/hostname; @-s -- sh -c 'cat <&5'",
            "TINI_VERBOSITY=x @-v true",
            "TINI_SUBREAPER= @true",
            "@-s -w true",
            "@-s -- env -i sh -c 'echo \"$TINI_SUBREAPER\"; echo to stderr >&2'",
        ],
    );
}

/// Without the version, which names hinit. For verbosity see `tini.rs`.
#[test]
fn tini_usage() {
    let Some(original) = original("tini") else { return };
    let names = Names::new();
    for args in ["", "-z", "-e", "-p", "--help", "-h", "--", "-h x"] {
        let line = format!("@{args}");
        let (code, out, err) = outcome(&names.path("tini"), &line);
        let without = |text: &str| text.replace(concat!(" - hinit ", env!("CARGO_PKG_VERSION")), "");
        assert_eq!((code, without(&out), without(&err)), outcome(&original, &line), "{line}");
    }
}

#[test]
fn dumb_init() {
    assert_same(
        "dumb-init",
        &[
            "@",
            "@-z",
            "@-r",
            "@-r 15 true",
            "@-r 1:32 true",
            "@-r 15:12 -r 0 true",
            "@-r -1:15 true",
            "@-h",
            "@--help",
            "@-V",
            "@--version",
            "@--ver",
            "@--nope x",
            "@--verbose=1 x",
            "@nosuch",
            "@/",
            "@-c /etc/passwd",
            "@-- -x",
            "@-cv echo hi",
            "@--single-child --verbose echo hi",
            "@-cv -r 15:3 true",
            "@-cv -- sh -c 'kill -9 $$'",
            "DUMB_INIT_SETSID=0 @-v echo hi",
            "DUMB_INIT_SETSID=0 DUMB_INIT_DEBUG=1 @echo hi",
            "DUMB_INIT_DEBUG=0 @echo hi",
            "DUMB_INIT_SETSID= @echo hi",
            "@--rew=15:3 -- false",
            "@sh -c 'exit 77'",
            "@sh -c 'kill -9 $$'",
            "cd /tmp; @sh -c 'readlink /proc/$PPID/cwd; pwd'",
        ],
    );
}

/// Parent and child print at the same time, in any order.
#[test]
fn dumb_init_verbose() {
    let Some(original) = original("dumb-init") else { return };
    let names = Names::new();
    for line in ["@-v echo hi", "DUMB_INIT_DEBUG=1 @false", "@-v -r 15:2 sh -c 'kill -9 $$'", "@-v nosuch"] {
        let sorted = |(code, out, err): (i32, String, String)| {
            let mut lines: Vec<_> = err.lines().map(str::to_owned).collect();
            lines.sort();
            (code, out, lines)
        };
        let (ours, theirs) =
            (sorted(outcome(&names.path("dumb-init"), line)), sorted(outcome(&original, line)));
        // hinit knows whether the program was started; dumb-init does not.
        let last = if line.ends_with("nosuch") { ours.2.len() } else { theirs.2.len() };
        assert!(ours.0 == theirs.0 && ours.1 == theirs.1, "{line}: {ours:?} {theirs:?}");
        assert!(ours.2.iter().take(last).all(|line| theirs.2.contains(line)), "{line}: {ours:?} {theirs:?}");
        if last == theirs.2.len() {
            assert_eq!(ours.2, theirs.2, "{line}");
        }
    }
}

#[test]
fn catatonit() {
    assert_same(
        "catatonit",
        &[
            "@",
            "@--",
            "@-g",
            "@-z true",
            "@-h",
            "@-h x",
            "@--help",
            "@nosuch",
            "@/etc/passwd",
            "@true",
            "@-g -- sh -c 'exit 5'",
            "@-- sh -c 'kill -9 $$'",
            "timeout 5 @-P & sleep 0.3; kill $!; wait $!; echo $?",
        ],
    );
}

#[test]
fn gosu() {
    if !crate::common::is_root() {
        return crate::common::skip("gosu", "not root");
    }
    assert_same(
        "gosu",
        &[
            "@nobody id",
            "@nobody: id",
            "@games id",
            "@games:daemon id",
            "@1:2 id",
            "@root id",
            "@0 id",
            "@root:daemon sh -c 'id; echo $HOME'",
            "USER=u LOGNAME=l @12345:12346 sh -c 'id; echo $HOME $USER $LOGNAME'",
            "HOME=/h USER=u @nobody sh -c 'echo $HOME $USER'",
            "@nobody nosuch",
            "@nobody /nosuch",
            "@nobody /etc/passwd",
            "@nobody -- id",
            "@nobody sh -c 'exit 7'",
            "@nobody sh -c 'kill -9 $$'",
            "@nobody sh -c 'grep -E \"^(Cap|NoNew|Sig)\" /proc/self/status'",
            "@nobody sh -c 'echo $$ $PPID' | wc -w",
        ],
    );
}
