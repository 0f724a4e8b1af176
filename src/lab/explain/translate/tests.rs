use crate::lab::explain::{Explained, Kind, explain};

fn explained(line: &str) -> Explained {
    explain(line, Kind::Line).unwrap_or_else(|error| panic!("{line}: {error}")).remove(0)
}

#[test]
fn names_the_mistakes_of_real_lines() {
    let table = [
        (
            "CMD [\"curl\", \"-f\", \"http://h/\", \"||\", \"exit 1\"]",
            "'||' and everything after it are arguments of curl",
        ),
        ("CMD [\"curl -f http://h/\"]", "a program named 'curl -f http://h/'"),
        ("CMD [\"curl\", \"-f\", \"http://h/\"] || exit 1", "makes this shell form"),
        ("CMD ['curl', '-f', 'http://h/']", "requires double quotes"),
        ("CMD [\"curl\", \"-f\", \"http://h:${PORT}/\"]", "exec form does not expand variables"),
        ("curl -f 'http://h:${PORT}/'", "single quotes prevent expansion"),
        ("curl http://h/", "curl without -f succeeds for status 500"),
        ("curl -fail http://h/", "--fail was intended"),
        (
            "curl -f http://h/ && echo Ok || echo No && exit 1",
            "it always fails: && and || have the same precedence",
        ),
        ("curl -f http://h/ || exit 0", "it always passes"),
        ("wget -q http://h/; [ $? -le 8 ]", "it always passes"),
        ("wget -qO- http://h/ | grep ok | awk '{print}'", "that of awk, which always succeeds"),
        ("ps aux | grep nginx", "also finds the grep process"),
        ("exec 3<>/dev/tcp/h/1", "/dev/tcp exists only in bash"),
        ("redis-cli --raw incr ping", "increments a key named ping"),
        ("pg_isready -U x", "while the image's init scripts still run"),
        ("CMD [\"curl\", \"-f\", \"http://h/\"] || exit 1", "a program named '[curl,'"),
        ("curl -fL http://h/", "only to the same host"),
        ("curl -f $(cat /url)", "hinit copied to /usr/bin/curl runs this line unchanged"),
        ("curl -s http://h/ | grep ok", "the pipeline checks the body for any status"),
        ("curl -f http://a/ && curl -s http://h/ | grep ok", "for any status"),
        ("curl http://a/ && curl -s http://h/ | grep ok", "curl without -f succeeds for status 500"),
        ("curl -sf http://h/ | grep a | grep b", "grep after grep requires both in one line"),
        (
            "bash -c 'exec 3<>/dev/tcp/h/1; printf \"GET / HTTP/1.0\\r\\n\" >&3'",
            "a hand-written HTTP request succeeds for status 500",
        ),
        ("curl -f http://h/ &>/dev/null || exit 1", "&> exists only in bash"),
        (
            "[ $(curl -s -o /dev/null -w '%{http_code}' http://h/) -lt 500 ]",
            "which is less: the check passes",
        ),
        ("curl -sf http://h/ | true", "that of true, which always succeeds"),
        ("curl -sf http://h/ | jq .a", "that of jq, which succeeds for any JSON"),
        ("curl -f6 http://h/", "hinit tries both for localhost"),
        ("curl -fX HEAD http://h/", "-I was intended"),
        ("curl -f $BASE/x", "http:// was added before ${BASE}"),
        ("wget -q http://h/", "saves a file at each check"),
        ("healthcheck: {test: CMD curl -f http://h/}", "the shell runs a program of that name"),
        ("curl -f http://h/; nc -z h 1", "the result of http://h/ is ignored"),
        ("curl -f http://h/ || kill 1", "with --health-on-failure stop PID 1 does it"),
        ("HEALTHCHECK CMD [\"CMD-SHELL\", \"curl -f http://h/\"]", "CMD-SHELL in the list is compose syntax"),
        ("HEALTHCHECK CMD [\"CMD\", \"curl\", \"-f\", \"http://h/\"]", "CMD in the list is compose syntax"),
        ("nginx -t", "does not check the running server"),
        ("curl -f http://h/ && nc -z h 1", "several --health options of PID 1 with /hinit status do not"),
        ("nginx --version", "does not check the running one"),
        ("healthcheck: {test: [CMD-SHELL, pg_isready, -h, db]}", "'-h db' is ignored"),
        ("HEALTHCHECK --start-interval=1s CMD curl -f http://h/", "start-interval has no effect"),
        ("HEALTHCHECK --interval=1s --timeout=9s CMD curl -f http://h/", "shorter than the timeout (9s)"),
    ];
    for (line, note) in table {
        let notes = explained(line).notes;
        assert!(notes.iter().any(|found| found.text.contains(note)), "{line}: {notes:?}");
    }
}

