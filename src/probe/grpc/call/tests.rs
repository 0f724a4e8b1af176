use super::*;

const OK_HEADERS: &[u8] = b"\x88";
const TRAILERS: &[u8] = b"\0\x0bgrpc-status\x010\0\x0cgrpc-message\x02hi";
const BODY: &[u8] = b"\0\0\0\0\x02\x08\x01";

fn serving() -> Answer {
    Answer {
        http_status: "200".into(),
        grpc_status: Some("0".into()),
        grpc_message: "hi".into(),
        body: BODY.to_vec(),
    }
}

/// Feeds the bytes in pieces of this size: the verdict, and all replies.
fn feed(bytes: &[u8], size: usize) -> (Result<Option<Answer>, Fault>, Vec<u8>) {
    let (mut call, mut replies) = (Call::default(), Vec::new());
    for piece in bytes.chunks(size) {
        match call.feed(piece, &mut replies) {
            Ok(None) => {}
            end => return (end, replies),
        }
    }
    (Ok(None), replies)
}

fn settings() -> Vec<u8> {
    encoded(SETTINGS_FRAME, 0, 0, &[])
}

fn told(frames: &[Vec<u8>]) -> Result<Option<Answer>, Fault> {
    let bytes = [settings(), frames.concat()].concat();
    let (whole, dripped) = (feed(&bytes, bytes.len()).0, feed(&bytes, 1).0);
    assert_eq!(whole, dripped);
    whole
}

fn fault(frames: &[Vec<u8>]) -> String {
    told(frames).expect_err("this is no answer")
}

#[test]
fn reads_an_answer_and_its_trailers() {
    let frames = [
        encoded(HEADERS, END_HEADERS, STREAM, OK_HEADERS),
        encoded(8, 0, 0, &[0, 0, 1, 0]),
        encoded(DATA, 0, STREAM, BODY),
        encoded(HEADERS, END_HEADERS | END_STREAM, STREAM, TRAILERS),
    ];
    assert_eq!(told(&frames), Ok(Some(serving())));
    assert_eq!(told(&frames[..3]), Ok(None));
}

#[test]
fn reads_padding_priorities_and_headers_in_pieces() {
    let padded = [&[2, 0, 0, 0, 0, 9][..], OK_HEADERS, &[0, 0]].concat();
    let (first, second) = TRAILERS.split_at(9);
    let frames = [
        encoded(HEADERS, END_HEADERS | PADDED | PRIORITY, STREAM, &padded),
        encoded(DATA, PADDED, STREAM, &[&[1][..], BODY, &[0]].concat()),
        encoded(HEADERS, END_STREAM, STREAM, first),
        encoded(CONTINUATION, 0, STREAM, second),
        encoded(CONTINUATION, END_HEADERS, STREAM, &[]),
    ];
    assert_eq!(told(&frames), Ok(Some(serving())));
}

#[test]
fn answers_settings_and_pings() {
    let bytes = [settings(), encoded(PING, 0, 0, b"12345678"), encoded(PING, ACK, 0, b"12345678")].concat();
    let replies = [encoded(SETTINGS_FRAME, ACK, 0, &[]), encoded(PING, ACK, 0, b"12345678")].concat();
    assert_eq!(feed(&bytes, 1), (Ok(None), replies));
}

#[test]
fn a_graceful_goaway_still_brings_the_answer() {
    let frames = [
        encoded(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]),
        encoded(HEADERS, END_HEADERS | END_STREAM, STREAM, &[OK_HEADERS, TRAILERS].concat()),
    ];
    assert_eq!(told(&frames), Ok(Some(Answer { body: vec![], ..serving() })));
    assert_eq!(
        fault(&[encoded(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\x0btoo many")]),
        "is going away, ENHANCE_YOUR_CALM too many"
    );
}

#[test]
fn says_what_is_wrong_with_an_answer() {
    let table = [
        (encoded(RST_STREAM, 0, STREAM, &[0, 0, 0, 7]), "reset the call, REFUSED_STREAM"),
        (encoded(RST_STREAM, 0, STREAM, &[0, 1, 0, 0]), "reset the call, code 65536"),
        (encoded(GOAWAY, 0, 0, &[0]), "sent a broken GOAWAY"),
        (encoded(PUSH_PROMISE, 0, STREAM, &[]), "pushes, which it was asked not to"),
        (encoded(CONTINUATION, 0, STREAM, &[]), "goes on with headers it never began"),
        (encoded(HEADERS, END_HEADERS, STREAM, b"\xff"), "sent headers that cannot be read"),
        (encoded(HEADERS, END_HEADERS | PADDED, STREAM, &[9]), "sent a frame shorter than its padding"),
        (encoded(HEADERS, PADDED, STREAM, &[]), "sent a frame shorter than its padding"),
        (encoded(HEADERS, PRIORITY, STREAM, &[0]), "sent a frame shorter than its padding"),
        (encoded(DATA, 0, STREAM, &[0; 2000]), "sent more than 1 KiB, which is no health answer"),
        (encoded(HEADERS, 0, STREAM, &[0; 9000]), "sent more than 8 KiB of headers"),
        (b"\xff\xff\xff\0\0\0\0\0\x01".to_vec(), "sent a frame of 16777215 bytes, which is too long"),
    ];
    for (frame, why) in table {
        assert_eq!(fault(&[frame]), why);
    }
    let interrupted = [encoded(HEADERS, 0, STREAM, &[]), encoded(PING, 0, 0, &[0; 8])];
    assert_eq!(fault(&interrupted), "broke off its headers");
    let pings = vec![encoded(PING, ACK, 0, &[0; 8]); 16_000];
    assert_eq!(
        feed(&[settings(), pings.concat()].concat(), 4096).0,
        Err("sent more than 256 KiB and no end of its answer".into())
    );
}

#[test]
fn what_is_no_http2_is_shown() {
    for (bytes, why) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "does not speak HTTP/2: 'HTTP/1.1 400 Bad Request'"),
        (b"\x15\x03\x01\0\x02\x02\x46", "answered in TLS; write grpcs://"),
        (b"\0\0\0\x01\0", "does not speak HTTP/2: '\0\0\0\u{1}\0'"),
    ] {
        assert_eq!(feed(bytes, bytes.len()).0, Err(why.into()));
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_in_any_pieces_come_to_the_same(
        frames in proptest::collection::vec(
            (0u8..11, proptest::num::u8::ANY, 0u32..3, proptest::collection::vec(proptest::num::u8::ANY, 0..40)),
            0..8,
        ),
        rest in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        size in 1usize..50,
    ) {
        let frames = frames.iter().map(|(kind, flags, stream, payload)| encoded(*kind, *flags, *stream, payload));
        let bytes = [settings(), frames.collect::<Vec<_>>().concat(), rest].concat();
        proptest::prop_assert_eq!(feed(&bytes, size), feed(&bytes, bytes.len()));
    }
}
