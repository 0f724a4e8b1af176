//! Each check changes its part of the probe, and belongs to some target.

use super::checks::{HTTP_ONLY, STREAM_ONLY, TLS_ONLY};
use super::table::{self, CHECKS};
use crate::options::{OptionName, Options};
use crate::plan::probe::{
    BodyCheck, BodyTest, Builtin, ClientCertificate, Header, Http, JsonTest, Pattern, Probe, StatusSet,
    Stream, Target, Verification,
};
use std::time::Duration;

/// A check's name, the check as given, those after it that it needs, and what of
/// the probe it changes.
type Row = (&'static str, &'static str, &'static str, fn(&mut Probe));

const OF_HTTP: [Row; 11] = [
    ("status", "--status 204", "", |probe| http(probe).status = StatusSet::parse("204").unwrap()),
    ("contains", "--contains UP", "", |probe| http(probe).body = vec![check(up())]),
    ("match", "--match UP", "", |probe| {
        http(probe).body = vec![check(BodyTest::Match(Pattern::parse("UP").unwrap()))];
    }),
    ("json", "--json a=1", "", |probe| {
        http(probe).body = vec![check(BodyTest::Json(JsonTest::parse("a=1").unwrap()))];
    }),
    ("not", "--not", "--contains UP", |probe| http(probe).body[0].negated = true),
    ("follow", "--follow", "", |probe| http(probe).follow = true),
    ("method", "--method PUT", "", |probe| http(probe).request.method = "PUT".into()),
    ("header", "--header A:1", "", |probe| http(probe).request.headers = vec![header("A", "1")]),
    ("data", "--data x", "--method PUT --header Content-Type:a", |probe| {
        http(probe).request.body = Some(b"x".to_vec());
    }),
    ("host-header", "--host-header h", "", |probe| http(probe).request.host_header = "h".into()),
    ("basic-auth", "--basic-auth a:b", "", |probe| {
        http(probe).request.headers = vec![header("Authorization", "Basic YTpi")];
    }),
];

const OF_TLS: [Row; 4] = [
    ("insecure", "--insecure", "--follow", |probe| verify(probe, Verification::Off)),
    ("cacert", "--cacert /ca", "--follow", |probe| verify(probe, Verification::CaFile("/ca".into()))),
    ("cert", "--cert /cert", "--follow", |probe| certify(probe, "/cert")),
    ("key", "--key /key", "--follow --cert /cert", |probe| certify(probe, "/key")),
];

const OF_STREAMS: [Row; 2] = [
    ("send", "--send PING", "", |probe| stream(probe).send = b"PING".to_vec()),
    ("expect", "--expect PONG", "", |probe| stream(probe).expect = Some(b"PONG".to_vec())),
];

const OF_ALL: Row = ("timeout", "--timeout 1s", "", |probe| probe.timeout = Some(Duration::from_secs(1)));

fn http(probe: &mut Probe) -> &mut Http {
    let Target::Builtin(Builtin::Http(http)) = &mut probe.target else { unreachable!() };
    http
}

fn stream(probe: &mut Probe) -> &mut Stream {
    let Target::Builtin(Builtin::Stream(stream)) = &mut probe.target else { unreachable!() };
    stream
}

fn check(test: BodyTest) -> BodyCheck {
    BodyCheck { test, negated: false }
}

fn up() -> BodyTest {
    BodyTest::Contains("UP".into())
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

fn verify(probe: &mut Probe, verification: Verification) {
    http(probe).request.tls.verification = verification;
}

fn certify(probe: &mut Probe, key: &str) {
    let client = ClientCertificate { cert: "/cert".into(), key: key.into() };
    http(probe).request.tls.client = Some(client);
}

fn parsed(target: &str, checks: &str) -> Probe {
    Probe::from_text(&format!("{target} {checks}"), &|_| None).unwrap()
}

#[test]
fn each_check_changes_its_part_of_the_probe_and_nothing_else() {
    let of_http = OF_HTTP.into_iter().chain(OF_TLS).chain([OF_ALL]).map(|row| ("http://:80/", row));
    let of_streams = OF_STREAMS.into_iter().map(|row| ("tcp://:1", row));
    for (target, (name, given, needed, change)) in of_http.chain(of_streams) {
        let without = parsed(target, needed);
        let with = parsed(target, &format!("{given} {needed}"));
        assert_ne!(with, without, "--{name} has no effect");
        let mut changed = without;
        change(&mut changed);
        assert_eq!(with, changed, "--{name}");
    }
}

#[test]
fn no_check_is_without_a_row_here_and_each_belongs_to_some_target() {
    let known: Vec<&str> = Options(&[CHECKS]).definitions().map(|check| check.name).collect();
    let rows = OF_HTTP.into_iter().chain(OF_TLS).chain(OF_STREAMS).chain([OF_ALL]).map(|row| row.0);
    assert_eq!(rows.collect::<Vec<_>>(), known);
    let grouped = HTTP_ONLY.into_iter().chain(TLS_ONLY).chain(STREAM_ONLY).chain([table::TIMEOUT]);
    assert_eq!(grouped.map(OptionName::text).collect::<Vec<_>>(), known);
}
