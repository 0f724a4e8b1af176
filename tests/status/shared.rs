//! Containers that share /dev/shm or a pid namespace, and readers of any user,
//! under a real Docker engine.

use crate::docker::{self, Container, Image, wait_for};
use std::path::Path;

const UNPRIVILEGED: &str = "10001:10001";

/// hinit, and an app that is healthy if the file WANTED is there.
fn image(name: &str) -> Option<Image> {
    if !docker::engine() {
        return None;
    }
    let dockerfile = r#"FROM scratch
        COPY hinit /hinit
        COPY fixture /fixture
        ENV HINIT_HEALTH_INTERVAL=1s HINIT_HEALTH_RETRIES=1
        ENTRYPOINT ["/hinit", "--health", "file:///${WANTED}", "--"]
        CMD ["/fixture", "signals"]
    "#;
    let fixture = crate::common::fixture();
    Some(Image::build(
        name,
        dockerfile,
        &[("hinit", Path::new(crate::common::HINIT)), ("fixture", Path::new(&fixture))],
    ))
}

/// A healthy container, and one that is not and then shares with it what `joins`
/// says, given the first one's id.
fn pair(
    image: &Image,
    options: &[&str],
    lends: &str,
    joins: impl Fn(&str) -> String,
) -> (Container, Container) {
    let run = |wanted: &str, sharing: &str| {
        let wanted = format!("--env=WANTED={wanted}");
        image.run(&[options, &[&wanted, sharing]].concat(), &[])
    };
    let good = run("hinit", lends);
    let bad = run("missing", &joins(&good.inspect("{{.Id}}")));
    (good, bad)
}

/// Each tells of itself, to any user, and by `--wait` too.
fn tell_of_themselves(good: &Container, bad: &Container) {
    good.exec(&["/hinit", "status", "--wait"]).unwrap();
    wait_for("the other to be unhealthy", || (bad.status()["Status"] == "unhealthy").then_some(()));
    assert_eq!(good.status()["Status"], "healthy");
    good.exec(&["/hinit", "status"]).unwrap();
    bad.exec(&["/hinit", "status", "--wait", "--timeout", "200ms"]).unwrap_err();
    for user in ["0", UNPRIVILEGED, "65534:65534"] {
        good.exec_as(user, &["/hinit", "status"]).unwrap();
        let why = bad.exec_as(user, &["/hinit", "status"]).unwrap_err();
        assert!(why.contains("unhealthy: "), "{why}");
    }
}

#[test]
fn two_containers_that_share_dev_shm_tell_of_themselves() {
    let Some(image) = image("ipc") else { return };
    // /dev/shm is all that these can write to.
    let options = ["--read-only", "--user", UNPRIVILEGED, "--cap-drop", "ALL"];
    let (good, bad) = pair(&image, &options, "--ipc=shareable", |id| format!("--ipc=container:{id}"));
    tell_of_themselves(&good, &bad);
}

/// A volume, and in it the file that every container of the image is told.
fn volume(directory: &Path) -> [String; 2] {
    [
        format!("--volume={}:/shared", directory.display()),
        "--env=HINIT_STATUS_FILE=/shared/status.json".into(),
    ]
}

#[test]
fn the_second_container_with_the_same_status_file_moves_on_and_says_so() {
    let Some(image) = image("volume") else { return };
    let directory = docker::Scratch::new("volume");
    let options = volume(directory.path());
    let options = options.each_ref().map(String::as_str);
    let (good, bad) = pair(&image, &options, "--init=false", |_| "--init=false".into());
    tell_of_themselves(&good, &bad);
    let moved = "--status-file /shared/status.json: the hinit of another container writes there; the";
    assert!(bad.logs().contains(moved), "{}", bad.logs());
    assert!(!good.logs().contains("--status-file"), "{}", good.logs());
    let named = ["/hinit", "status", "--status-file", "/shared/status.json"];
    good.exec(&named).unwrap();
    let why = bad.exec(&named).unwrap_err();
    assert!(why.contains("it belongs to a hinit in another container"), "{why}");
    // What a killed one leaves behind is free.
    good.kill();
    let next = image.run(&[&options[..], &["--env=WANTED=hinit"]].concat(), &[]);
    next.exec(&["/hinit", "status", "--wait", "--status-file", "/shared/status.json"]).unwrap();
}

#[test]
fn two_containers_that_share_a_pid_namespace_tell_of_themselves() {
    let Some(image) = image("pid") else { return };
    let (good, bad) = pair(&image, &[], "--pid=", |id| format!("--pid=container:{id}"));
    tell_of_themselves(&good, &bad);
}
