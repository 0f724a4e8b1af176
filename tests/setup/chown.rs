//! `--chown`: volumes and directories that belong to the user.

use crate::common::{HINIT, TempDir};
use crate::machine::{after, command, run, started_as, stderr, stdout};
use crate::{USER, assert_refused, need};
use std::fs;
use std::os::unix::fs::{MetadataExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TRUE: [&str; 1] = ["true"];

fn chown(path: &Path) -> Output {
    run(command(), &[&USER[..], &["--chown", path.to_str().unwrap()], &TRUE].concat())
}

fn owner(path: &Path) -> (u32, u32) {
    let stat = path.symlink_metadata().unwrap();
    (stat.uid(), stat.gid())
}

#[track_caller]
fn assert_given(path: &Path) {
    assert_eq!(owner(path), (10001, 10002), "{}", path.display());
}

#[track_caller]
fn assert_kept(path: &Path) {
    assert_eq!(owner(path), (0, 0), "{}", path.display());
}

/// A directory with something of every kind in it, and what lies outside.
struct Tree {
    scratch: TempDir,
}

impl Tree {
    fn new() -> Self {
        let scratch = TempDir::new("chown");
        let tree = Self { scratch };
        fs::create_dir_all(tree.path("data/a/b/c")).unwrap();
        fs::create_dir_all(tree.path("outside/sub")).unwrap();
        for file in ["data/file", "data/a/b/c/deep", "outside/file", "outside/sub/file"] {
            fs::write(tree.path(file), "x").unwrap();
        }
        nix::unistd::mkfifo(&tree.path("data/fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        symlink("../outside/file", tree.path("data/link")).unwrap();
        symlink("../../outside", tree.path("data/a/directory-link")).unwrap();
        symlink("nowhere", tree.path("data/dangling")).unwrap();
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
}

#[test]
fn everything_in_it_belongs_to_the_user_and_nothing_outside() {
    need!();
    let tree = Tree::new();
    let output = chown(&tree.path("data"));
    assert!(output.status.success(), "{output:?}");
    let inside =
        ["", "/file", "/a", "/a/b/c", "/a/b/c/deep", "/fifo", "/link", "/a/directory-link", "/dangling"];
    for name in inside {
        assert_given(&tree.path(&format!("data{name}")));
    }
    for name in ["outside", "outside/file", "outside/sub", "outside/sub/file", "."] {
        assert_kept(&tree.path(name));
    }
}

#[test]
fn several_paths_files_too_and_by_the_environment() {
    need!();
    let tree = Tree::new();
    let mut start = command();
    let paths = format!("{}\n{}", tree.path("data/file").display(), tree.path("outside/sub").display());
    start.env("HINIT_CHOWN", paths).env("HINIT_USER", "10001:10002");
    assert!(run(start, &TRUE).status.success());
    for name in ["data/file", "outside/sub", "outside/sub/file"] {
        assert_given(&tree.path(name));
    }
    assert_kept(&tree.path("data"));
}

#[test]
fn a_relative_path_is_relative_to_the_directory_of_the_image() {
    need!();
    let tree = Tree::new();
    let mut start = command();
    start.current_dir(tree.scratch.path());
    assert!(run(start, &[&USER[..], &["--chown", "./data/../data/a", "true"]].concat()).status.success());
    assert_given(&tree.path("data/a/b/c/deep"));
    assert_kept(&tree.path("data"));
}

#[test]
fn the_app_can_write_into_its_volume() {
    need!();
    let tree = Tree::new();
    let data = tree.path("data");
    fs::set_permissions(tree.scratch.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let app = format!("echo written > {}", data.join("new").display());
    let words = [&USER[..], &["--chown", data.to_str().unwrap(), "sh", "-c", &app]].concat();
    assert!(run(command(), &words).status.success());
    assert_given(&data.join("new"));
}

/// Whoever owns a volume may plant links in it and on the way to it.
#[test]
fn a_link_on_the_way_is_refused_and_the_path_without_is_told() {
    need!();
    let tree = Tree::new();
    symlink("outside", tree.path("way")).unwrap();
    for (name, real) in
        [("way", "outside"), ("way/sub", "outside/sub"), ("data/a/directory-link/sub", "outside/sub")]
    {
        let why = format!(
            "it leads through a symbolic link, which is not followed; write {}",
            tree.path(real).display()
        );
        assert_refused(&chown(&tree.path(name)), &why);
    }
    assert_kept(&tree.path("outside/sub/file"));
}

#[test]
fn what_does_not_exist_is_refused_with_the_fix() {
    need!();
    let tree = Tree::new();
    let missing = tree.path("data/missing");
    let why = format!("--chown {}: No such file or directory; make it in the image", missing.display());
    assert_refused(&chown(&missing), &why);
    assert_refused(&chown(&tree.path("data/file/below")), "Not a directory; make it");
    assert_refused(&chown(Path::new("")), "--chown: it is empty; write a path");
}

#[test]
fn the_root_directory_is_refused() {
    need!();
    for path in ["/", "/.", "/usr/.."] {
        assert_refused(&chown(Path::new(path)), "it is the root directory; write the volumes");
    }
}

#[test]
fn it_needs_somebody_to_give_it_to() {
    let output = run(command(), &["--chown", "/data", "echo", "started"]);
    assert_refused(&output, "--chown needs --user, the new owner; add --user USER");
}

const READ_ONLY: &str = "mount --bind $0 $0; mount -o remount,bind,ro $0; exec \"$@\"";

#[test]
fn a_read_only_volume_is_refused_only_if_there_is_something_to_change() {
    need!("unshare");
    let tree = Tree::new();
    let data = tree.path("data");
    let words = [&USER[..], &["--chown", data.to_str().unwrap(), "echo", "started"]].concat();
    let refused = run(after(READ_ONLY, &data), &words);
    assert_refused(&refused, "Read-only file system; mount it writable");
    assert!(chown(&data).status.success());
    assert_eq!(stdout(&run(after(READ_ONLY, &data), &words)), "started\n");
}

/// A bind mount has the same device as what is around it.
#[test]
fn another_mount_below_keeps_its_owners() {
    need!("unshare");
    let tree = Tree::new();
    let script =
        "mount --bind $0/outside $0/data/a/b; mount --bind $0/outside/file $0/data/file; exec \"$@\"";
    let data = tree.path("data");
    let words = [&USER[..], &["--chown", data.to_str().unwrap(), "true"]].concat();
    let output = run(after(script, tree.scratch.path()), &words);
    assert!(output.status.success(), "{output:?}");
    let told = format!("skipping {}, which is another mount", data.join("a/b").display());
    assert!(stderr(&output).contains(&told), "{output:?}");
    for name in ["outside", "outside/file", "outside/sub/file"] {
        assert_kept(&tree.path(name));
    }
    assert_given(&tree.path("data/a"));
}

#[test]
fn without_openat2_another_device_below_keeps_its_owners() {
    need!("unshare");
    let tree = Tree::new();
    let script = "mount -t tmpfs none $0/data/a/b; mkdir $0/data/a/b/new; exec \"$@\"";
    for errno in [libc::ENOSYS, libc::EPERM] {
        let mut start = after(script, tree.scratch.path());
        crate::answer_with(&mut start, libc::SYS_openat2, errno);
        let data = tree.path("data");
        let app = format!("stat -c %u {0}/a {0}/a/b {0}/a/b/new", data.display());
        let output =
            run(start, &[&USER[..], &["--chown", data.to_str().unwrap(), "sh", "-c", &app]].concat());
        assert_eq!(stdout(&output), "10001\n0\n0\n", "{output:?}");
    }
}

/// The app can make a tree that is deeper than the limit on open files, and would
/// block its own next start.
#[test]
fn a_tree_may_be_deeper_than_the_limit_on_open_files() {
    need!();
    for (limit, depth) in [("1024", 1100), ("16", 400)] {
        let tree = Tree::new();
        let deep: PathBuf = std::iter::repeat_n("d", depth).collect();
        let deep = tree.path("data").join(deep);
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "x").unwrap();
        let mut start = Command::new("sh");
        start.args(["-ec", "ulimit -n $0; exec \"$@\"", limit, HINIT]);
        let data = tree.path("data");
        let output = run(start, &[&USER[..], &["--chown", data.to_str().unwrap()], &TRUE].concat());
        assert!(output.status.success(), "{output:?}");
        deep.ancestors().take(depth + 1).for_each(assert_given);
        assert_given(&deep.join("file"));
        assert_given(&tree.path("data/a/b/c/deep"));
        // The test's own directory is removed with a descriptor for each level.
        assert!(Command::new("rm").arg("-rf").arg(data.join("d")).status().unwrap().success());
    }
}

#[test]
fn nothing_is_changed_if_anything_else_is_wrong() {
    need!();
    let tree = Tree::new();
    let data = tree.path("data");
    let words = [&USER[..], &["--chown", data.to_str().unwrap(), "--env-file", "/no/such", "true"]].concat();
    assert_refused(&run(command(), &words), "--env-file /no/such");
    assert_kept(&data);
}

/// Kubernetes' `runAsUser` on an image that has `--chown` in its ENTRYPOINT.
#[test]
fn a_hinit_that_is_not_root_only_warns_of_an_owner_it_cannot_change() {
    need!();
    let tree = Tree::new();
    let data = tree.path("data");
    let scratch = TempDir::new("before");
    let start = || started_as(&scratch, 10001, 10002);
    let words = [&USER[..], &["--chown", data.to_str().unwrap(), "echo", "started"]].concat();
    fs::set_permissions(tree.scratch.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let output = run(start(), &words);
    assert_eq!(stdout(&output), "started\n", "{output:?}");
    assert!(stderr(&output).contains("it belongs to 0:0, and hinit was not started as root"), "{output:?}");
    lchown(&data, Some(10001), Some(10002)).unwrap();
    assert!(!stderr(&run(start(), &words)).contains("warning"));
}

#[test]
fn without_the_capability_the_fix_is_told() {
    need!("setpriv");
    let tree = Tree::new();
    let mut start = Command::new("setpriv");
    start.args(["--bounding-set=-chown", HINIT]);
    let data = tree.path("data");
    let words = [&USER[..], &["--chown", data.to_str().unwrap(), "echo", "started"]].concat();
    assert_refused(&run(start, &words), "Operation not permitted; add CHOWN");
}
