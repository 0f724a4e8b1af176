//! The check that is proposed for an image without one.

use super::base_image;
use super::image::{Image, Located};
use super::notes::{Notes, Reason};
use super::probe_command::ProbeCommand;
use super::rules::Rule;

/// A target, and what it was inferred from.
struct Guess {
    target: String,
    line: Option<usize>,
    from: String,
}

/// The probe, or why none can be proposed.
pub(super) fn probe(image: &Image, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    notes.add(Rule::NoHealthCheck, "the image has no HEALTHCHECK; the new lines are a proposal");
    note_root(image, notes);
    let guess = guess(image).ok_or(
        "nothing says where the app listens: there is no EXPOSE, and no port in CMD; see hinit probe --help",
    )?;
    let Guess { target, line, from } = &guess;
    notes.add_at(Rule::GuessedTarget, *line, format!("{from}: {}", hint(target)));
    let mut probe = ProbeCommand::new(target);
    if target.starts_with("https://") {
        probe.flag("insecure");
    }
    probe.validate().map(|()| probe)
}

/// What the author has to decide.
fn hint(target: &str) -> String {
    match target.split_once("://") {
        Some(("http" | "https", rest)) => {
            let port = rest.trim_end_matches('/');
            format!(
                "name a path that says more than /, such as /health; tcp://{port} if it is no HTTP server"
            )
        }
        Some(("tcp", _)) => "a connection shows only that something listens".to_owned(),
        Some((scheme, _)) => format!("{scheme}:// is the protocol of that port"),
        None => "check that this is the app's target".to_owned(),
    }
}

fn note_root(image: &Image, notes: &mut Notes) {
    let user = image.user.as_ref();
    let is_root = |value: &str| ["root", "0"].contains(&value.split(':').next().unwrap_or_default());
    if user.is_none_or(|user| is_root(&user.value)) {
        let note = "no USER: the app runs as root unless the base image has one; --user NAME in the PID 1 line drops to it";
        notes.add_at(Rule::RunsAsRoot, user.map(|user| user.line), note);
    }
}

/// From EXPOSE, from what is known of the base image, from the command, from
/// `ENV PORT`.
fn guess(image: &Image) -> Option<Guess> {
    let base = image.base.as_ref();
    let known = base.and_then(|base| base_image::target(&base.value));
    exposed(image, known)
        .or_else(|| {
            let Located { line, value } = base?;
            Some(Guess { target: known?.to_owned(), line: Some(*line), from: value.clone() })
        })
        .or_else(|| in_command(image))
        .or_else(|| in_environment(image))
}

/// The first port that has a protocol of its own, else the first one.
fn exposed(image: &Image, known: Option<&str>) -> Option<Guess> {
    let ports = &image.exposed;
    let port = ports.iter().find(|port| !target(&port.value).starts_with("tcp:")).or(ports.first())?;
    let is_known = |target: &&str| target.trim_end_matches('/').ends_with(&format!(":{}", port.value));
    let target = known.filter(is_known).map_or_else(|| target(&port.value), str::to_owned);
    Some(Guess { target, line: Some(port.line), from: format!("EXPOSE {}", port.value) })
}

fn in_command(image: &Image) -> Option<Guess> {
    let programs = [("CMD", &image.command), ("ENTRYPOINT", &image.entrypoint)];
    programs.into_iter().find_map(|(from, program)| {
        let program = program.as_ref()?;
        let port = port_in(&program.value.words()?)?;
        Some(Guess { target: target(&port), line: Some(program.line), from: format!("{from}, port {port}") })
    })
}

fn in_environment(image: &Image) -> Option<Guess> {
    image.variable("PORT").filter(|port| is_port(port))?;
    Some(Guess { target: target("${PORT}"), line: None, from: "ENV PORT".to_owned() })
}

/// `--port 8000`, `--port=8000`, `--bind 0.0.0.0:8000`, `:8000`.
fn port_in(words: &[String]) -> Option<String> {
    const OPTIONS: [&str; 5] = ["--port", "--http-port", "--server.port", "-p", "--PORT"];
    let followed = words.windows(2).find_map(|pair| match pair {
        [option, port] if OPTIONS.contains(&option.as_str()) && is_port(port) => Some(port.clone()),
        _ => None,
    });
    followed.or_else(|| words.iter().find_map(|word| port_of_word(word)))
}

fn port_of_word(word: &str) -> Option<String> {
    const ANY_ADDRESS: [&str; 5] = ["", "0.0.0.0", "127.0.0.1", "localhost", "[::]"];
    let (option, value) = word.rsplit_once('=').unwrap_or(("", word));
    if option.to_ascii_lowercase().ends_with("port") && is_port(value) {
        return Some(value.to_owned());
    }
    let (host, port) = value.rsplit_once(':')?;
    (ANY_ADDRESS.contains(&host) && is_port(port)).then(|| port.to_owned())
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// The target on a port by its number; HTTP unless another protocol has it.
fn target(port: &str) -> String {
    /// Of protocols that hinit does not speak.
    const OTHER: [u16; 22] = [
        21, 22, 25, 53, 110, 143, 389, 465, 587, 636, 853, 993, 995, 1433, 1521, 1883, 2181, 4222, 5222,
        8883, 9042, 9092,
    ];
    match port.parse() {
        Ok(5432) => format!("postgres://:{port}"),
        Ok(3306) => format!("mysql://:{port}"),
        Ok(6379) => format!("redis://:{port}"),
        Ok(27017) => format!("mongodb://:{port}"),
        Ok(5672) => format!("amqp://:{port}"),
        Ok(11211) => format!("memcached://:{port}"),
        Ok(50051) => format!("grpc://:{port}"),
        Ok(443 | 8443) => format!("https://:{port}/"),
        Ok(other) if OTHER.contains(&other) => format!("tcp://:{port}"),
        _ => format!("http://:{port}/"),
    }
}
