//! gosu and su-exec: the user, then the program, in the same process.

use crate::common::{As, Output, TempDir, given, is_root, skip, status_field};
use crate::{Names, hinit_and_the_original, start};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

macro_rules! need_root {
    () => {
        if !is_root() {
            return skip("a change of the user", "not root");
        }
    };
}

/// Under both names of hinit, and the original gosu.
fn everyone(behaviour: impl Fn(&Path)) {
    behaviour(&Names::new().path("su-exec"));
    hinit_and_the_original("gosu", behaviour);
}

fn only_hinit(behaviour: impl Fn(&Path)) {
    let names = Names::new();
    for name in ["gosu", "su-exec"] {
        behaviour(&names.path(name));
    }
}

fn run(program: &Path, words: &[&str]) -> Output {
    start(program, As::Process, words).output()
}

#[test]
fn becomes_the_program_itself() {
    need_root!();
    everyone(|program| {
        let running = start(program, As::Process, ["1:2", "sh", "-c", "echo ready; exec sleep 60"]).start();
        running.prints("ready");
        crate::common::until("it sleeps", || {
            (status_field(running.pid, "Name").as_deref() == Some("sleep")).then_some(())
        });
        assert_eq!(status_field(running.pid, "Uid").unwrap(), "1 1 1 1");
        running.signal(15);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn sets_home_and_leaves_the_other_names() {
    need_root!();
    everyone(|program| {
        let home = |user: &str| {
            let words = [user, "sh", "-c", "echo $HOME $USER $LOGNAME $KEPT"];
            let builder = start(program, As::Process, words).env("HOME", "/h").env("USER", "u");
            builder.env("LOGNAME", "l").env("KEPT", "k").output().stdout
        };
        assert_eq!(home("root"), "/root u l k\n");
        assert_eq!(home("12345:12345"), "/ u l k\n");
    });
}

#[test]
fn a_setuid_program_works_below_it_but_nothing_else_is_left_of_root() {
    need_root!();
    let scratch = TempDir::new("setuid");
    std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let script = "mount -t tmpfs -o mode=755 none \"$0\"; cp /usr/bin/id \"$0/id\"; chmod 4755 \"$0/id\"; \
                  exec \"$1\" 1:2 sh -c \"'$0/id' -u; grep -E '^(Cap(Prm|Eff|Inh|Amb)|NoNew)' /proc/self/status\"";
    let nothing = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\n";
    everyone(|program| {
        let words = [
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-ec",
            script,
            scratch.path().to_str().unwrap(),
            program.to_str().unwrap(),
        ];
        let out = run(Path::new("/usr/bin/unshare"), &words);
        assert_eq!(out.stdout, format!("0\n{nothing}"), "{}", out.stderr);
    });
}

#[test]
fn capabilities_that_are_handed_down_end_here_where_gosu_leaves_them() {
    need_root!();
    only_hinit(|program| {
        let words = [
            "--inh-caps",
            "+chown,+net_raw",
            program.to_str().unwrap(),
            "1:2",
            "grep",
            "CapInh",
            "/proc/self/status",
        ];
        assert_eq!(run(Path::new("/usr/bin/setpriv"), &words).stdout, "CapInh:\t0000000000000000\n");
    });
}

#[test]
fn nobody_stays_root_by_accident_where_both_originals_do() {
    need_root!();
    only_hinit(|program| {
        for (spec, why) in [
            ("", "it is empty"),
            (":1", "nothing is before the colon"),
            (":", "it is empty"),
            ("12345", "write it too, such as 12345:12345"),
            ("1:2:3", "more than one colon"),
            ("4294967296", "too high"),
            ("1:4294967296", "too high"),
            ("-1", "has a sign"),
        ] {
            let out = run(program, &[spec, "id"]);
            assert_eq!((out.code, out.stdout.as_str()), (1, ""), "{spec}");
            assert!(out.stderr.contains(why) && out.stderr.lines().count() == 1, "{spec}: {}", out.stderr);
        }
    });
}

/// Of users whom the files make a part of root, by their numbers.
#[test]
fn believes_the_files_where_hinit_s_own_option_does_not() {
    need_root!();
    let files = TempDir::new("accounts");
    let passwd = "root:x:0:0::/:/bin/sh\ngroupie:x:1003:0::/:/bin/sh\nmember:x:1004:1004::/:/bin/sh\n\
                  toor:x:0:1000::/:/bin/sh\n";
    let passwd = files.file("passwd", passwd);
    let group = files.file("group", "root:x:0:member\nwheel:x:0:\nmember:x:1004:\n");
    let script = "mount --bind \"$0\" /etc/passwd; mount --bind \"$1\" /etc/group; shift; exec \"$@\"";
    let as_user = |program: &Path, options: &[&str], spec: &str| {
        let fixed = ["--mount", "--propagation", "private", "sh", "-ec", script];
        let paths = [&passwd, &group].map(|path| path.to_str().unwrap());
        let who = [program.to_str().unwrap()];
        let id = [spec, "sh", "-c", "echo $(id -u) $(id -G)"];
        run(Path::new("/usr/bin/unshare"), &[&fixed[..], &paths, &who, options, &id].concat())
    };
    let table = [
        ("groupie", "1003 0\n"),
        ("1003", "1003 0\n"),
        ("member", "1004 1004 0\n"),
        ("member:wheel", "1004 0\n"),
        ("toor", "0 1000\n"),
    ];
    for (spec, ids) in table {
        everyone(|program| {
            let out = as_user(program, &[], spec);
            assert_eq!((out.code, out.stdout.as_str()), (0, ids), "{spec}: {}", out.stderr);
        });
        let out = as_user(Path::new(crate::common::HINIT), &["--user"], spec);
        assert_eq!((out.code, out.stdout.as_str()), (125, ""), "{spec}: {}", out.stderr);
    }
}

#[test]
fn the_app_may_open_its_own_stdout_where_it_may_not_below_the_originals() {
    need_root!();
    only_hinit(|program| {
        let out = run(program, &["nobody", "sh", "-c", "echo written > /dev/stdout"]);
        assert_eq!((out.stdout.as_str(), out.code), ("written\n", 0), "{}", out.stderr);
    });
}

#[test]
fn leaves_mask_and_dispositions_as_they_were() {
    need_root!();
    everyone(|program| {
        let words = ["1:2", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"];
        let out = start(program, As::Process, words).before_exec(given::hup_ignored_usr1_blocked).output();
        let lines: Vec<&str> = out.stdout.lines().collect();
        let [blocked, ignored] = lines[..] else { panic!("{}", out.stdout) };
        assert!(blocked.ends_with("0000000000000200") && ignored.ends_with("0001"), "{}", out.stdout);
    });
}

#[test]
fn a_user_that_is_not_root_can_only_stay_what_it_is() {
    need_root!();
    only_hinit(|program| {
        let other = |spec: &str| {
            let who = [
                "--reuid",
                "1",
                "--regid",
                "2",
                "--clear-groups",
                program.to_str().unwrap(),
                spec,
                "id",
                "-u",
            ];
            run(Path::new("/usr/bin/setpriv"), &who)
        };
        assert_eq!(other("1:2").stdout, "1\n");
        let refused = other("3:4");
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
        assert!(refused.stderr.contains("started as 1:2, which cannot change"), "{}", refused.stderr);
    });
}

#[test]
fn su_exec_shows_its_usage_and_is_content() {
    let names = Names::new();
    for words in [&[][..], &["nobody"]] {
        let out = run(&names.path("su-exec"), words);
        assert_eq!((out.code, out.stderr.as_str()), (0, ""));
        assert!(out.stdout.ends_with("su-exec user-spec command [args]\n"), "{}", out.stdout);
    }
}

#[test]
fn su_exec_says_which_program_does_not_start() {
    need_root!();
    let names = Names::new();
    let out = run(&names.path("su-exec"), &["1:2", "/nosuch"]);
    assert_eq!((out.code, out.stderr.as_str()), (1, "su-exec: /nosuch: No such file or directory\n"));
}

#[test]
fn a_file_with_the_setuid_bit_makes_nobody_root() {
    need_root!();
    let scratch = TempDir::new("setuid-gosu");
    std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let script = "mount -t tmpfs -o mode=755 none \"$0\"; cp \"$1\" \"$0/gosu\"; chmod 4755 \"$0/gosu\"; \
                  exec setpriv --reuid 1 --regid 2 --clear-groups \"$0/gosu\" 0:0 id";
    let words = [
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-ec",
        script,
        scratch.path().to_str().unwrap(),
        crate::common::HINIT,
    ];
    let out = run(Path::new("/usr/bin/unshare"), &words);
    assert_eq!((out.code, out.stdout.as_str()), (1, ""));
    assert!(out.stderr.contains("setuid bit"), "{}", out.stderr);
}
