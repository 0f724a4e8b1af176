//! Runs every curl and wget command of real health checks with the original
//! program and with hinit, against servers with all common responses. Exit code
//! and stdout must be the same.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "../common/mod.rs"]
mod common;
mod line;
mod run;
mod server;

use common::{LIMIT, skip};
use line::{Line, Tool};
use run::{Bench, By, HANG_LIMIT, Outcome, in_path};
use server::{RESPONSES, Response};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::thread;

/// More than cores: the commands mostly wait.
const THREADS: usize = 6;

/// A command, the server's response, and the outcome with both programs.
struct Case {
    line: Line,
    response: Response,
    ours: Outcome,
    theirs: Outcome,
}

/// Runs every command against every response with hinit and with `other`.
fn compare(bench: &Bench, lines: &[Line], other: By) -> Vec<Case> {
    let servers: Vec<(Response, u16)> =
        RESPONSES.iter().map(|response| (*response, server::start(*response))).collect();
    let todo: Vec<_> = lines
        .iter()
        .flat_map(|line| servers.iter().map(move |(response, port)| (line, *response, *port)))
        .collect();
    let (todo, done) = (Mutex::new(todo), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some((line, response, port)) = todo.lock().unwrap().pop() else { return };
                    let by = [By::Hinit, other];
                    let [mut ours, mut theirs] = by.map(|by| bench.run(line, response, port, by, HANG_LIMIT));
                    // On a busy machine one of them may just be slow: repeat with the full limit.
                    if ours.code.is_none() != theirs.code.is_none() {
                        [ours, theirs] = by.map(|by| bench.run(line, response, port, by, LIMIT));
                    }
                    done.lock().unwrap().push(Case { line: line.clone(), response, ours, theirs });
                }
            });
        }
    });
    done.into_inner().unwrap()
}

/// Every distinct command, and how often it occurs.
fn distinct(lines: Vec<Line>) -> (Vec<Line>, HashMap<Line, usize>) {
    let mut counts = HashMap::new();
    for line in lines {
        *counts.entry(line).or_insert(0) += 1;
    }
    (counts.keys().cloned().collect(), counts)
}

/// Prints the differing cases and the share of equal ones. Returns the number of
/// differing cases.
fn report(what: &str, cases: &[Case], counts: &HashMap<Line, usize>, agree: fn(&Case) -> bool) -> usize {
    let weight = |case: &&Case| counts.get(&case.line).copied().unwrap_or(1);
    let all: usize = cases.iter().map(|case| weight(&case)).sum();
    let wrong: Vec<&Case> = cases.iter().filter(|case| !agree(case)).collect();
    let agreeing = all - wrong.iter().map(weight).sum::<usize>();
    for case in &wrong {
        println!(
            "{what}: {:?} at {:?}: ours {:?}, theirs {:?}",
            case.line, case.response, case.ours, case.theirs
        );
    }
    let good = |case: &&Case| case.response == Response::Status(200) && case.theirs.code == Some(0);
    assert!(cases.iter().filter(good).count() * 2 > counts.len(), "{what}: most commands fail on a 200");
    #[allow(clippy::cast_precision_loss, reason = "some thousand cases")]
    let share = 100.0 * agreeing as f64 / all as f64;
    println!(
        "{what}: {} lines ({} distinct) against {} responses: {agreeing} of {all} agree, {share:.2}%",
        counts.values().sum::<usize>(),
        counts.len(),
        RESPONSES.len()
    );
    wrong.len()
}

/// Prints how many options have the same outcome in all commands with them.
fn report_flags(what: &str, tool: Tool, cases: &[Case], agree: fn(&Case) -> bool) {
    let mut flags: BTreeMap<String, bool> = BTreeMap::new();
    for case in cases {
        for flag in case.line.flags(tool) {
            *flags.entry(flag).or_insert(true) &= agree(case);
        }
    }
    let agreeing = flags.values().filter(|agrees| **agrees).count();
    let names: Vec<&str> = flags.keys().map(String::as_str).collect();
    println!("{what}: {agreeing} of {} flags agree wherever they occur: {}", flags.len(), names.join(" "));
}

