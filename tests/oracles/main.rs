//! The HTTP client of the probes beside two others, ureq and curl, over answers
//! that are wrong in random ways. Where they disagree, `decided.rs` says so and
//! why; what is not written there fails the test.
//!
//! `ORACLE_CASES` is the number of answers, 600 unless it is set; `ORACLE_SEED`
//! is the first one. All traffic stays on loopback.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod answers;
mod clients;
mod decided;
#[path = "../common/servers.rs"]
mod servers;
#[path = "../common/skipped.rs"]
mod skipped;

use clients::{Client, Verdict};
use decided::{DECIDED, Disagreement};
use std::collections::{BTreeMap, HashSet};

const CASES: u64 = 600;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// How two clients disagree, if they do.
fn disagreement(own: &Verdict, oracle: Client, theirs: &Verdict) -> Option<Disagreement> {
    let (own_text, their_text) = match (own, theirs) {
        (Verdict::Rejected(own), Verdict::Accepted { .. }) => (own.clone(), "accepted".to_owned()),
        (Verdict::Accepted { .. }, Verdict::Rejected(why)) => ("accepted".to_owned(), why.clone()),
        (
            Verdict::Accepted { status: own, .. } | Verdict::Unchecked { status: own },
            Verdict::Accepted { status, .. },
        ) if own != status => ("another status".to_owned(), "accepted".to_owned()),
        (Verdict::Accepted { body: own, .. }, Verdict::Accepted { body, .. }) if own != body => {
            ("another body".to_owned(), "accepted".to_owned())
        }
        _ => return None,
    };
    Some(Disagreement { own: own_text, oracle, theirs: their_text })
}

#[test]
fn every_disagreement_with_ureq_and_curl_is_decided() {
    let (seed, count) = (number("ORACLE_SEED", 0), number("ORACLE_CASES", CASES));
    let answers: Vec<Vec<u8>> = (seed..seed + count).map(answers::answer).collect();
    let port = clients::serve(answers.clone());
    let own: Vec<Verdict> = (0..answers.len()).map(|index| clients::own(port, index)).collect();
    let mut found: BTreeMap<Disagreement, Vec<u64>> = BTreeMap::new();
    for client in [Client::Ureq, Client::Curl] {
        let Some(verdicts) = client.verdicts(port, answers.len()) else { continue };
        for ((own, theirs), seed) in own.iter().zip(&verdicts).zip(seed..) {
            if let Some(disagreement) = disagreement(own, client, theirs) {
                found.entry(disagreement).or_default().push(seed);
            }
        }
    }
    report(&found, seed, &answers);
}

/// Prints the table, and fails at what is not in it.
fn report(found: &BTreeMap<Disagreement, Vec<u64>>, seed: u64, answers: &[Vec<u8>]) {
    let mut unknown = 0;
    for (disagreement, seeds) in found {
        let why = DECIDED.iter().find(|decided| decided.covers(disagreement)).map(|decided| decided.why);
        println!("{:5}  {disagreement}: {}", seeds.len(), why.unwrap_or("NOT DECIDED"));
        if why.is_none() {
            unknown += 1;
            let example = usize::try_from(seeds[0] - seed).unwrap();
            println!("       seed {}: {}", seeds[0], answers[example].escape_ascii());
        }
    }
    let cases: HashSet<u64> = found.values().flatten().copied().collect();
    println!("{} answers, {} with a disagreement", answers.len(), cases.len());
    assert_eq!(unknown, 0, "disagreements that are not decided: see above, and decided.rs");
}
