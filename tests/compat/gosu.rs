//! gosu and su-exec: switch to the user, then execute the program.

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

/// hinit under both names, and the original gosu.
fn all_programs(test: impl Fn(&Path)) {
    test(&Names::new().path("su-exec"));
    hinit_and_the_original("gosu", test);
}

fn only_hinit(test: impl Fn(&Path)) {
    let names = Names::new();
    for name in ["gosu", "su-exec"] {
        test(&names.path(name));
    }
}

fn run(program: &Path, args: &[&str]) -> Output {
    start(program, As::Process, args).output()
}

#[test]
fn becomes_the_program_itself() {
    need_root!();
    all_programs(|program| {
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
fn sets_home_and_leaves_the_other_variables() {
    need_root!();
    all_programs(|program| {
        let home = |user: &str| {
            let args = [user, "sh", "-c", "echo $HOME $USER $LOGNAME $KEPT"];
            let builder = start(program, As::Process, args).env("HOME", "/h").env("USER", "u");
            builder.env("LOGNAME", "l").env("KEPT", "k").output().stdout
        };
        assert_eq!(home("root"), "/root u l k\n");
        assert_eq!(home("12345:12345"), "/ u l k\n");
    });
}

#[test]
fn setuid_programs_still_work_but_no_capability_is_left() {
    need_root!();
    let scratch = TempDir::new("setuid");
    std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let script = "mount -t tmpfs -o mode=755 none \"$0\"; cp /usr/bin/id \"$0/id\"; chmod 4755 \"$0/id\"; \
                  exec \"$1\" 1:2 sh -c \"'$0/id' -u; grep -E '^(Cap(Prm|Eff|Inh|Amb)|NoNew)' /proc/self/status\"";
    let nothing = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\n";
    all_programs(|program| {
        let args = [
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-ec",
            script,
            scratch.path().to_str().unwrap(),
            program.to_str().unwrap(),
        ];
        let out = run(Path::new("/usr/bin/unshare"), &args);
        assert_eq!(out.stdout, format!("0\n{nothing}"), "{}", out.stderr);
    });
}

#[test]
fn drops_inheritable_capabilities_where_gosu_keeps_them() {
    need_root!();
    only_hinit(|program| {
        let args = [
            "--inh-caps",
            "+chown,+net_raw",
            program.to_str().unwrap(),
            "1:2",
            "grep",
            "CapInh",
            "/proc/self/status",
        ];
        assert_eq!(run(Path::new("/usr/bin/setpriv"), &args).stdout, "CapInh:\t0000000000000000\n");
    });
}

#[test]
fn rejects_specs_that_would_stay_root_by_accident() {
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

/// Users to whom /etc/passwd or /etc/group gives uid 0 or gid 0.
#[test]
fn trusts_the_user_database_where_hinits_own_option_does_not() {
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
        let command = [program.to_str().unwrap()];
        let id = [spec, "sh", "-c", "echo $(id -u) $(id -G)"];
        run(Path::new("/usr/bin/unshare"), &[&fixed[..], &paths, &command, options, &id].concat())
    };
    let table = [
        ("groupie", "1003 0\n"),
        ("1003", "1003 0\n"),
        ("member", "1004 1004 0\n"),
        ("member:wheel", "1004 0\n"),
        ("toor", "0 1000\n"),
    ];
    for (spec, ids) in table {
        all_programs(|program| {
            let out = as_user(program, &[], spec);
            assert_eq!((out.code, out.stdout.as_str()), (0, ids), "{spec}: {}", out.stderr);
        });
        let out = as_user(Path::new(crate::common::HINIT), &["--user"], spec);
        assert_eq!((out.code, out.stdout.as_str()), (125, ""), "{spec}: {}", out.stderr);
    }
}

#[test]
fn the_app_can_open_its_own_stdout_where_it_cannot_with_the_originals() {
    need_root!();
    only_hinit(|program| {
        let out = run(program, &["nobody", "sh", "-c", "echo written > /dev/stdout"]);
        assert_eq!((out.stdout.as_str(), out.code), ("written\n", 0), "{}", out.stderr);
    });
}

#[test]
fn preserves_signal_mask_and_dispositions() {
    need_root!();
    all_programs(|program| {
        let args = ["1:2", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"];
        let out = start(program, As::Process, args).before_exec(given::hup_ignored_usr1_blocked).output();
        let lines: Vec<&str> = out.stdout.lines().collect();
        let [blocked, ignored] = lines[..] else { panic!("{}", out.stdout) };
        assert!(blocked.ends_with("0000000000000200") && ignored.ends_with("0001"), "{}", out.stdout);
    });
}

#[test]
fn without_root_only_the_same_user_is_accepted() {
    need_root!();
    only_hinit(|program| {
        let other = |spec: &str| {
            let command = [
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
            run(Path::new("/usr/bin/setpriv"), &command)
        };
        assert_eq!(other("1:2").stdout, "1\n");
        let refused = other("3:4");
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
        assert!(refused.stderr.contains("started as 1:2, which cannot change"), "{}", refused.stderr);
    });
}

#[test]
fn su_exec_prints_its_usage_and_exits_with_0() {
    let names = Names::new();
    for args in [&[][..], &["nobody"]] {
        let out = run(&names.path("su-exec"), args);
        assert_eq!((out.code, out.stderr.as_str()), (0, ""));
        assert!(out.stdout.ends_with("su-exec user-spec command [args]\n"), "{}", out.stdout);
    }
}

#[test]
fn su_exec_names_the_program_that_cannot_be_started() {
    need_root!();
    let names = Names::new();
    let out = run(&names.path("su-exec"), &["1:2", "/nosuch"]);
    assert_eq!((out.code, out.stderr.as_str()), (1, "su-exec: /nosuch: No such file or directory\n"));
}

#[test]
fn rejects_a_setuid_bit_on_the_binary() {
    need_root!();
    let scratch = TempDir::new("setuid-gosu");
    std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let script = "mount -t tmpfs -o mode=755 none \"$0\"; cp \"$1\" \"$0/gosu\"; chmod 4755 \"$0/gosu\"; \
                  exec setpriv --reuid 1 --regid 2 --clear-groups \"$0/gosu\" 0:0 id";
    let args = [
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-ec",
        script,
        scratch.path().to_str().unwrap(),
        crate::common::HINIT,
    ];
    let out = run(Path::new("/usr/bin/unshare"), &args);
    assert_eq!((out.code, out.stdout.as_str()), (1, ""));
    assert!(out.stderr.contains("setuid bit"), "{}", out.stderr);
}
