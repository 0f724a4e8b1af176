use super::*;
use crate::plan::probe::Endpoint;

fn service(protocol: Protocol) -> Service {
    let endpoint = Endpoint::Socket("/nowhere".into());
    Service { protocol, endpoint, user: None, password: None, database: None }
}

const ALL: [(Protocol, ReadReply); 6] = [
    (Protocol::Postgres, postgres::read_reply),
    (Protocol::Redis, redis::read_reply),
    (Protocol::Mysql, mysql::read_reply),
    (Protocol::Memcached, memcached::read_reply),
    (Protocol::Amqp, amqp::read_reply),
    (Protocol::Mongodb, mongodb::read_reply),
];

/// Byte by byte, as a slow server sends it: the first answer that is given.
fn dripped(service: &Service, read: ReadReply, bytes: &[u8]) -> Option<Readiness> {
    (1..=bytes.len()).find_map(|end| read(service, &bytes[..end]))
}

#[allow(clippy::unnecessary_wraps)]
fn ready(text: &str) -> Option<Readiness> {
    Some(Readiness::Ready(text.into()))
}

#[allow(clippy::unnecessary_wraps)]
fn not_ready(text: &str) -> Option<Readiness> {
    Some(Readiness::NotReady(text.into()))
}

/// An error of PostgreSQL.
fn postgres_error(code: &str, message: &str) -> Vec<u8> {
    let body = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
    [b"E", &u32::try_from(body.len() + 4).unwrap().to_be_bytes()[..], body.as_bytes()].concat()
}