#[test]
fn has_no_notes_on_a_correct_line() {
    for line in [
        "HEALTHCHECK --interval=30s --timeout=3s CMD curl -f http://localhost:$PORT/ || exit 1",
        "CMD [\"curl\", \"-f\", \"http://localhost/\"]",
        "HEALTHCHECK --start-period=9s --start-interval=1s CMD nc -z localhost 80",
        "sh -c 'curl -f http://h:${PORT}/ || exit 1'",
        "ps aux | grep [n]ginx",
        "CMD [ -f /ready ]",
        "test \"$(curl -sf http://h/ | jq -r .status)\" = UP",
        "which curl && curl -f http://h/ || return 1",
        "SHELL=1; export PORT=80; curl -f http://h:$PORT/",
        "bash -o pipefail -c 'curl -f http://h/ | tee /dev/stderr'",
        "[ \"$(curl -s -o /dev/null -w '%{http_code}' http://h/)\" -eq 200 ] || exit 1",
    ] {
        let notes: Vec<String> = explained(line).notes.iter().map(ToString::to_string).collect();
        assert_eq!(notes, Vec::<String>::new(), "{line}");
    }
}

#[test]
fn stops_the_container_if_the_old_check_does() {
    for line in [
        "curl -f http://h/ || kill 1",
        "curl -f http://h/ || bash -c 'kill -s 15 -1 && (sleep 10; kill -s 9 -1)'",
    ] {
        let run = explained(line).entrypoint;
        let wanted = r#"ENTRYPOINT ["/hinit", "--health", "http://h/", "--health-on-failure", "stop", "--"]"#;
        assert_eq!(run.as_deref(), Some(wanted), "{line}");
    }
    for line in ["kill -0 1", "kill -s 0 1", "kill -9 7"] {
        assert!(explained(line).notes.is_empty(), "{line}");
    }
}

#[test]
fn requires_every_command_to_succeed_after_set_e() {
    let both = explained("set -eu; curl -f http://h/; nc -z h 1");
    assert_eq!(
        both.health_check.as_deref(),
        Ok("HEALTHCHECK CMD /hinit probe http://h/ && /hinit probe tcp://h:1")
    );
}