fn same(case: &Case) -> bool {
    case.ours == case.theirs
}

fn lines(tool: Tool) -> Option<Vec<Line>> {
    let Some(path) = line::corpus() else {
        skip("the corpus of health checks", "there is no ../shared/corpus/healthchecks.jsonl");
        return None;
    };
    let lines = line::read(&path, tool);
    assert!(lines.len() > 100, "{} lines", lines.len());
    Some(lines)
}

fn is_here(program: &str) -> bool {
    let here = in_path(program).is_some();
    if !here {
        skip(&format!("the corpus with {program}"), "it is not installed");
    }
    here
}

#[test]
fn every_curl_command_has_the_same_outcome_with_hinit() {
    let Some(lines) = lines(Tool::Curl).filter(|_| is_here("curl")) else { return };
    let (lines, counts) = distinct(lines);
    let cases = compare(&Bench::new("curl"), &lines, By::Real);
    report_flags("curl", Tool::Curl, &cases, same);
    assert_eq!(report("curl", &cases, &counts, same), 0);
}

#[test]
fn every_wget_command_has_the_same_outcome_as_with_gnu_wget() {
    let Some(lines) = lines(Tool::Wget).filter(|_| is_here("wget")) else { return };
    let (lines, counts) = distinct(lines);
    let cases = compare(&Bench::new("wget"), &lines, By::Real);
    report_flags("GNU wget", Tool::Wget, &cases, same);
    assert_eq!(report("GNU wget", &cases, &counts, same), 0);
}

/// An intended difference: `--spider` sends HEAD in GNU wget, which some servers
/// reject, and GET in busybox.
fn is_rejected_head(case: &Case) -> bool {
    case.response == Response::NoHead && case.line.is_spider()
}

/// Options of GNU wget that busybox rejects. It always fails, so there is nothing
/// to compare.
const NOT_BUSYBOX: [&str; 2] = ["--method", "--timeout"];

fn rejected_by_busybox(line: &Line) -> Option<&'static str> {
    let flags = line.flags(Tool::Wget);
    NOT_BUSYBOX.into_iter().find(|flag| flags.contains(*flag))
}

fn healthy_alike(case: &Case) -> bool {
    let healthy = |outcome: &Outcome| outcome.code.map(|code| code == 0);
    is_rejected_head(case)
        || (healthy(&case.ours) == healthy(&case.theirs) && case.ours.stdout == case.theirs.stdout)
}

#[test]
fn every_wget_command_is_as_healthy_as_with_busybox_wget() {
    let Some(lines) = lines(Tool::Wget).filter(|_| is_here("busybox")) else { return };
    let (lines, mut counts) = distinct(lines);
    let mut cases = compare(&Bench::new("busybox"), &lines, By::Busybox);
    for line in &lines {
        if let Some(flag) = rejected_by_busybox(line) {
            println!("busybox wget: skipped, since it rejects {flag}: {line:?}");
            let passes = cases.iter().any(|case| case.line == *line && case.theirs.code == Some(0));
            assert!(!passes, "busybox supports {flag} after all");
            counts.remove(line);
        }
    }
    cases.retain(|case| counts.contains_key(&case.line));
    report_flags("busybox wget", Tool::Wget, &cases, healthy_alike);
    println!("busybox wget: --spider is not compared where a server rejects HEAD, which only GNU wget sends");
    assert_eq!(report("busybox wget", &cases, &counts, healthy_alike), 0);
}

