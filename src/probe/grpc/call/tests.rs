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

/// Feeds the bytes in pieces of this size: the result, and all replies.
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
    encode_frame(SETTINGS_FRAME, 0, 0, &[])
}

fn read(frames: &[Vec<u8>]) -> Result<Option<Answer>, Fault> {
    let bytes = [settings(), frames.concat()].concat();
    let (whole, dripped) = (feed(&bytes, bytes.len()).0, feed(&bytes, 1).0);
    assert_eq!(whole, dripped);
    whole
}

fn fault(frames: &[Vec<u8>]) -> String {
    read(frames).expect_err("this is not an answer")
}

#[test]
fn reads_an_answer_and_its_trailers() {
    let frames = [
        encode_frame(HEADERS, END_HEADERS, STREAM, OK_HEADERS),
        encode_frame(8, 0, 0, &[0, 0, 1, 0]),
        encode_frame(DATA, 0, STREAM, BODY),
        encode_frame(HEADERS, END_HEADERS | END_STREAM, STREAM, TRAILERS),
    ];
    assert_eq!(read(&frames), Ok(Some(serving())));
    assert_eq!(read(&frames[..3]), Ok(None));
}

#[test]
fn reads_padding_priorities_and_headers_in_pieces() {
    let padded = [&[2, 0, 0, 0, 0, 9][..], OK_HEADERS, &[0, 0]].concat();
    let (first, second) = TRAILERS.split_at(9);
    let frames = [
        encode_frame(HEADERS, END_HEADERS | PADDED | PRIORITY, STREAM, &padded),
        encode_frame(DATA, PADDED, STREAM, &[&[1][..], BODY, &[0]].concat()),
        encode_frame(HEADERS, END_STREAM, STREAM, first),
        encode_frame(CONTINUATION, 0, STREAM, second),
        encode_frame(CONTINUATION, END_HEADERS, STREAM, &[]),
    ];
    assert_eq!(read(&frames), Ok(Some(serving())));
}

#[test]
fn answers_settings_and_pings() {
    let bytes =
        [settings(), encode_frame(PING, 0, 0, b"12345678"), encode_frame(PING, ACK, 0, b"12345678")].concat();
    let replies =
        [encode_frame(SETTINGS_FRAME, ACK, 0, &[]), encode_frame(PING, ACK, 0, b"12345678")].concat();
    assert_eq!(feed(&bytes, 1), (Ok(None), replies));
}

#[test]
fn a_graceful_goaway_still_brings_the_answer() {
    let frames = [
        encode_frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]),
        encode_frame(HEADERS, END_HEADERS | END_STREAM, STREAM, &[OK_HEADERS, TRAILERS].concat()),
    ];
    assert_eq!(read(&frames), Ok(Some(Answer { body: vec![], ..serving() })));
    assert_eq!(
        fault(&[encode_frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\x0btoo many")]),
        "sent GOAWAY: ENHANCE_YOUR_CALM too many"
    );
}

#[test]
fn explains_what_is_wrong_with_an_answer() {
    let table = [
        (encode_frame(RST_STREAM, 0, STREAM, &[0, 0, 0, 7]), "reset the call: REFUSED_STREAM"),
        (encode_frame(RST_STREAM, 0, STREAM, &[0, 1, 0, 0]), "reset the call: code 65536"),
        (encode_frame(GOAWAY, 0, 0, &[0]), "sent an invalid GOAWAY"),
        (encode_frame(PUSH_PROMISE, 0, STREAM, &[]), "sent PUSH_PROMISE, which hinit disables"),
        (encode_frame(CONTINUATION, 0, STREAM, &[]), "sent CONTINUATION without HEADERS"),
        (encode_frame(HEADERS, END_HEADERS, STREAM, b"\xff"), "sent headers that cannot be decoded"),
        (encode_frame(HEADERS, END_HEADERS | PADDED, STREAM, &[9]), "sent a frame shorter than its padding"),
        (encode_frame(HEADERS, PADDED, STREAM, &[]), "sent a frame shorter than its padding"),
        (encode_frame(HEADERS, PRIORITY, STREAM, &[0]), "sent a frame shorter than its padding"),
        (encode_frame(DATA, 0, STREAM, &[0; 2000]), "sent more than 1 KiB for a health status"),
        (encode_frame(HEADERS, 0, STREAM, &[0; 9000]), "sent more than 8 KiB of headers"),
        (b"\xff\xff\xff\0\0\0\0\0\x01".to_vec(), "sent a frame of 16777215 bytes, which is too long"),
    ];
    for (frame, why) in table {
        assert_eq!(fault(&[frame]), why);
    }
    let interrupted = [encode_frame(HEADERS, 0, STREAM, &[]), encode_frame(PING, 0, 0, &[0; 8])];
    assert_eq!(fault(&interrupted), "sent another frame in the middle of its headers");
    let pings = vec![encode_frame(PING, ACK, 0, &[0; 8]); 16_000];
    assert_eq!(
        feed(&[settings(), pings.concat()].concat(), 4096).0,
        Err("sent more than 256 KiB without an end of its answer".into())
    );
}

#[test]
fn what_is_not_http2_is_quoted() {
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
    fn pieces_make_no_difference(
        frames in proptest::collection::vec(
            (0u8..11, proptest::num::u8::ANY, 0u32..3, proptest::collection::vec(proptest::num::u8::ANY, 0..40)),
            0..8,
        ),
        rest in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        size in 1usize..50,
    ) {
        let frames = frames.iter().map(|(kind, flags, stream, payload)| encode_frame(*kind, *flags, *stream, payload));
        let bytes = [settings(), frames.collect::<Vec<_>>().concat(), rest].concat();
        proptest::prop_assert_eq!(feed(&bytes, size), feed(&bytes, bytes.len()));
    }
}
