//! An HTTP answer: the same however its bytes are cut into pieces, and never
//! more kept than the limits say.
//!
//! The first byte says how the rest is cut, and whether it answers HEAD.
#![no_main]

use hinit::testing::probe::read_http;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((first, bytes)) = input.split_first() else { return };
    let method = if first & 1 == 0 { "GET" } else { "HEAD" };
    let whole = read_http(method, bytes, bytes.len().max(1));
    let pieces = read_http(method, bytes, usize::from(first >> 1) + 1);
    if let Ok(Some((status, _, body))) = &whole {
        assert!(body.len() <= 10 * 1024);
        assert!((200..=999).contains(status) || *status == 101);
    }
    match (whole, pieces) {
        // What is quoted of something else than HTTP is what has come so far.
        (Err(whole), Err(pieces)) if is_quote(&whole) && is_quote(&pieces) => {}
        (whole, pieces) => assert_eq!(whole, pieces),
    }
});

fn is_quote(why: &str) -> bool {
    why.starts_with("did not answer in HTTP/1: ") || why.starts_with("answered in TLS")
}