#[test]
fn joins_several_probes_as_the_line_did() {
    let both = explained("curl -f http://h/ && nc -z h 1 || exit 1");
    assert_eq!(
        both.health_check.as_deref(),
        Ok("HEALTHCHECK CMD /hinit probe http://h/ && /hinit probe tcp://h:1")
    );
    assert_eq!(
        both.entrypoint.as_deref(),
        Some(r#"ENTRYPOINT ["/hinit", "--health", "http://h/", "--health", "tcp://h:1", "--"]"#)
    );
    let one = explained("curl -f http://h/ || curl -fk 'https://h/?a b' || exit 1");
    assert!(one.health_check.is_err(), "a blank in a URL: {one:?}");
    let one = explained("curl -f http://h/ || curl -fk https://h/ || exit 1");
    assert_eq!(
        one.entrypoint.as_deref(),
        Some(
            r#"ENTRYPOINT ["/hinit", "--health-cmd", "/hinit probe http://h/ || /hinit probe https://h/ --insecure", "--"]"#
        )
    );
}

#[test]
fn executes_unsupported_commands_beside_probes() {
    let mixed = explained("curl -f http://h/ && /app/ctl 'a b' | grep ok");
    assert_eq!(mixed.probe_args[1], [r"exec:sh -c '/app/ctl '\''a b'\'' | grep ok'"]);
}

#[test]
fn keeps_the_timing_and_hands_on_the_timeout() {
    for (timeout, handed_on) in [("40s", "39.5s"), ("10s", "9.5s"), ("5s", "4.5s"), ("1s", "900ms")] {
        let line = format!("HEALTHCHECK --interval=5m --timeout={timeout} --retries=2 CMD curl -f http://h/");
        let explained = explained(&line);
        let expected = format!(
            r#"HEALTHCHECK --interval=5m --timeout={timeout} --retries=2 CMD ["/hinit", "probe", "http://h/", "--timeout", "{handed_on}"]"#
        );
        assert_eq!(explained.health_check, Ok(expected));
        let run = explained.entrypoint.unwrap_or_default();
        let options = format!(
            r#""http://h/", "--health-interval", "5m", "--health-timeout", "{timeout}", "--health-retries", "2", "--"]"#
        );
        assert!(run.contains(&options), "{run}");
    }
}

#[test]
fn keeps_the_shorter_one_of_two_timeouts() {
    for (line, timeout) in [
        ("HEALTHCHECK --timeout=5s CMD curl -f -m 3 http://h/", "3s"),
        ("HEALTHCHECK --timeout=5s CMD curl -f -m 5 http://h/", "4.5s"),
        ("HEALTHCHECK CMD curl -f -m 60 http://h/", "29.5s"),
    ] {
        let health_check = explained(line).health_check.unwrap();
        assert!(health_check.ends_with(&format!(r#""--timeout", "{timeout}"]"#)), "{line}: {health_check}");
    }
    let unknown = explained("healthcheck: {timeout: '${T}', test: nc -z h 1}");
    assert!(!unknown.health_check.unwrap().contains("--timeout"));
    assert_eq!(unknown.notes[0].rule.id(), "unknown-timeout");
}

#[test]
fn hands_on_the_timeout_to_probes_that_a_shell_joins() {
    let joined = explained("HEALTHCHECK --timeout=5s CMD nc -z h 1 || nc -z h 2");
    let script = "/hinit probe tcp://h:1 --timeout 4.5s || /hinit probe tcp://h:2 --timeout 4.5s";
    assert_eq!(joined.health_check, Ok(format!("HEALTHCHECK --timeout=5s CMD {script}")));
    assert!(joined.entrypoint.unwrap().contains(&format!(r#""--health-cmd", "{script}""#)));
}

#[test]
fn notes_only_real_mistakes() {
    for (line, note) in [
        ("curl -s http://h/ | grep ok", "without -f"),
        ("[ $(curl -s -o /dev/null -w '%{http_code}' http://h/) != 500 ]", "without -f"),
        ("curl -sI http://h/ | head -1 | cut -d' ' -f2 | grep 200", "hinit also requires"),
        ("! curl -s http://h/ | grep -q bad", "hinit also requires"),
        ("bash -o pipefail -c 'curl -f http://h/ | tee /x'", "always"),
        ("bash -c 'curl -f http://h/ &>/dev/null'", "exists only in bash"),
        ("set -o pipefail; curl -f http://h/ | tee /x", "always"),
    ] {
        let notes = explained(line).notes;
        assert!(notes.iter().all(|found| !found.text.contains(note)), "{line}: {notes:?}");
    }
}

#[test]
fn has_no_equivalent_for_commands_that_depend_on_each_other() {
    for (line, why) in [
        ("curl -f http://h/ -o /tmp/x && grep -q ok /tmp/x", "one command writes /tmp/x"),
        ("curl -f http://h/ > /tmp/x; grep -q ok /tmp/x", "one command writes /tmp/x"),
        ("wget -q -O /tmp/x http://h/ && grep -q ok /tmp/x", "one command writes /tmp/x"),
        ("cd /app && curl -f http://h/ && ./check", "in another directory"),
        (". /env && curl -f http://h:$PORT/", "sources a file"),
        ("source /env; curl -f http://h/", "sources a file"),
        ("! curl -sf http://h/ | grep bad", "also passes when the server is down"),
        ("curl -f http://h/ && exit 1 || exit 0", "also passes when the server is down"),
    ] {
        let health_check = explained(line).health_check;
        assert!(health_check.as_ref().is_err_and(|reason| reason.contains(why)), "{line}: {health_check:?}");
    }
}
