use super::*;
use crate::lab::explain::{Explained, explain};

fn all(text: &str) -> Vec<Explained> {
    explain(text, Kind::File).unwrap_or_else(|error| panic!("{text}: {error}"))
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
        Ok(r#"HEALTHCHECK --interval=5s --timeout=3s CMD ["/hinit", "probe", "http://localhost:${PORT}/"]"#)
    );
}

#[test]
fn notes_overridden_health_checks_of_a_stage() {
    let text =
        "FROM a AS one\nHEALTHCHECK CMD nc -z h 1\nHEALTHCHECK CMD nc -z h 2\nFROM b\nHEALTHCHECK NONE\n";
    let checks = all(text);
    let places: Vec<&str> = checks.iter().map(|check| check.location.as_str()).collect();
    assert_eq!(places, ["line 2, stage one", "line 3, stage one", "line 5"]);
    assert_eq!(checks[0].notes, ["Docker ignores this check: line 3 overrides it"]);
    assert!(checks[1].notes.is_empty() && checks[2].notes.is_empty());
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
    assert_eq!(
        (checks[0].probe_args[0].as_slice(), checks[0].notes.len()),
        (["http://h/".to_owned()].as_slice(), 0)
    );
    assert!(checks[1].health_check.as_ref().is_err_and(|why| why.contains("SHELL is powershell")));
    assert_eq!(checks[1].notes, Vec::<String>::new());
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
    for text in ["FROM a\n", "services: {a: {image: b}}\n", "", "just text\n"] {
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
            r#"entrypoint: ["/hinit", "--health", "postgres://db:5432", "--health-interval", "5s", "--health-start-period", "10s", "--"]"#
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
