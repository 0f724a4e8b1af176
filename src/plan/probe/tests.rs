use super::*;
use std::net::Ipv4Addr;

fn env(name: &str) -> Option<String> {
    match name {
        "PORT" => Some("5500".into()),
        "EMPTY" => Some(String::new()),
        "NESTED" => Some("${PORT}".into()),
        _ => None,
    }
}

fn read(text: &str) -> Probe {
    Probe::from_text(text, &env).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    let error = Probe::from_text(text, &env).expect_err(text).to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    error
}

fn http(text: &str) -> Http {
    match read(text).target {
        Target::Builtin(Builtin::Http(http)) => *http,
        other => panic!("{text}: {other:?}"),
    }
}

fn exec(text: &str) -> Vec<OsString> {
    match read(text).target {
        Target::Exec(words) => words,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn reads_where_an_http_target_leads() {
    let name = |name: &str| Host::Name(name.into());
    let table = [
        ("http://:5500/health", Host::Here, 5500, "localhost:5500", "/health"),
        ("http://localhost:5500", Host::Here, 5500, "localhost:5500", "/"),
        ("HTTP://LOCALHOST/", Host::Here, 80, "LOCALHOST", "/"),
        ("http:///x", Host::Here, 80, "localhost", "/x"),
        ("http://127.0.0.1:80/", Host::Ip(Ipv4Addr::LOCALHOST.into()), 80, "127.0.0.1", "/"),
        (
            "http://[::1]:8080/a?b=c&d",
            Host::Ip([0, 0, 0, 0, 0, 0, 0, 1].into()),
            8080,
            "[::1]:8080",
            "/a?b=c&d",
        ),
        ("http://[::1]/", Host::Ip([0, 0, 0, 0, 0, 0, 0, 1].into()), 80, "[::1]", "/"),
        ("http://u:p@web.example?q", name("web.example"), 80, "web.example", "/?q"),
        ("http://web.example:81?q", name("web.example"), 81, "web.example:81", "/?q"),
        ("http://my_app:81/x#frag", name("my_app"), 81, "my_app:81", "/x"),
        ("http://h/caf\u{e9}", name("h"), 80, "h", "/caf%C3%A9"),
        ("http://:${PORT}/", Host::Here, 5500, "localhost:5500", "/"),
        ("http://:${OTHER:-8080}/", Host::Here, 8080, "localhost:8080", "/"),
        ("http://:${EMPTY:-8080}/", Host::Here, 8080, "localhost:8080", "/"),
        ("http://:${OTHER:-${PORT}}/", Host::Here, 5500, "localhost:5500", "/"),
        ("http://:${PORT:-${OTHER:-1}}/", Host::Here, 5500, "localhost:5500", "/"),
        ("http://:${OTHER:-${EMPTY:-8080}}/${OTHER:-a}", Host::Here, 8080, "localhost:8080", "/a"),
    ];
    for (text, host, port, host_header, path) in table {
        let request = http(text).request;
        assert_eq!(request.endpoint, Endpoint::Port(Address { host, port }), "{text}");
        assert_eq!((request.host_header.as_str(), request.path.as_str()), (host_header, path), "{text}");
        assert!(!request.secure, "{text}");
    }
}

#[test]
fn rejects_an_invalid_target() {
    let table = [
        ("", "target is missing"),
        ("localhost:8080", "write http://localhost:8080 or tcp://localhost:8080"),
        ("localhost:8080/x", "write http://localhost:8080/x"),
        ("8080", "write http://:8080 or tcp://:8080"),
        ("http:8080", "'http:8080' lacks the two slashes; write http://:8080"),
        ("redis:6379", "write http://redis:6379 or tcp://redis:6379"),
        ("/health", "write http://:8080/health, file:///health or unix:///health"),
        ("//h/x", "write http://h/x"),
        ("'  '", "the target is empty"),
        ("http://%+5@h/", "percent-encoding"),
        ("ftp://h/", "unknown scheme ftp:; write http://"),
        ("http://:${OTHER:-${NOPE}}/", "the variable NOPE is not set"),
        ("http://:${OTHER:-${PORT}/", "without a closing brace"),
        ("http://:${OTHER:-$PORT}/", "a bare dollar sign; write ${PORT}"),
        ("https:h/", "two slashes"),
        ("http+unix:///run/a.sock", "has no socket; write its path with %2F"),
        ("http+unix://%2F/x", "names no file"),
        ("http+unix://run%2Fa/x", "has no socket"),
        ("http:/h/", "two slashes"),
        ("http://h:0/", "'0' is not a port"),
        ("http://h:65536/", "'65536' is not a port"),
        ("http://h:http/", "'http' is not a port"),
        ("http://h:+1/", "'+1' is not a port"),
        ("http://h:/", "'' is not a port (an empty variable leaves nothing)"),
        ("http://::1:80/", "in brackets"),
        ("http://[::1/", "in brackets"),
        ("http://[zz]/", "no IPv6 address"),
        ("http://a,b/", "not a host"),
        ("http://caf\u{e9}/", "ASCII"),
        ("'http://h/a b'", "%20"),
        ("'http://h/a\u{7}'", "control character"),
        ("tcp://h", "no port"),
        ("tcp://h:1/x", "more than a host and a port"),
        ("tcp://u@h:1", "more than a host and a port"),
        ("unix://run/a", "three slashes, as in unix:///run/a"),
        ("unix:/run/a", "two slashes"),
        ("unix:///", "names no file"),
        ("unix:///a?b", "more than a path"),
        ("file:///a?max-age=0", "max-age must be above 0"),
        ("file:///a?max-age=5", "the unit is missing"),
        ("file:///a?older=5s", "write ?max-age=30s"),
        ("file:///a%", "percent-encoding"),
        ("file:///a%00", "names no file"),
        ("pid:///a%2", "percent-encoding"),
        ("pid://a", "three slashes"),
        ("redis:h", "two slashes"),
        ("grpc:h", "two slashes"),
        ("grpc://h", "has no port; write grpc://HOST:PORT"),
        ("grpc://u@h:1", "more than a host, a port and a service"),
        ("grpc://h:1?a", "more than a host, a port and a service"),
        ("grpc://h:1/a%zz", "percent-encoding"),
        ("redis://h:x", "'x' is not a port"),
        (
            "rediss://:secret@h",
            "'rediss://h': hinit does not support TLS to Redis; write tcp://HOST:PORT or exec:",
        ),
        ("amqps://h", "does not support TLS to AMQP"),
        ("redis+tls://h", "unknown scheme redis+tls:"),
        ("mongodb+srv://h", "write mongodb://HOST:PORT for one of them"),
        ("mongodb://a,b", "lists several servers"),
        ("postgres:///db?host=/var/run/postgresql", "names the server by host=; write it as the host"),
        ("mysql://u@h/db?charset=utf8&unix_socket=/a", "names the server by unix_socket="),
        ("redis://%2Ftmp%2", "percent-encoding"),
        ("redis://%41", "three slashes"),
        ("exec:", "no command"),
        ("exec:' '", "no command"),
        ("exec:redis-cli ping", "exec:'redis-cli ping'"),
        ("exec:'a \"b'", "unclosed quote"),
        ("'http://h", "unclosed quote"),
        ("http://:${NOPE}/", "the variable NOPE is not set"),
        ("http://:$PORT/", "write ${PORT}"),
        ("http://:${PORT/", "closing brace"),
        ("http://:${}/", "not understood"),
        ("http://:${PORT:=1}/", "not understood"),
    ];
    for (text, why) in table {
        let error = error(text);
        assert!(error.contains(why), "{text}: {error}");
    }
}

fn stream(text: &str) -> Stream {
    match read(text).target {
        Target::Builtin(Builtin::Stream(stream)) => stream,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn reads_what_a_stream_sends_and_expects_with_its_escapes() {
    let mail = stream("tcp://:25 --expect '220 '");
    assert_eq!(mail.endpoint, Endpoint::Port(Address { host: Host::Here, port: 25 }));
    assert_eq!((mail.send.as_slice(), mail.expect.as_deref()), (&b""[..], Some(&b"220 "[..])));
    let local = stream(r"unix:///run/my%20app.sock --send 'a\r\n\t\0\\\xFf\x7e${PORT}' --expect \\n");
    assert_eq!(local.endpoint, Endpoint::Socket("/run/my app.sock".into()));
    assert_eq!(local.send, b"a\r\n\t\0\\\xff~5500");
    assert_eq!(local.expect.as_deref(), Some(&b"\n"[..]));
}

#[test]
fn reads_files() {
    let file = |path: &str, max_age| Target::Builtin(Builtin::File(File { path: path.into(), max_age }));
    assert_eq!(read("file:///run/ready").target, file("/run/ready", None));
    let age = Some(Duration::from_secs(90));
    assert_eq!(read("'file:///a b%3F?max-age=1m30s'").target, file("/a b?", age));
    assert_eq!(read("pid:///run/a.pid").target, Target::Builtin(Builtin::PidFile("/run/a.pid".into())));
}

fn service(text: &str) -> Service {
    match read(text).target {
        Target::Builtin(Builtin::Service(service)) => service,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn reads_the_services_with_their_default_ports() {
    use Protocol::{Amqp, Memcached, Mongodb, Mysql, Postgres, Redis};
    let table = [
        ("postgres://", Postgres, 5432),
        ("postgresql+asyncpg://", Postgres, 5432),
        ("redis://", Redis, 6379),
        ("valkey://", Redis, 6379),
        ("mysql://", Mysql, 3306),
        ("mariadb+pymysql://", Mysql, 3306),
        ("mysql2://", Mysql, 3306),
        ("memcached://", Memcached, 11211),
        ("amqp://", Amqp, 5672),
        ("mongodb://", Mongodb, 27017),
    ];
    for (text, protocol, port) in table {
        let here = |port| Endpoint::Port(Address { host: Host::Here, port });
        assert_eq!((service(text).protocol, service(text).endpoint), (protocol, here(port)), "{text}");
        assert_eq!(service(&format!("{text}localhost:81/")).endpoint, here(81), "{text}");
    }
}

#[test]
fn takes_a_service_s_url_as_the_app_has_it() {
    let db = service("postgres://app:p%40ss@db:5433/shop?sslmode=disable");
    assert_eq!(db.endpoint, Endpoint::Port(Address { host: Host::Name("db".into()), port: 5433 }));
    let words = [db.user, db.password, db.database].map(Option::unwrap_or_default);
    assert_eq!(words, ["app", "p@ss", "shop"]);
    let cache = service("redis://:secret@[::1]/0");
    assert_eq!((cache.user, cache.password.as_deref()), (None, Some("secret")));
    assert_eq!(read("redis://:secret@h/0").name, "redis://h/0");
    assert!(!error("redis://:secret@h:x/0").contains("secret"));
}

#[test]
fn reads_a_grpc_target() {
    let grpc = |text: &str| match read(text).target {
        Target::Builtin(Builtin::Grpc(grpc)) => (grpc.endpoint, grpc.authority, grpc.service),
        other => panic!("{text}: {other:?}"),
    };
    let here = Endpoint::Port(Address { host: Host::Here, port: 81 });
    assert_eq!(grpc("grpc://:81"), (here.clone(), "localhost:81".into(), String::new()));
    assert_eq!(grpc("grpc://localhost:81/"), (here.clone(), "localhost:81".into(), String::new()));
    assert_eq!(grpc("grpc://:81/my.pkg.Service"), (here, "localhost:81".into(), "my.pkg.Service".into()));
    let socket = Endpoint::Socket("/run/app.sock".into());
    assert_eq!(grpc("grpc://%2Frun%2Fapp.sock/a%20b"), (socket, "localhost".into(), "a b".into()));
    assert!(error("grpc://:81 --insecure").contains("an https:// or grpcs:// target, not grpc://"));
    assert!(error("grpc://:81 --status 200").contains("an http:// target, not grpc://"));
}

#[cfg(feature = "tls")]
#[test]
fn reads_the_tls_settings_of_a_grpcs_target() {
    let Target::Builtin(Builtin::Grpc(grpc)) = read("grpcs://[::1]:81 --cacert /ca.pem").target else {
        panic!("this is a gRPC target");
    };
    assert_eq!((grpc.host.as_str(), grpc.authority.as_str()), ("::1", "[::1]:81"));
    assert_eq!(grpc.tls.unwrap().verification, Verification::CaFile("/ca.pem".into()));
}

#[test]
fn finds_the_socket_of_a_service() {
    let socket = |text: &str| service(text).endpoint;
    assert_eq!(socket("redis://%2Frun%2Fredis.sock"), Endpoint::Socket("/run/redis.sock".into()));
    let directory = "/run/postgresql/.s.PGSQL";
    assert_eq!(
        socket("postgres://%2Frun%2Fpostgresql/db"),
        Endpoint::Socket(format!("{directory}.5432").into())
    );
    assert_eq!(
        socket("postgres://u@%2Frun%2Fpostgresql:81"),
        Endpoint::Socket(format!("{directory}.81").into())
    );
}

#[test]
fn does_not_expand_again_what_a_variable_holds() {
    assert_eq!(http("http://h/${NESTED}").request.path, "/${PORT}");
}

#[test]
fn reads_the_checks() {
    let http = http(
        "http://u%40x:p@h/ --status 200-299,401 --contains 'a b' --contains c --method PUT \
         --header 'X-A: b: c' --header 'Host: other' --data '{}' --timeout 2s",
    );
    assert_eq!(http.status.to_string(), "200-299,401");
    assert!(http.status.contains(401) && !http.status.contains(300));
    assert_eq!(http.body, [contains("a b", false), contains("c", false)]);
    assert_eq!((http.request.method.as_str(), http.request.body.as_deref()), ("PUT", Some(b"{}".as_slice())));
    assert_eq!(http.request.host_header, "other");
    let headers: Vec<String> =
        http.request.headers.iter().map(|h| format!("{}: {}", h.name, h.value)).collect();
    assert_eq!(
        headers,
        ["X-A: b: c", "Authorization: Basic dUB4OnA=", "Content-Type: application/x-www-form-urlencoded"]
    );
}

#[test]
fn sends_data_by_post_by_default() {
    assert_eq!(http("http://h/").request.method, "GET");
    assert_eq!(http("http://h/ --data x").request.method, "POST");
}

#[test]
fn encodes_credentials_of_every_length() {
    for (text, encoded) in [("a:", "YTo="), ("a:b", "YTpi"), ("a:bc", "YTpiYw=="), ("a:bcd", "YTpiY2Q=")] {
        let http = http(&format!("http://h/ --basic-auth {text}"));
        assert_eq!(http.request.headers[0].value, format!("Basic {encoded}"));
    }
}

fn contains(text: &str, negated: bool) -> BodyCheck {
    BodyCheck { test: BodyTest::Contains(text.into()), negated }
}

#[test]
fn negates_the_check_after_a_not_and_no_other() {
    let words =
        "http://h/ --contains a --not --status 200 --contains b --match 'c+' --not --json .d[0].\"e\"=f=g";
    let test = JsonTest::parse("d.0.e=f=g").unwrap();
    assert_eq!((&test.path[..], test.value.as_str()), (&["d".into(), "0".into(), "e".into()][..], "f=g"));
    let json = BodyTest::Json(JsonTest { written: ".d[0].e=f=g".into(), ..test });
    let wanted = [
        contains("a", false),
        contains("b", true),
        BodyCheck { test: BodyTest::Match(Pattern::parse("c+").unwrap()), negated: false },
        BodyCheck { test: json, negated: true },
    ];
    assert_eq!(http(words).body, wanted);
}

#[test]
fn compares_a_json_value_by_its_text_or_as_json() {
    let document =
        serde_json::json!({"s": "UP", "n": 1, "t": true, "q": "1", "z": null, "a": [{"b": "x"}, 2]});
    let table = [
        ("s=UP", true),
        ("s=\"UP\"", true),
        ("s=up", false),
        ("s=", false),
        ("n=1", true),
        ("n=2", false),
        ("q=1", true),
        ("t=true", true),
        ("t=True", false),
        ("z=null", true),
        ("a[0].b=x", true),
        ("a.1=2", true),
        ("a[1]=2", true),
        ("a=[{\"b\": \"x\"}, 2]", true),
    ];
    for (text, accepted) in table {
        let test = JsonTest::parse(text).unwrap();
        assert_eq!(test.find(&document).is_some_and(|value| test.accepts(value)), accepted, "{text}");
    }
    for text in ["no=1", "s.x=1", "a[2]=1", "a[-1]=1", "$=1"] {
        assert_eq!(JsonTest::parse(text).unwrap().find(&document), None, "{text}");
    }
}

#[test]
fn finds_a_json_value_by_any_name_and_number() {
    let document = serde_json::json!({
        "a.b": {"c=d": "UP", "[x]": 1}, "status": "UP", "n": 1, "f": 2.0, "big": 9_007_199_254_740_993_u64,
    });
    let table = [
        (r#""a.b"."c=d"=UP"#, true),
        (r#"["a.b"]["c=d"]=UP"#, true),
        (r#".["a.b"]."[x]"=1"#, true),
        ("$.status=UP", true),
        ("status = UP", true),
        (" status= \"UP\" ", true),
        ("n=1.0", true),
        ("f=2", true),
        ("f=2.5", false),
        ("big=9007199254740992", false),
    ];
    for (text, accepted) in table {
        let test = JsonTest::parse(text).unwrap();
        assert_eq!(test.find(&document).is_some_and(|value| test.accepts(value)), accepted, "{text}");
    }
    for text in ["status==UP", "a[0=1", "a]0=1", "a[]=1", "\"a=1", "a.=1", "a\"b\"c", ".=1"] {
        assert!(JsonTest::parse(text).unwrap_err().to_string().contains("is not PATH=VALUE"), "{text}");
    }
}

#[test]
fn a_user_without_a_password_is_sent_with_an_empty_one() {
    // "a:"
    for text in ["http://a@h/", "http://h/ --basic-auth a"] {
        assert_eq!(http(text).request.headers[0].value, "Basic YTo=", "{text}");
    }
}

#[test]
fn reads_a_unix_socket_behind_http() {
    let request = http("http+unix://%2Frun%2Fapp.sock/health?x").request;
    assert_eq!(request.endpoint, Endpoint::Socket("/run/app.sock".into()));
    assert_eq!((request.host_header.as_str(), request.path.as_str()), ("localhost", "/health?x"));
}

#[test]
#[cfg(feature = "tls")]
fn reads_the_tls_settings() {
    let request = http("https://u:p@[::1]/x --cert a.pem").request;
    assert!(request.secure);
    assert_eq!((request.host.as_str(), request.host_header.as_str()), ("::1", "[::1]"));
    let client = ClientCertificate { cert: "a.pem".into(), key: "a.pem".into() };
    assert_eq!(request.tls, Tls { verification: Verification::SystemCas, client: Some(client) });

    let request = http("https://:8443/ --cacert ca.pem --cert a --key b").request;
    assert_eq!((request.host.as_str(), request.host_header.as_str()), ("localhost", "localhost:8443"));
    let client = ClientCertificate { cert: "a".into(), key: "b".into() };
    assert_eq!(
        request.tls,
        Tls { verification: Verification::CaFile("ca.pem".into()), client: Some(client) }
    );

    assert_eq!(http("https://h/ --insecure").request.tls.verification, Verification::Off);
    let env = |name: &str| (name == "SSL_CERT_FILE").then(|| "/ca.pem".to_owned());
    let Target::Builtin(Builtin::Http(http)) = Probe::from_text("https://h/", &env).unwrap().target else {
        panic!("no http");
    };
    assert_eq!(http.request.tls.verification, Verification::CaFile("/ca.pem".into()));
}

#[test]
#[cfg(not(feature = "tls"))]
fn the_slim_build_says_that_it_does_not_support_tls() {
    assert!(error("https://h/").contains("hinit-slim does not support TLS; use hinit instead"));
}

#[test]
fn keeps_credentials_out_of_the_name() {
    assert_eq!(read("http://user:secret@h:81/x@y").name, "http://h:81/x@y");
    assert!(!error("http://%zz:secret@h/").contains("secret"));
    for text in ["http://u:sec/ret@h/", "postgres://u:sec?ret@h/db", "redis://:sec#ret@h"] {
        let error = error(text);
        assert!(error.contains("the password in the URL") && !error.contains("sec"), "{error}");
    }
    assert_eq!(read("http://[::1]/x@y").name, "http://[::1]/x@y");
}

#[test]
fn rejects_an_invalid_check() {
    let table = [
        ("http://h/ --status", "--status"),
        ("http://h/ --status 2xx", "not a list of statuses"),
        ("http://h/ --status 299-200", "not a list of statuses"),
        ("http://h/ --status 99", "not a list of statuses"),
        ("http://h/ --status 200,", "not a list of statuses"),
        ("http://h/ --contains ''", "empty"),
        ("http://h/ --match ''", "--match: the text is empty"),
        ("http://h/ --match 'a('", "--match: 'a(' is not a valid regular expression"),
        ("http://h/ --json status", "--json: 'status' is not PATH=VALUE"),
        ("http://h/ --json a..b=1", "is not PATH=VALUE"),
        ("http://h/ --json =1", "is not PATH=VALUE"),
        ("http://h/ --method HEAD --contains a", "--method HEAD requests no body"),
        ("http://h/ --method HEAD --not --json a=1", "--method HEAD requests no body"),
        ("http://h/ --not", "--not must precede"),
        ("http://h/ --contains a --not", "--not must precede"),
        ("http://h/ --not --not --contains a", "--not is given twice"),
        ("http://h/ --insecure", "--insecure needs an https:// or grpcs:// target, not http://"),
        ("http://h/ --follow --key a", "--key needs --cert"),
        ("http://h/ --follow --insecure --cacert a", "--insecure skips verification"),
        ("tcp://h:1 --cacert a", "--cacert needs an https:// or grpcs:// target"),
        ("tcp://h:1 --follow", "--follow needs an http:// target"),
        ("tcp://h:1 --not", "--not needs an http:// target"),
        ("http://h/ --header nocolon", "NAME: VALUE"),
        ("http://h/ --header 'a b: c'", "NAME: VALUE"),
        ("http://h/ --header 'a: b\rc: d'", "control character"),
        ("http://h/ --host-header 'a\nb'", "control character"),
        ("http://h/ --method 'GET /'", "not an HTTP token"),
        ("http://h/ --timeout 5", "--timeout: '5' is not a duration: the unit is missing"),
        ("http://h/ --timeout 0", "--timeout must be above 0"),
        ("http://h/ --timeout -1s", "negative"),
        ("http://h/ --contain x", "did you mean --contains?"),
        ("http://h/ --frobnicate", "write one of --status, --contains"),
        ("http://h/ --header '${NOPE}: x'", "--header: the variable NOPE is not set"),
        ("http://h/ two", "unexpected argument 'two'"),
        ("http://h/ --status 200 --status 201", "--status"),
        ("tcp://h:1 --status 200", "--status needs an http:// target, not tcp://"),
        ("redis://h --status 200", "--status needs an http:// target, not redis://"),
        ("redis://h --send x", "--send needs a tcp:// or unix:// target, not redis://"),
        ("http://h/ --expect x", "--expect needs a tcp:// or unix:// target, not http://"),
        ("exec:true --expect x", "--expect needs a tcp:// or unix:// target, not exec:"),
        ("file:///a --send x", "--send needs"),
        ("tcp://h:1 --expect ''", "--expect: the text is empty"),
        (r"tcp://h:1 --send '\q'", r"--send: '\q' has an unknown escape"),
        (r"tcp://h:1 --send '\x1'", "unknown escape"),
        (r"tcp://h:1 --send '\x+1'", "unknown escape"),
        (r"tcp://h:1 --send '\'", "unknown escape"),
        ("exec:true --contains x", "--contains needs an http:// target"),
    ];
    for (text, why) in table {
        let error = error(text);
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn splits_a_command_as_a_shell_would_and_runs_none() {
    assert_eq!(exec("exec:true"), ["true"]);
    assert_eq!(exec("exec:'redis-cli -p ${PORT} ping'"), ["redis-cli", "-p", "5500", "ping"]);
    assert_eq!(exec("exec:\"a 'b c' \\$d\" --timeout 1s"), ["a", "b c", "$d"]);
    assert_eq!(exec("'exec:sh -c \"echo ${X#y} $1\"'"), ["sh", "-c", "echo ${X#y} $1"]);
}

#[test]
fn defaults_are_not_nested_without_end() {
    let nested = |depth: usize| format!("http://h/{}x{}", "${A:-".repeat(depth), "}".repeat(depth));
    assert_eq!(http(&nested(8)).request.path, "/x");
    assert!(error(&nested(9)).contains("more than 8 nested defaults"));
    assert!(error(&nested(20_000)).contains("more than 8 nested defaults"));
}

#[test]
fn an_operator_of_the_shell_is_rejected_without_a_shell() {
    for command in ["true && false", "a || exit 1", "a | b", "a; b", "a >/dev/null", "a 2>&1", "sh -c a && b"]
    {
        let error = error(&format!("exec:\"{command}\""));
        assert!(error.contains("which only a shell understands"), "{command}: {error}");
    }
    assert_eq!(exec("'exec:sh -c \"a && b; c\"'"), ["sh", "-c", "a && b; c"]);
    assert_eq!(exec(r#""exec:cut -d '|' -f 1""#), ["cut", "-d", "|", "-f", "1"]);
}

#[test]
fn a_variable_with_spaces_stays_one_word() {
    let env = |_: &str| Some("a b".to_owned());
    let probe = Probe::from_text("exec:'test -f ${X}'", &env).unwrap();
    assert_eq!(probe.target, Target::Exec(vec!["test".into(), "-f".into(), "a b".into()]));
}

#[test]
fn reads_docker_s_two_forms_of_a_command() {
    let words = |text: &str| match Probe::from_command(text).unwrap().target {
        Target::Exec(words) => words,
        other => panic!("{other:?}"),
    };
    assert_eq!(words("curl -f $URL || exit 1"), ["/bin/sh", "-c", "curl -f $URL || exit 1"]);
    assert_eq!(words("[ -f /ready ]"), ["/bin/sh", "-c", "[ -f /ready ]"]);
    assert_eq!(words("[1]"), ["/bin/sh", "-c", "[1]"]);
    assert_eq!(words(r#"["pg_isready", "-U", "$X"]"#), ["pg_isready", "-U", "$X"]);
    assert_eq!(words(r#"["CMD", "a"]"#), ["a"]);
    assert_eq!(words(r#"["CMD-SHELL", "a b"]"#), ["/bin/sh", "-c", "a b"]);
    assert_eq!(words("CMD curl -f $URL || exit 1"), ["/bin/sh", "-c", "curl -f $URL || exit 1"]);
    assert_eq!(words(r#" CMD ["a", "b"]"#), ["a", "b"]);
    for text in ["", "  ", "CMD ", "[]", r#"["CMD"]"#, r#"[""]"#, "a\0b"] {
        assert!(Probe::from_command(text).is_err(), "{text:?}");
    }
    for (text, why) in [
        ("NONE", "write --no-healthcheck"),
        (r#"["curl", "-f",]"#, "no comma at the end"),
        ("CMD ['curl']", "double quotes"),
    ] {
        let error = Probe::from_command(text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_rejected_in_one_line(text in ".*", checks in "( --[a-z]{1,8} [^ ]{0,8}){0,3}") {
        for text in [text.clone(), format!("http://{text}{checks}"), format!("tcp://{text}{checks}"), format!("file://{text}"), format!("redis://{text}"), format!("exec:{text}")] {
            if let Err(error) = Probe::from_text(&text, &env) {
                let line = error.to_string();
                proptest::prop_assert!(!line.is_empty() && !line.contains(char::is_control), "{line:?}");
            }
            let _ = Probe::from_command(&text);
        }
    }
}