#[test]
fn postgres_is_ready_when_pg_isready_says_so() {
    let read = |bytes: &[u8]| dripped(&service(Protocol::Postgres), postgres::read_reply, bytes);
    let accepted = b"R\0\0\0\x08\0\0\0\0".to_vec();
    assert_eq!(read(b"R\0\0\0\x08\0\0\0\x03"), ready(""));
    assert_eq!(read(&accepted), None);
    assert_eq!(read(&[&accepted, &b"S\0\0\0\x08a\0b\0Z\0\0\0\x05I"[..]].concat()), ready(""));
    let unknown = postgres_error("28000", "role \"x\" does not exist");
    let rejected = "it rejected the login, role \"x\" does not exist (28000)";
    assert_eq!(read(&unknown), ready(rejected));
    assert_eq!(read(&[accepted, unknown].concat()), ready(rejected));
    assert_eq!(
        read(&postgres_error("57P03", "the database system is starting up")),
        not_ready("the database system is starting up (57P03)")
    );
    assert_eq!(read(b"Ecould not fork new process\n\0"), not_ready("could not fork new process"));
    assert_eq!(read(b"HTTP/1.1 400"), Some(Readiness::OtherProtocol));
    assert_eq!(read(b"R\xff\xff\xff\xff"), Some(Readiness::OtherProtocol));
    assert_eq!(read(b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"), ready(""));
    for short in [&b"R\0\0\0\x04"[..], b"R\0\0\0\x07\0\0\0", b"R\0\0\0\x08\0\0\0\x0c", b"E\0\0\0\x0aC28000"] {
        assert_eq!(read(short), Some(Readiness::OtherProtocol), "{short:?}");
    }
}

#[test]
fn postgres_is_asked_as_the_user_of_the_url() {
    let sent = |user: Option<&str>, database: Option<&str>| {
        let own = |word: Option<&str>| word.map(str::to_owned);
        let service = Service { user: own(user), database: own(database), ..service(Protocol::Postgres) };
        let packet = postgres::startup(&service);
        assert_eq!(packet[..4], u32::try_from(packet.len()).unwrap().to_be_bytes());
        String::from_utf8_lossy(&packet[8..]).replace('\0', " ")
    };
    assert_eq!(sent(None, None), "user postgres database postgres application_name hinit  ");
    assert_eq!(sent(Some("app"), None), "user app database app application_name hinit  ");
    assert_eq!(sent(None, Some("app")), "user postgres database app application_name hinit  ");
}

#[test]
fn redis_is_ready_when_it_answers_or_requires_a_password() {
    let read = |bytes: &[u8]| dripped(&service(Protocol::Redis), redis::read_reply, bytes);
    assert_eq!(read(b"+PONG\r\n"), ready(""));
    assert_eq!(read(b"-NOAUTH Authentication required.\r\n"), ready("it requires a password"));
    for refusal in ["LOADING Redis is loading", "MASTERDOWN Link", "BUSY script", "ERR max number of clients"]
    {
        assert_eq!(read(format!("-{refusal}\r\n").as_bytes()), not_ready(refusal));
    }
    for other in [&b"HTTP"[..], b"+OK\r\n", b"+PONGO\r\n", b"\0", &[b'+'; 2000], b"\n"] {
        assert_eq!(read(other), Some(Readiness::OtherProtocol), "{other:?}");
    }
}

#[test]
fn redis_with_a_password_is_asked_twice() {
    let service =
        Service { user: Some("u".into()), password: Some("p w".into()), ..service(Protocol::Redis) };
    assert_eq!(redis::ping(&service), b"*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$3\r\np w\r\n*1\r\n$4\r\nPING\r\n");
    let read = |text: &str| dripped(&service, redis::read_reply, text.as_bytes());
    assert_eq!(read("+OK\r\n"), None);
    assert_eq!(read("+OK\r\n+PONG\r\n"), ready(""));
    assert_eq!(read("+OK\r\n-LOADING x\r\n"), not_ready("LOADING x"));
    assert_eq!(read("-ERR Client sent AUTH, but no password is set\r\n+PONG\r\n"), ready(""));
    assert_eq!(
        read("-ERR max number of clients reached\r\n"),
        not_ready("ERR max number of clients reached")
    );
    assert_eq!(read("-WRONGPASS invalid\r\n"), not_ready("WRONGPASS invalid"));
}

/// The greeting of this version, without the length and number of its packet.
fn mysql_greeting(version: &str) -> Vec<u8> {
    let rest = b"\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0";
    [b"\x0a", version.as_bytes(), rest, b"caching_sha2_password\0"].concat()
}

fn mysql_packet(number: u8, body: &[u8]) -> Vec<u8> {
    [&[u8::try_from(body.len()).unwrap(), 0, 0, number], body].concat()
}

#[test]
fn mysql_is_ready_when_it_greets() {
    let read = |bytes: &[u8]| dripped(&service(Protocol::Mysql), mysql::read_reply, bytes);
    assert_eq!(read(&mysql_packet(0, &mysql_greeting("8.0.36"))), ready("version 8.0.36"));
    assert_eq!(read(&mysql_packet(0, &mysql_greeting("5.5.5-10.11.2"))), ready("version 10.11.2"));
    assert_eq!(read(b"\x0e\0\0\0\xff\x10\x04Too many..."), not_ready("Too many... (1040)"));
    assert_eq!(read(b"\x11\0\0\0\xff\x69\x04#HY000Blocked"), None);
    assert_eq!(read(b"\x10\0\0\0\xff\x69\x04#HY000Blocked"), not_ready("Blocked (1129)"));
    for other in [&b"SSH-"[..], b"\x08\0\0\x01", b"\xff\xff\xff\0", b"\x03\0\0\0\x0a88", b"\x03\0\0\0\x00"] {
        assert_eq!(read(other), Some(Readiness::OtherProtocol), "{other:?}");
    }
}

#[test]
fn mysql_is_not_ready_when_its_greeting_is_cut() {
    let greeting = mysql_greeting("8.0.36");
    // Some versions leave out the name of the method, or the NUL after it.
    let least = greeting.len() - "\0caching_sha2_password\0".len();
    for length in 3..least {
        let packet = mysql_packet(0, &greeting[..length]);
        let other = Some(Readiness::OtherProtocol);
        assert_eq!(mysql::read_reply(&service(Protocol::Mysql), &packet), other, "{length}");
    }
}

#[test]
fn mysql_is_ready_whether_it_accepts_the_login_or_not() {
    use mysql::{LoginReply, read_login_reply};
    let read = |body: &[u8]| {
        let packet = mysql_packet(2, body);
        (0..packet.len()).for_each(|end| assert_eq!(read_login_reply(&packet[..end]), None));
        read_login_reply(&packet)
    };
    let quit = LoginReply::Decided(b"\x01\0\0\0\x01".to_vec());
    assert_eq!(read(b"\0\0\0\x02\0\0\0"), Some(quit));
    let next = LoginReply::Continue(b"\0\0\0\x03".to_vec());
    assert_eq!(read(b"\xfemysql_native_password\0salt"), Some(next));
    let decided = Some(LoginReply::Decided(Vec::new()));
    assert_eq!(read(b"\xff\x15\x04#28000Access denied"), decided);
    assert_eq!(read(b"\x01\x04"), decided);
    for (text, why) in [
        (&b"\xff\x10\x04#08004Too many connections"[..], "Too many connections (1040)"),
        (b"\xff\x1d\x04#08S01Server shutdown in progress", "Server shutdown in progress (1053)"),
        (b"\xff\xd8\x0b#HY000Offline", "Offline (3032)"),
    ] {
        assert_eq!(read(text), Some(LoginReply::NotReady(why.into())));
    }
    for invalid in [&b"\xff"[..], b"\xff\x15", b"\xff\x15\x04", b"HTTP"] {
        assert_eq!(read(invalid), Some(LoginReply::Invalid), "{invalid:?}");
    }
    assert_eq!(read_login_reply(b"\0\0\0\x02"), Some(LoginReply::Invalid));
}

#[test]
fn memcached_is_ready_when_it_sends_its_version() {
    let read = |bytes: &[u8]| dripped(&service(Protocol::Memcached), memcached::read_reply, bytes);
    assert_eq!(read(b"VERSION 1.6.18\r\n"), ready("version 1.6.18"));
    assert_eq!(read(b"CLIENT_ERROR unauthenticated\r\n"), ready("it requires a password"));
    assert_eq!(read(b"ERROR Too many open connections\r\n"), not_ready("ERROR Too many open connections"));
    for other in [&b"VERSIOX"[..], b"HTTP", b"VERSION \r\n", &[b"VERSION ", &[b'1'; 2000][..]].concat()] {
        assert_eq!(read(other), Some(Readiness::OtherProtocol), "{other:?}");
    }
}

fn amqp_frame(method: &[u8]) -> Vec<u8> {
    [b"\x01\0\0\0\0\0", &[u8::try_from(method.len()).unwrap()][..], method, b"\xce"].concat()
}

const AMQP_START: &[u8] =
    b"\0\x0a\0\x0a\0\x09\0\0\0\x0d\x07productS\0\0\0\0\0\0\0\x0ePLAIN AMQPLAIN\0\0\0\x05en_US";

#[test]
fn amqp_is_ready_when_the_broker_starts_the_connection() {
    let read = |bytes: &[u8]| dripped(&service(Protocol::Amqp), amqp::read_reply, bytes);
    assert_eq!(read(&amqp_frame(AMQP_START)), ready(""));
    assert_eq!(read(b"AMQP\0\x01\0\0"), not_ready("it speaks AMQP 1-0-0, not 0-9-1"));
    assert_eq!(read(b"AMQP\x03\x01\0\0"), not_ready("it speaks AMQP 1-0-0, not 0-9-1"));
    assert_eq!(read(amqp::HEADER), not_ready("it sent the header of AMQP 0-9-1 back and did not start"));
    assert_eq!(read(&amqp_frame(b"\0\x0a\0\x32\x01\x40\x02no\0\0\0\0")), not_ready("no (320)"));
    for other in [
        &b"HTTP"[..],
        b"\x02",
        b"\x01\0\0\xff\xff\xff\xff",
        b"\x01\0\0\0\0\0\x04\0\x0a\0\x0b\xce",
        &[&amqp_frame(AMQP_START)[..7 + AMQP_START.len()], b"\0"].concat(),
    ] {
        assert_eq!(read(other), Some(Readiness::OtherProtocol), "{other:?}");
    }
}

#[test]
fn amqp_is_not_ready_when_its_start_is_cut() {
    for length in 4..AMQP_START.len() {
        let frame = amqp_frame(&AMQP_START[..length]);
        let other = Some(Readiness::OtherProtocol);
        assert_eq!(amqp::read_reply(&service(Protocol::Amqp), &frame), other, "{length}");
    }
}

/// An answer of MongoDB with these fields, each as in BSON.
fn mongodb_answer(fields: &[&[u8]]) -> Vec<u8> {
    let fields = fields.concat();
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
    let document = [&length(fields.len() + 5)[..], &fields, b"\0"].concat();
    let rest = [&b"\x09\0\0\0\x01\0\0\0\xdd\x07\0\0\0\0\0\0\0"[..], &document].concat();
    [&length(rest.len() + 4)[..], &rest].concat()
}

#[test]
fn mongodb_is_ready_as_primary_secondary_or_mongos() {
    const OK: &[u8] = b"\x01ok\0\0\0\0\0\0\0\xf0\x3f";
    const NESTED: &[u8] = b"\x03topologyVersion\0\x05\0\0\0\0\x04hosts\0\x05\0\0\0\0\x07id\0aaaabbbbcccc";
    const OTHERS: &[u8] = b"\x09localTime\0aaaabbbb\x05sig\0\x02\0\0\0\0ab\x11t\0aaaabbbb\x0an\0";
    const SET: &[u8] = b"\x02setName\0\x04\0\0\0rs0\0";
    let read =
        |fields: &[&[u8]]| dripped(&service(Protocol::Mongodb), mongodb::read_reply, &mongodb_answer(fields));
    let primary = b"\x08isWritablePrimary\0\x01";
    assert_eq!(read(&[NESTED, OTHERS, primary, OK]), ready(""));
    let no_primary = b"\x08isWritablePrimary\0\0";
    assert_eq!(read(&[no_primary, b"\x08secondary\0\x01", SET, OK]), ready("a secondary of rs0"));
    assert_eq!(
        read(&[no_primary, b"\x08secondary\0\0", SET, OK]),
        not_ready("it is neither a primary nor a secondary of rs0")
    );
    assert_eq!(
        read(&[no_primary, b"\x08secondary\0\0\x08arbiterOnly\0\x01", OK]),
        not_ready("it is an arbiter, which has no data")
    );
    let error = b"\x01ok\0\0\0\0\0\0\0\0\0\x02errmsg\0\x03\0\0\0no\0\x10code\0\x5b\0\0\0";
    assert_eq!(read(&[error]), not_ready("no (91)"));
}

#[test]
fn mongodb_is_not_ready_when_its_answer_is_cut() {
    let read = |bytes: &[u8]| mongodb::read_reply(&service(Protocol::Mongodb), bytes);
    let fields = b"\x08isWritablePrimary\0\x01\x12maxBsonObjectSize\0abcdefgh\x01ok\0\0\0\0\0\0\0\xf0\x3f";
    let whole = mongodb_answer(&[fields]);
    assert_eq!(read(&whole), ready(""));
    // With the lengths of what is left.
    for length in 0..fields.len() {
        assert_eq!(read(&mongodb_answer(&[&fields[..length]])), Some(Readiness::OtherProtocol), "{length}");
    }
    // With the length of the message alone, and that of the document as it was.
    for length in 16..whole.len() {
        let cut = [&u32::try_from(length).unwrap().to_le_bytes()[..], &whole[4..length]].concat();
        assert_eq!(read(&cut), Some(Readiness::OtherProtocol), "{length}");
    }
}

#[test]
fn the_request_of_mongodb_has_the_length_in_it() {
    let request = mongodb::hello();
    assert_eq!(request[..4], u32::try_from(request.len()).unwrap().to_le_bytes());
    assert_eq!(request[21..25], u32::try_from(request.len() - 21).unwrap().to_le_bytes());
}

#[test]
fn a_line_is_the_same_in_one_piece_and_byte_by_byte() {
    let long = "x".repeat(2000);
    for (protocol, read, start) in [
        (Protocol::Redis, redis::read_reply as ReadReply, "+PONG"),
        (Protocol::Memcached, memcached::read_reply, "VERSION 1"),
    ] {
        for text in [format!("{start}{long}\n"), format!("{start}\r\n{long}")] {
            let service = service(protocol);
            let dripped = dripped(&service, read, text.as_bytes());
            assert!(dripped.is_some() && read(&service, text.as_bytes()) == dripped, "{text}: {dripped:?}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_alike_in_any_pieces(
        start in proptest::sample::select(vec![
            &b""[..], b"R\0\0\0\x08", b"E\0\0\0\x18", b"+", b"-", b"\x20\0\0\0\x0a", b"\x20\0\0\0\xff", b"VERSION ",
            b"\x01\0\0\0\0\0\x20\0\x0a\0\x32", b"\x40\0\0\0\x09\0\0\0\x01\0\0\0\xdd\x07\0\0\0\0\0\0\0\x2b\0\0\0",
        ]),
        rest in proptest::collection::vec(proptest::num::u8::ANY, 0..100),
    ) {
        let bytes = [start, &rest].concat();
        for (protocol, read) in ALL {
            let first = dripped(&service(protocol), read, &bytes);
            // A first answer stands, whatever follows it.
            proptest::prop_assert_eq!(read(&service(protocol), &bytes), first);
        }
    }
}
