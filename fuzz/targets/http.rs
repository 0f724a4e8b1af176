//! An HTTP answer: the same verdict however its bytes are cut into pieces, and
//! never more kept than the limits say.
//!
//! The first byte says how the rest is cut, and whether it answers HEAD.
#![no_main]

#[allow(dead_code)]
#[path = "../../src/probe/http/response.rs"]
mod response;

use libfuzzer_sys::fuzz_target;
use response::{Answer, Fault, Limits, Response};

const LIMITS: Limits = Limits { head: 8 * 1024, body: Some(10 * 1024) };

fuzz_target!(|input: &[u8]| {
    let Some((first, bytes)) = input.split_first() else { return };
    let method = if first & 1 == 0 { "GET" } else { "HEAD" };
    let whole = fed(method, bytes, bytes.len().max(1));
    let pieces = fed(method, bytes, usize::from(first >> 1) + 1);
    match (whole, pieces) {
        // What is quoted of something else than HTTP is what has come so far.
        (Err(Fault::NotHttp(_)), Err(Fault::NotHttp(_))) => {}
        (whole, pieces) => assert_eq!(whole, pieces),
    }
});

fn fed(method: &str, bytes: &[u8], size: usize) -> Result<Option<Answer>, Fault> {
    let mut response = Response::to(method, LIMITS);
    bytes.chunks(size).for_each(|piece| response.feed(piece));
    response.close();
    let answer = response.into_answer();
    if let Ok(Some(answer)) = &answer {
        assert!(answer.body.len() <= 10 * 1024);
        assert!((200..=999).contains(&answer.status) || answer.status == 101);
    }
    answer
}