/// Commands that are not in the corpus, but in scripts.
const CURL: &[&str] = &[
    "curl -s -o /dev/null -w '%{http_code}' URL",
    "test \"$(curl -s -o /dev/null -w '%{http_code}' URL)\" = 200",
    "curl -sS -w '\\n%{response_code} %{num_redirects} %{size_download} %{url_effective}\\n' -L URL",
    "curl -s -w '%{foo}%{method} %{redirect_url}|%{content_type}%%\\t' URL",
    "curl --fail-with-body -s URL",
    "curl -f --fail-with-body URL",
    "curl -sfi URL",
    "curl -sSI -L URL",
    "curl -sX POST -d a=b -d c=d URL",
    "curl -s -X DELETE URL",
    "curl -s -G -d q=1 URL",
    "curl -s --json '{}' URL",
    "curl -sf -o out URL && cat out",
    "curl -sf -o one -o two URL URL; code=$?; ls; exit $code",
    "curl -sf URL URL",
    "curl -fsS -A me -e there -H 'Accept: text/html' -H 'X:' -u a:b URL",
    "curl -s -m 1 -w '%{http_code}' URL",
    "curl -sSfL --max-redirs 0 URL",
    "curl -sk URL | grep -c green",
    "curl --connect-timeout 5 -fsS URL",
    "curl -s --max-time 1 --retry 1 --retry-delay 1 -f URL",
    "curl -s -f --retry 1 --retry-delay 1 --retry-connrefused URL",
    "curl -sS https://127.0.0.1:@PORT@/",
    "curl -sf --cacert CERTS/selfsigned.pem https://localhost:@PORT@/",
    "curl -sf --cacert CERTS/ca.pem https://localhost:@PORT@/",
    "curl -sf --cacert CERTS/selfsigned.pem https://127.0.0.2:@PORT@/ --unix-socket /nonexistent",
    "SSL_CERT_FILE=CERTS/selfsigned.pem curl -sf https://localhost:@PORT@/",
    "curl -sfk --cert CERTS/client.pem --key CERTS/client.key https://localhost:@PORT@/",
    "curl -sf --cacert /nonexistent https://localhost:@PORT@/",
    "curl -sfk --cert /nonexistent https://localhost:@PORT@/",
    "curl",
    "curl -f",
    "curl --nonsense URL",
    "curl -m x URL",
    "curl -s ''",
    "curl -s http://h:99999/",
    "curl -s gibberish://h/",
    "curl -s -o /nonexistent/x URL",
    "curl -s -f --retry 1 --retry-delay 0 URL",
    "curl -s -f --retry 1 --retry-max-time 1 URL",
    "curl -sf --fail-early URL URL",
    "curl -s -D - -o /dev/null URL",
    "curl -sL -D heads URL; code=$?; cat heads; exit $code",
    "curl -sfO URLa/file.txt?b; code=$?; cat file.txt; exit $code",
    "curl -sO URL",
    "curl -sfI -d a=b URL",
    "curl -sf -G -d 'a b' URL",
    "curl -sf -G --data-urlencode 'a=b c' URL",
    "echo a=b | curl -sf -d @- URL",
    "curl -sf -H '' -H nocolon URL",
    "curl -sf4 URL",
    "curl -sf6 URL",
    "curl -sf --tlsv1.2 --cacert CERTS/selfsigned.pem https://localhost:@PORT@/",
    "curl -sf http:/127.0.0.1:@PORT@/a/../b",
    "curl -sf -w '%{url_effective}' URLa/./b/../c",
    "curl -s http://:@PORT@/",
    "curl -s -o '' URL",
];

