use super::*;
use crate::lab::explain::{Explained, explain};

fn all(text: &str) -> Vec<Explained> {
    explain(text, Kind::File).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The texts of the notes of a check.
fn notes(check: &Explained) -> Vec<&str> {
    check.notes.iter().map(|note| note.text.as_str()).collect()
}

fn rejection(text: &str, kind: Kind) -> String {
    let error = explain(text, kind).expect_err(text).to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    error
}

#[test]
fn finds_the_health_check_of_a_dockerfile() {
    let text = "# syntax=docker/dockerfile:1
FROM debian
ARG PORT=8080
RUN <<EOF cat
HEALTHCHECK CMD not this one
EOF
RUN echo a && \\
    HEALTHCHECK CMD nor this
healthcheck --interval=5s \\
    # a comment

    --timeout=3s \\
  CMD curl -f \\
  http://localhost:$PORT/ || exit 1
USER app
";
    let checks = all(text);
    assert_eq!(checks.len(), 1);
    assert_eq!(checks[0].location, "line 9");
    assert_eq!(
        checks[0].health_check.as_deref(),
        Ok(
            r#"HEALTHCHECK --interval=5s --timeout=3s CMD ["/hinit", "probe", "http://localhost:${PORT}/", "--timeout", "2.7s"]"#
        )
    );
}

#[test]
fn notes_overridden_health_checks_of_a_stage() {
    let text =
        "FROM a AS one\nHEALTHCHECK CMD nc -z h 1\nHEALTHCHECK CMD nc -z h 2\nFROM b\nHEALTHCHECK NONE\n";
    let checks = all(text);
    let places: Vec<&str> = checks.iter().map(|check| check.location.as_str()).collect();
    assert_eq!(places, ["line 2, stage one", "line 3, stage one", "line 5"]);
    let other_stage = "this check is not in the image, which is the last stage (line 4)";
    assert_eq!(notes(&checks[0]), ["Docker ignores this check: line 3 overrides it", other_stage]);
    assert_eq!(notes(&checks[1]), [other_stage]);
    assert!(checks[2].notes.is_empty());
    assert!(checks[2].health_check.as_ref().is_err_and(|why| why.contains("--no-healthcheck")));
}

#[test]
fn knows_the_escape_directive_and_the_shell_instruction() {
    let text = "# escape=`\nFROM a\nSHELL [\"/bin/bash\", \"-c\"]\nHEALTHCHECK CMD `\n  : </dev/tcp/h/1\n";
    let checks = all(text);
    assert_eq!(checks[0].probe_args, [["tcp://h:1"]]);
    assert!(checks[0].notes.is_empty(), "{:?}", checks[0].notes);
}

#[test]
fn applies_a_shell_instruction() {
    let text = "FROM a
SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]
HEALTHCHECK CMD curl -f http://h/ | tee /dev/stderr
FROM b
SHELL [\"powershell\", \"-Command\"]
HEALTHCHECK CMD try { iwr http://h/ } catch { exit 1 }
";
    let checks = all(text);
    assert_eq!(checks[0].probe_args, [["http://h/"]]);
    assert!(!notes(&checks[0]).iter().any(|note| note.contains("exit code of the pipeline")));
    assert!(checks[1].health_check.as_ref().is_err_and(|why| why.contains("SHELL is powershell")));
    assert_eq!(notes(&checks[1]), Vec::<&str>::new());
}

#[test]
fn finds_a_check_for_the_images_built_from_this_one() {
    let text = "FROM a AS b\nHEALTHCHECK CMD nc -z h 1\nONBUILD HEALTHCHECK CMD nc -z h 2\nHEALTHCHECK CMD nc -z h 3\n";
    let checks = all(text);
    let places: Vec<&str> = checks.iter().map(|check| check.location.as_str()).collect();
    assert_eq!(places, ["line 2, stage b", "line 3, ONBUILD, stage b", "line 4, stage b"]);
    let noted: Vec<usize> = checks.iter().map(|check| check.notes.len()).collect();
    assert_eq!(noted, [1, 0, 0]);
}

#[test]
fn rejects_what_docker_build_rejects() {
    for (line, why) in [
        ("", "the line is empty"),
        ("HEALTHCHECK", "requires CMD or NONE"),
        ("HEALTHCHECK CMD", "has no command"),
        ("HEALTHCHECK NONE x", "requires CMD or NONE"),
        ("HEALTHCHECK --intervall=5s CMD x", "no option --intervall"),
        ("HEALTHCHECK --interval 5s CMD x", "requires a value"),
    ] {
        let error = rejection(line, Kind::Line);
        assert!(error.contains(why), "{line}: {error}");
    }
    let error = rejection("FROM a\n\nHEALTHCHECK --x=1 CMD y\n", Kind::File);
    assert!(error.starts_with("line 3: "), "{error}");
    for text in ["services: {a: {image: b}}\n", "", "just text\n", "EXPOSE 80\n"] {
        assert!(rejection(text, Kind::File).contains("no health check"), "{text}");
    }
}

const COMPOSE: &str = "
x-check: &check
  interval: 5s
  start_period: 10s
services:
  web:
    healthcheck:
      <<: *check
      interval: 30s
      test: curl -f http://localhost:$$PORT/${BASE:-x}?q=${Q} || exit 1
  db:
    image: postgres
    healthcheck:
      test:
        - CMD
        - pg_isready
        - -h
        - db
      <<: [*check]
  off:
    healthcheck: {disable: true}
  none: {healthcheck: {test: [NONE]}}
  slow: {healthcheck: {interval: 1m}}
  other: {image: a}
";

#[test]
fn finds_the_health_checks_of_a_compose_file() {
    let checks = all(COMPOSE);
    let places: Vec<&str> = checks.iter().map(|check| check.location.as_str()).collect();
    assert_eq!(places, ["service web", "service db", "service off", "service none", "service slow"]);
    assert_eq!(
        checks[0].health_check.as_deref(),
        Ok(r#"test: ["CMD", "/hinit", "probe", "http://localhost:$${PORT}/${BASE:-x}?q=${Q}"]"#)
    );
    assert_eq!(
        checks[1].entrypoint.as_deref(),
        Some(
            r#"entrypoint: ["/hinit", "--health", "postgres://db:5432", "--health-interval", "5s", "--health-start-period", "10s", "--stop-signal", "INT", "--"]"#
        )
    );
    assert_eq!(
        [&checks[2].old, &checks[3].old, &checks[4].old],
        ["disable: true", "test: [\"NONE\"]", "no test:"]
    );
    let why: Vec<&str> = checks[2..]
        .iter()
        .filter_map(|check| check.health_check.as_ref().err())
        .map(String::as_str)
        .collect();
    assert!(
        why[0].contains("disables") && why[1].contains("disables") && why[2].contains("no test of its own"),
        "{why:?}"
    );
    assert!(
        checks[0].entrypoint.as_ref().is_some_and(|run| run.contains(r#""30s""#)),
        "its own interval wins"
    );
}

#[test]
fn accepts_a_test_pasted_from_a_compose_file() {
    for text in
        ["[\"CMD\", \"nc\", \"-z\", \"h\", \"1\"]", "test: nc -z h 1", "test:\n  - CMD-SHELL\n  - nc -z h 1"]
    {
        let check = explain(text, Kind::Line).unwrap().remove(0);
        assert_eq!(
            check.health_check.as_deref(),
            Ok(r#"test: ["CMD", "/hinit", "probe", "tcp://h:1"]"#),
            "{text}"
        );
    }
}

#[test]
fn keeps_the_variables_of_compose() {
    let checks =
        all("services: {a: {healthcheck: {test: 'nc -z h $P', interval: '${EVERY:-5s}', retries: $N}}}");
    assert_eq!(
        checks[0].entrypoint.as_deref(),
        Some(
            r#"entrypoint: ["/hinit", "--health", "tcp://h:$P", "--health-interval", "${EVERY:-5s}", "--health-retries", "$N", "--"]"#
        )
    );
    assert!(checks[0].notes.is_empty(), "{:?}", checks[0].notes);
}

#[test]
fn shows_no_control_characters_of_a_file() {
    for text in ["services: {\"a\\e[31m\": {healthcheck: {}}}", "FROM a AS b\u{1b}[31m\nHEALTHCHECK NONE\n"] {
        let location = &all(text)[0].location;
        assert!(!location.contains('\u{1b}') && location.contains("[31m"), "{location}");
    }
    for (text, kind) in [
        ("services: {\"a\\e\": {healthcheck: {test: {b: c}}}}", Kind::File),
        ("FROM a\nHEALTHCHECK \u{1b}x\n", Kind::File),
        ("HEALTHCHECK --a\u{1b}=1 CMD x", Kind::Line),
        ("HEALTHCHECK --a\u{1b} CMD x", Kind::Line),
        ("services: [\u{1b}", Kind::File),
    ] {
        let error = rejection(text, kind);
        assert!(!error.chars().any(char::is_control), "{error:?}");
    }
}

#[test]
fn locates_errors_of_a_compose_file() {
    for (text, why) in [
        ("services:\n  a: [\n", "invalid YAML"),
        (
            "services:\n  a: {healthcheck: {test: [curl, x]}}\n",
            "service a: a list in test: must start with CMD",
        ),
        ("services:\n  a: {healthcheck: {test: {b: c}}}\n", "must be a string or a list"),
        (&format!("services: {}", "[".repeat(200)), "nested too deeply"),
        (&format!("services: {}", "[".repeat(100_000)), "recursion limit"),
    ] {
        let error = rejection(text, Kind::File);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn shares_aliases() {
    let mut text = String::from("a0: &a0 {test: [CMD, x]}\n");
    for level in 1..60 {
        let before = level - 1;
        let line = format!("a{level}: &a{level} [*a{before}, *a{before}, *a{before}]\n");
        text.push_str(&line);
    }
    text += "services: {web: {healthcheck: *a0}}\n";
    assert_eq!(all(&text).len(), 1);
}

/// The PID 1 line of the only check of a text.
fn pid_1(text: &str) -> String {
    let mut checks = all(text);
    assert_eq!(checks.len(), 1, "{text}");
    checks.remove(0).entrypoint.unwrap()
}

#[test]
fn writes_the_stop_signal_into_the_pid_1_line() {
    for (image, options) in [
        ("FROM a\nSTOPSIGNAL SIGQUIT\n", r#""--stop-signal", "QUIT", "--"]"#),
        ("FROM a\nSTOPSIGNAL 3\n", r#""--stop-signal", "QUIT", "--"]"#),
        ("FROM a\nARG S=SIGRTMIN+3\nSTOPSIGNAL $S\n", r#""--stop-signal", "RTMIN+3", "--"]"#),
        ("FROM a\nSTOPSIGNAL SIGTERM\n", r#""tcp://h:1", "--"]"#),
        ("FROM nginx:1.27\n", r#""--stop-signal", "QUIT", "--"]"#),
        ("FROM nginx:1.27\nSTOPSIGNAL SIGTERM\n", r#""tcp://h:1", "--"]"#),
        ("FROM nginx AS base\nFROM base\n", r#""--stop-signal", "QUIT", "--"]"#),
        ("ARG V=8.3-fpm\nFROM php:${V}\n", r#""--stop-signal", "QUIT", "--"]"#),
        ("FROM --platform=linux/amd64 httpd AS web\n", r#""--stop-signal", "WINCH", "--"]"#),
        ("FROM nginx AS build\nFROM scratch\n", r#""tcp://h:1", "--"]"#),
    ] {
        let line = pid_1(&format!("{image}HEALTHCHECK CMD nc -z h 1\n"));
        assert!(line.ends_with(options), "{image}: {line}");
    }
    let compose = "services: {a: {image: IMAGE, healthcheck: {test: nc -z h 1}}}";
    for (image, options) in [
        ("a, stop_signal: SIGINT", r#""--stop-signal", "INT", "--"]"#),
        ("a, stop_signal: '${S:-SIGINT}'", r#""--stop-signal", "${S:-SIGINT}", "--"]"#),
        ("'postgres:${V}'", r#""--stop-signal", "INT", "--"]"#),
        ("nginx, build: .", r#""tcp://h:1", "--"]"#),
    ] {
        let line = pid_1(&compose.replace("IMAGE", image));
        assert!(line.ends_with(options), "{image}: {line}");
    }
}

#[test]
fn notes_where_the_stop_signal_comes_from() {
    let check = &all("ARG X\nFROM nginx:1.27\n\nHEALTHCHECK CMD nc -z h 1\n")[0];
    assert!(notes(check)[0].starts_with("nginx:1.27 has STOPSIGNAL SIGQUIT"), "{:?}", check.notes);
    assert_eq!((check.notes[0].rule.id(), check.notes[0].line), ("inherited-stop-signal", Some(2)));
    for signal in ["SIGNOPE", "$UNKNOWN"] {
        let check = &all(&format!("FROM a\nSTOPSIGNAL {signal}\nHEALTHCHECK CMD nc -z h 1\n"))[0];
        assert_eq!((check.notes[0].rule.id(), check.notes[0].line), ("invalid-stop-signal", Some(2)));
        assert!(!check.entrypoint.as_ref().unwrap().contains("--stop-signal"));
    }
}

#[test]
fn replaces_the_init_of_an_image() {
    for (lines, end) in [
        (r#"ENTRYPOINT ["/sbin/tini", "-g", "--", "app"]"#, r#""-g", "--", "app"]"#),
        (r#"ENTRYPOINT ["dumb-init", "--rewrite", "15:3", "--"]"#, r#""-g", "--rewrite", "15=3", "--"]"#),
        (r#"ENTRYPOINT ["tini", "--", "dumb-init", "-c", "app"]"#, r#""tcp://h:1", "--", "app"]"#),
        ("ENTRYPOINT tini -- app", r#""tcp://h:1", "--", "app"]"#),
        (r#"ENTRYPOINT ["/entry.sh"]"#, r#""tcp://h:1", "--", "/entry.sh"]"#),
        ("ENTRYPOINT app $A", r#""tcp://h:1", "--", "/bin/sh", "-c", "app $A"]"#),
        ("ENTRYPOINT []", r#""tcp://h:1", "--"]"#),
        ("CMD [\"app\"]", r#""tcp://h:1", "--"]"#),
    ] {
        let text = format!("FROM a\n{lines}\nHEALTHCHECK CMD nc -z h 1\n");
        let line = pid_1(&text);
        assert!(line.ends_with(end), "{lines}: {line}");
        let is_noted = all(&text)[0].notes.iter().any(|note| note.rule.id() == "nested-init");
        assert_eq!(is_noted, lines.contains("tini") || lines.contains("dumb-init"), "{lines}");
    }
    let line = pid_1(
        "services: {a: {entrypoint: [tini, --, app, '$$X'], command: b, healthcheck: {test: nc -z h 1}}}",
    );
    assert!(line.ends_with(r#""--", "app", "$$X"]"#), "{line}");
}

#[test]
fn notes_an_init_that_it_cannot_replace() {
    for (text, line, note) in [
        ("FROM a\nCMD [\"tini\", \"-g\", \"app\"]\nHEALTHCHECK CMD nc -z h 1\n", 2, "add -g to the PID 1"),
        ("FROM a\nENTRYPOINT [\"tini\", \"-x\"]\nHEALTHCHECK CMD nc -z h 1\n", 2, "leaves out of tini"),
        ("services:\n  a:\n    init: true\n    healthcheck: {test: nc -z h 1}\n", 3, "the engine's own init"),
    ] {
        let notes = &all(text)[0].notes;
        let found = notes.iter().any(|found| found.text.contains(note) && found.line == Some(line));
        assert!(found, "{text}: {notes:?}");
    }
}

#[test]
fn notes_variables_that_only_the_build_has() {
    let text = |lines: &str| format!("ARG ALL=1\nFROM a\n{lines}\nHEALTHCHECK CMD nc -z h $PORT\n");
    let check = &all(&text("ARG PORT=80"))[0];
    assert_eq!(notes(check), ["PORT is only an ARG, which is not set at run time: add ENV PORT=$PORT"]);
    assert_eq!((check.notes[0].rule.id(), check.notes[0].line), ("unset-build-arg", Some(3)));
    for lines in ["ARG PORT=80\nENV PORT=$PORT", "ARG PORT\nENV PORT 80", "", "ENV PORT=80"] {
        assert_eq!(notes(&all(&text(lines))[0]), Vec::<&str>::new(), "{lines}");
    }
    let check = &all("FROM a\nARG P\nHEALTHCHECK CMD P=80; nc -z h $P || nc -z h ${P:-81}\n")[0];
    assert!(!check.notes.iter().any(|note| note.rule.id() == "unset-build-arg"), "{:?}", check.notes);
}

#[test]
fn keeps_the_onbuild_of_a_check() {
    let check = &all("FROM a\nONBUILD HEALTHCHECK CMD nc -z h 1\n")[0];
    assert_eq!(
        check.health_check.as_deref(),
        Ok(r#"ONBUILD HEALTHCHECK CMD ["/hinit", "probe", "tcp://h:1"]"#)
    );
    let line = "ONBUILD HEALTHCHECK CMD nc -z h 1";
    let check = explain(line, Kind::Line).unwrap().remove(0);
    let entrypoint = r#"ONBUILD ENTRYPOINT ["/hinit", "--health", "tcp://h:1", "--"]"#;
    assert_eq!((check.old.as_str(), check.entrypoint.as_deref()), (line, Some(entrypoint)));
}

#[test]
fn takes_the_last_stage_for_the_image() {
    let text = "FROM a AS base\nHEALTHCHECK CMD nc -z h 1\nFROM c AS tool\nHEALTHCHECK CMD nc -z h 2\nFROM base AS app\n";
    let checks = all(text);
    assert_eq!(checks.len(), 2);
    assert_eq!(notes(&checks[0]), Vec::<&str>::new(), "it is inherited");
    assert_eq!(notes(&checks[1]), ["this check is not in the image, which is the last stage (app, line 5)"]);
    let own = all(&format!("{text}HEALTHCHECK CMD nc -z h 3\n"));
    assert_eq!(notes(&own[0]), ["Docker ignores this check: line 6 overrides it"]);
    assert_eq!(notes(&own[2]), Vec::<&str>::new());
}

#[test]
fn proposes_a_check_for_a_dockerfile_without_one() {
    for (lines, target) in [
        ("EXPOSE 8080", "http://:8080/"),
        ("EXPOSE 22 8080/tcp 9000/udp", "http://:8080/"),
        ("EXPOSE 53/udp\nEXPOSE 53", "tcp://:53"),
        ("EXPOSE 5432", "postgres://:5432"),
        ("EXPOSE 8443", "https://:8443/ --insecure"),
        ("ENV PORT=8080\nEXPOSE $PORT", "http://:${PORT}/"),
        ("ARG PORT=8080\nEXPOSE ${PORT}", "http://:8080/"),
        ("CMD [\"gunicorn\", \"--bind\", \"0.0.0.0:8000\", \"app\"]", "http://:8000/"),
        ("CMD uvicorn app --port 8000", "http://:8000/"),
        ("ENTRYPOINT [\"app\", \"--http.port=9090\"]", "http://:9090/"),
        ("ENV PORT 3000\nCMD node server.js", "http://:${PORT}/"),
    ] {
        let text = format!("FROM a AS build\nFROM b AS app\nUSER app\n{lines}\n");
        let checks = all(&text);
        assert_eq!((checks.len(), checks[0].old.as_str()), (1, "none"), "{text}");
        assert_eq!(checks[0].location, "line 2, stage app, the last of 2");
        assert_eq!(checks[0].probe_args[0].join(" "), target, "{text}");
        assert!(!checks[0].notes.iter().any(|note| note.rule.id() == "runs-as-root"), "{text}");
    }
    for (base, target) in [("postgres:17", "postgres://:5432"), ("php:8-fpm", "tcp://:9000")] {
        assert_eq!(all(&format!("FROM {base}\n"))[0].probe_args, [[target]]);
    }
}

#[test]
fn proposes_pid_1_with_what_the_image_starts() {
    let text = "FROM nginx\nEXPOSE 8080\nUSER root\nENTRYPOINT [\"tini\", \"--\", \"/entry.sh\"]\n";
    let check = &all(text)[0];
    assert_eq!(check.health_check.as_deref(), Ok(r#"HEALTHCHECK CMD ["/hinit", "probe", "http://:8080/"]"#));
    let entrypoint =
        r#"ENTRYPOINT ["/hinit", "--health", "http://:8080/", "--stop-signal", "QUIT", "--", "/entry.sh"]"#;
    assert_eq!(check.entrypoint.as_deref(), Some(entrypoint));
    let found: Vec<_> = check.notes.iter().map(|note| (note.rule.id(), note.line.unwrap())).collect();
    let expected = [
        ("no-health-check", 1),
        ("runs-as-root", 3),
        ("guessed-target", 2),
        ("inherited-stop-signal", 1),
        ("nested-init", 4),
    ];
    assert_eq!(found, expected);
}

#[test]
fn says_so_if_nothing_names_a_port() {
    let check = &all("FROM scratch\nCMD [\"/worker\"]\n")[0];
    assert!(check.health_check.as_ref().is_err_and(|why| why.contains("no EXPOSE")), "{check:?}");
    assert_eq!(check.entrypoint.as_deref(), Some(r#"ENTRYPOINT ["/hinit", "--"]"#));
}

#[test]
fn finds_the_line_of_each_mistake() {
    let text = "services:
  web:
    image: a
    healthcheck:
      interval: 5s
      test: >
        curl http://localhost/
        || exit 0
      timeout: 9s
      start_interval: 1s
";
    let check = &all(text)[0];
    assert_eq!(check.line, Some(6));
    let found: Vec<_> = check.notes.iter().map(|note| (note.rule.id(), note.line.unwrap())).collect();
    let expected = [
        ("always-passes", 6),
        ("error-status-passes", 6),
        ("start-interval-alone", 10),
        ("interval-under-timeout", 5),
    ];
    assert_eq!(found, expected);
    let check = &all("FROM a\n\nHEALTHCHECK \\\n  CMD curl http://h/\n")[0];
    assert_eq!((check.line, check.notes[0].line), (Some(3), Some(3)));
    let check = explain("curl http://h/", Kind::Line).unwrap().remove(0);
    assert_eq!((check.line, check.notes[0].line), (None, None));
}
