//! A gRPC server's bytes, HPACK and its Huffman code among them: the same
//! verdict however they are cut into pieces, and no more sent than received.
//!
//! The first byte says how the rest is cut.
#![no_main]

use hinit::testing::probe::read_grpc;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((first, bytes)) = input.split_first() else { return };
    let whole = read_grpc(bytes, bytes.len().max(1));
    let pieces = read_grpc(bytes, usize::from(*first) + 1);
    match (&whole, &pieces) {
        // What is quoted of something else than HTTP/2 is what has come so far.
        (Some(Err(whole)), Some(Err(pieces))) if is_quote(whole) && is_quote(pieces) => {}
        _ => assert_eq!(whole, pieces),
    }
    if let Some(Ok(reason)) = whole {
        assert_eq!(reason, "h reports SERVING for a");
    }
});

fn is_quote(why: &str) -> bool {
    why.starts_with("does not speak HTTP/2") || why.starts_with("answered in TLS")
}
