//! What a database server, or anything else on its port, sends: each of the six
//! readers gives the same verdict however the bytes are cut into pieces.
//!
//! The first byte says which protocol it is and whether there is a password,
//! the second one how the rest is cut.
#![no_main]

use hinit::testing::plan::probe::{Builtin, Probe, Service, Target};
use hinit::testing::probe::read_service;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const TARGETS: [&str; 7] = [
    "postgres://:5432",
    "redis://:6379",
    "redis://:secret@:6379",
    "mysql://:3306",
    "memcached://:11211",
    "amqp://:5672",
    "mongodb://:27017",
];

static SERVICES: LazyLock<[Service; TARGETS.len()]> = LazyLock::new(|| TARGETS.map(service));

fuzz_target!(|input: &[u8]| {
    let [kind, size, bytes @ ..] = input else { return };
    let service = &SERVICES[usize::from(*kind) % TARGETS.len()];
    let whole = read_service(service, bytes, bytes.len().max(1));
    let pieces = read_service(service, bytes, usize::from(*size) + 1);
    match (whole, pieces) {
        // What is quoted of another protocol is what has come so far.
        (Some(Err(whole)), Some(Err(pieces))) if is_quote(&whole) && is_quote(&pieces) => {}
        (whole, pieces) => assert_eq!(whole, pieces),
    }
});

fn is_quote(why: &str) -> bool {
    why.starts_with("h does not speak the protocol of ")
}

fn service(target: &str) -> Service {
    match Probe::from_text(target, &|_| None).map(|probe| probe.target) {
        Ok(Target::Builtin(Builtin::Service(service))) => service,
        other => panic!("{target}: {other:?}"),
    }
}