const WGET: &[&str] = &[
    "wget -q -O - URL | grep -c green",
    "wget -S --spider URL 2>&1 | grep -c 'HTTP/1.1 [1-3]'",
    "wget --server-response --spider -q URL 2>&1 | awk '/^  HTTP/{print $2}' | tail -1",
    "wget -q URL; code=$?; ls; exit $code",
    "wget -q URL URL; code=$?; ls; exit $code",
    "wget -q URLhealth?a=b -t1; code=$?; ls; exit $code",
    "wget -qO out URL; code=$?; ls; cat out; exit $code",
    "wget -T 1 -t 1 -q --spider URL",
    "wget --timeout=1 --tries=1 -nv -O /dev/null URL",
    "wget -q -O - --post-data=a=b URL",
    "wget -q -O - --method=PUT --body-data=x URL",
    "wget -q -O - --header 'Accept: x' -U me URL",
    "wget -q -O - --content-on-error URL",
    "wget -q -O - --max-redirect=0 URL",
    "wget -q --user=a --password=b --auth-no-challenge -O - URL",
    "wget -q --no-check-certificate --no-proxy --no-cache -O - URL",
    "wget -qO- -nv -t 1 URL URL",
    "wget -qO- https://127.0.0.1:@PORT@/",
    "wget -qO- --ca-certificate=CERTS/selfsigned.pem https://localhost:@PORT@/",
    "wget -q --spider --no-check-certificate https://localhost:@PORT@/",
    "wget",
    "wget --nonsense URL",
    "wget -q -T x URL",
    "wget -q -O /nonexistent/x URL",
    "wget -q http://h:99999/",
    "wget -q gibberish://h/",
    "wget -q http://:@PORT@/",
    "wget -q --header=nocolon URL",
    "wget -q -O - --method=POST URL",
    "echo a=b > form; wget -q -O - --post-file=form URL",
    "wget -q -O - --post-file=/nonexistent URL",
    "wget -q -P a/b URL; code=$?; ls a/b; exit $code",
    "wget -q -4 -O - --referer=x --no-netrc URL",
    "wget -q -6 -O - URL",
    "wget --spider -nv -t1 URL 2>&1 | grep -o 'URL: .*'",
    "wget -nv -t1 -O - URL 2>&1 | grep -o 'URL:.*'",
    "wget --spider -t1 URL 2>&1 | grep -oE 'connected|[0-9]* OK|Connection refused|Remote file exists'",
    "wget -t1 -O /dev/null URL 2>&1 | grep -o \"'.* saved .*\"",
];

const CERTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certs");

fn further_lines(lines: &[&str]) -> Vec<Line> {
    lines
        .iter()
        .map(|line| Line::Shell(line.replace("URL", "http://127.0.0.1:@PORT@/").replace("CERTS", CERTS)))
        .collect()
}

#[test]
fn further_curl_commands_have_the_same_outcome() {
    if is_here("curl") {
        let (lines, counts) = distinct(further_lines(CURL));
        let cases = compare(&Bench::new("more-curl"), &lines, By::Real);
        assert_eq!(report("curl, beyond the corpus", &cases, &counts, same), 0);
    }
}

#[test]
fn further_wget_commands_have_the_same_outcome_as_with_gnu_wget() {
    if is_here("wget") {
        let (lines, counts) = distinct(further_lines(WGET));
        let cases = compare(&Bench::new("more-wget"), &lines, By::Real);
        assert_eq!(report("GNU wget, beyond the corpus", &cases, &counts, same), 0);
    }
}

/// hinit reports what it does not support.
#[test]
fn unsupported_features_are_reported() {
    let bench = Bench::new("refusals");
    let table = [
        ("curl -sS --compressed URL 2>&1; exit $?", Response::Compressed, 61, "hinit does not decode"),
        (
            "curl -sS --proxy http://h/ URL 2>&1",
            Response::Status(200),
            2,
            "option --proxy: is unknown to hinit",
        ),
        (
            "http_proxy=http://h/ curl -sS URL 2>&1",
            Response::Refused,
            7,
            "http_proxy is set, but hinit ignores proxies",
        ),
        (
            "http_proxy=http://h/ wget -t1 URL 2>&1",
            Response::Refused,
            4,
            "http_proxy is set, but hinit ignores proxies",
        ),
        ("wget --mirror URL 2>&1", Response::Status(200), 2, "This is hinit"),
    ];
    for (text, response, code, message) in table {
        let line = further_lines(&[text]).remove(0);
        let outcome = bench.run(&line, response, server::start(response), By::Hinit, LIMIT);
        assert_eq!(outcome.code, Some(code), "{text}: {outcome:?}");
        assert!(outcome.stdout.contains(message), "{text}: {outcome:?}");
    }
}
