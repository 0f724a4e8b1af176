//! The databases' own clients, as far as they ask "are you ready?".

use super::{arguments, foreign, seconds};
use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::Probe;
use crate::lab::explain::shell::Simple;
use crate::lab::explain::shell::word::Why;

type Found = Result<Vec<Probe>, Why>;

const INIT_SOCKET: &str = "without a host it asks the unix socket, which answers already while the image's init scripts run; TCP does not";

/// Options with a value, of a client that takes `-h host`, `-hhost`, `--host host` and `--host=host`.
struct Options<'a> {
    /// Short and long name.
    with_value: &'a [(&'a str, &'a str)],
}

/// What a client was told: the values by long name, and the other words.
struct Told {
    values: Vec<(String, String)>,
    words: Vec<String>,
}

impl Options<'_> {
    fn read(&self, words: &[String]) -> Told {
        let mut told = Told { values: Vec::new(), words: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match self.option(word) {
                Some((name, Some(value))) => told.values.push((name, value)),
                Some((name, None)) => told.values.push((name, words.next().cloned().unwrap_or_default())),
                None if word.starts_with('-') => {}
                None => told.words.push(word.clone()),
            }
        }
        told
    }

    fn option(&self, word: &str) -> Option<(String, Option<String>)> {
        self.with_value.iter().find_map(|(short, long)| {
            let value = if let Some(rest) = word.strip_prefix("--") {
                rest.strip_prefix(long).filter(|rest| rest.is_empty() || rest.starts_with('='))?
            } else {
                word.strip_prefix('-')?.strip_prefix(short).filter(|_| !short.is_empty())?
            };
            let value = value.strip_prefix('=').unwrap_or(value);
            Some(((*long).to_owned(), (!value.is_empty()).then(|| value.to_owned())))
        })
    }
}

impl Told {
    fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `postgres://host:port`; a unix socket's directory and `localhost` are this container.
    fn target(&self, scheme: &str, port: &str) -> String {
        let host = self.get("host").filter(|host| !host.starts_with('/')).unwrap_or_default();
        format!("{scheme}://{host}:{}", self.get("port").unwrap_or(port))
    }
}

/// `pg_isready -U app -d app`: user and database do not matter to it.
pub(super) fn pg_isready(words: &[String], notes: &mut Vec<String>) -> Probe {
    let options = Options {
        with_value: &[("h", "host"), ("p", "port"), ("U", "username"), ("d", "dbname"), ("t", "timeout")],
    };
    let told = options.read(words);
    let target = match told.get("dbname").and_then(place_of_url) {
        Some(place) => format!("postgres://{place}"),
        None => told.target("postgres", "5432"),
    };
    if target.starts_with("postgres://:") {
        add(notes, INIT_SOCKET);
    }
    let probe = Probe::new(target);
    match told.get("timeout").and_then(seconds) {
        Some(limit) => probe.with("timeout", limit),
        None => probe,
    }
}

/// Host and port of `postgres://user:password@host:5432/db`.
fn place_of_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
    let authority = rest.split(['/', '?']).next()?;
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    Some(if place.contains(':') { place.to_owned() } else { format!("{place}:5432") })
}

/// `redis-cli -a secret ping`.
pub(super) fn redis(program: &str, simple: &Simple, notes: &mut Vec<String>) -> Found {
    let options = Options {
        with_value: &[("h", "host"), ("p", "port"), ("a", "pass"), ("", "user"), ("n", "n"), ("s", "s")],
    };
    let arguments = arguments(simple)?;
    if arguments.iter().any(|word| word == "--tls") {
        return Err(format!("{program} asks by TLS; redis:// is plain"));
    }
    let told = options.read(&arguments);
    let words: Vec<String> = told.words.iter().map(|word| word.to_ascii_lowercase()).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ping"] => {}
        ["incr", "ping"] => {
            add(
                notes,
                format!("{program} incr ping does not ping: it counts up a key named ping, in the database"),
            );
        }
        [] => add(notes, format!("{program} without a command reads stdin, finds nothing and says nothing")),
        _ => {
            return Ok(vec![foreign::probe(
                simple,
                &format!("hinit asks for no other command than PING ({program})"),
            )]);
        }
    }
    if told.get("s").is_some() {
        return Err(format!("{program} asks a unix socket; redis:// is TCP"));
    }
    add(notes, format!("{program} exits 0 also for an error reply such as LOADING; redis:// wants it ready"));
    Ok(vec![Probe::new(told.target("redis", "6379"))])
}

/// `mysqladmin ping -h localhost -uroot -psecret`: access denied is alive, too.
pub(super) fn mysqladmin(simple: &Simple, notes: &mut Vec<String>) -> Probe {
    let options = Options {
        with_value: &[("h", "host"), ("P", "port"), ("u", "user"), ("", "protocol"), ("S", "socket")],
    };
    // The password may follow -p in the same word only, so it is never a value of its own.
    let told = options.read(&words_without_failing(simple));
    if !told.words.iter().any(|word| word == "ping") {
        return foreign::probe(simple, "it asks mysqladmin for something else than ping");
    }
    let local = told.get("host").is_none_or(|host| host == "localhost") && told.get("protocol").is_none();
    if local {
        add(
            notes,
            "localhost is the unix socket for it, which answers already while the image's init scripts run; TCP does not",
        );
    }
    Probe::new(told.target("mysql", "3306"))
}

/// The words; one that only a shell can expand, as a password may be, is empty.
fn words_without_failing(simple: &Simple) -> Vec<String> {
    simple.words.iter().skip(1).map(|word| word.in_hinit().unwrap_or_else(|_| "-".into())).collect()
}

/// `mongosh --eval "db.adminCommand('ping')"`.
pub(super) fn mongosh(simple: &Simple) -> Found {
    let options = Options {
        with_value: &[
            ("", "host"),
            ("", "port"),
            ("u", "username"),
            ("p", "password"),
            ("", "eval"),
            ("", "authenticationDatabase"),
        ],
    };
    let told = options.read(&arguments(simple)?);
    let script: String =
        told.get("eval").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    let pings =
        ["'ping'", "\"ping\"", "ping:1"].iter().any(|form| script.contains(form)) && script.len() < 60;
    if !pings {
        return Ok(vec![foreign::probe(simple, foreign::MONGO)]);
    }
    let target = match told.words.first() {
        Some(place) => format!(
            "mongodb://{}",
            place.trim_start_matches("mongodb://").split('/').next().unwrap_or_default()
        ),
        None => told.target("mongodb", "27017"),
    };
    Ok(vec![Probe::new(target)])
}

/// `rabbitmq-diagnostics -q ping`.
pub(super) fn rabbitmq(simple: &Simple, notes: &mut Vec<String>) -> Found {
    let words = arguments(simple)?;
    if !words.iter().any(|word| word == "ping" || word == "check_port_connectivity") {
        return Ok(vec![foreign::probe(simple, "it asks RabbitMQ's own nodes for more than a ping")]);
    }
    add(
        notes,
        "rabbitmq-diagnostics starts an Erlang node for each look; amqp:// asks the listener clients use",
    );
    Ok(vec![Probe::new("amqp://:5672")])
}
