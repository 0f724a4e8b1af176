//! A small web app to try hinit on: one process, a thread for each connection,
//! nothing but the standard library and signal-hook.
//!
//! - `GET /health` answers `ok`, `GET /` says hello;
//! - `GET /hang` makes every later health request wait without an answer, as a
//!   deadlocked app would, until `GET /resume` or SIGUSR1;
//! - SIGTERM and SIGINT finish the requests under way and exit 0.
//!
//! It listens on `$BIND:$PORT`, by default 127.0.0.1:8080. With the argument
//! `--free-port` it only prints a port that is free and exits.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, thread};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::low_level::pipe;

/// How long one request may take to arrive, and the last ones to be answered.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let run = if env::args().any(|arg| arg == "--free-port") { print_free_port } else { serve };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("cannot serve: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let app = Arc::new(App::default());
    let stop = signals(&[SIGTERM, SIGINT])?;
    resume_on(signals(&[SIGUSR1])?, Arc::clone(&app));
    let listener = TcpListener::bind(address())?;
    say(&format!("listening on {}", listener.local_addr()?));
    accept(listener, Arc::clone(&app));
    next_signal(&stop)?;
    say("stopping: finishing the requests under way");
    app.set_hanging(false);
    app.wait_until_idle();
    say("stopped");
    Ok(())
}

fn print_free_port() -> io::Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    writeln!(io::stdout(), "{port}")
}

fn address() -> String {
    let bind = env::var("BIND").unwrap_or_else(|_| "127.0.0.1".into());
    let port = env::var("PORT").unwrap_or_else(|_| "8080".into());
    format!("{bind}:{port}")
}

/// A stream that yields one byte for each of these signals.
fn signals(numbers: &[i32]) -> io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    for number in numbers {
        pipe::register(*number, write.try_clone()?)?;
    }
    Ok(read)
}

fn next_signal(mut stream: &UnixStream) -> io::Result<()> {
    stream.read_exact(&mut [0])
}

fn resume_on(signal: UnixStream, app: Arc<App>) {
    thread::spawn(move || {
        while next_signal(&signal).is_ok() {
            say("SIGUSR1: answering health requests again");
            app.set_hanging(false);
        }
    });
}

fn accept(listener: TcpListener, app: Arc<App>) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let app = Arc::clone(&app);
            app.change(|state| state.requests += 1);
            thread::spawn(move || {
                // A client that went away is no concern of the app's.
                let _ = app.answer(&stream);
                app.change(|state| state.requests -= 1);
            });
        }
    });
}

#[derive(Default)]
struct App {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    hanging: bool,
    requests: usize,
}

impl App {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, edit: impl FnOnce(&mut State)) {
        edit(&mut self.lock());
        self.changed.notify_all();
    }

    fn set_hanging(&self, hanging: bool) {
        self.change(|state| state.hanging = hanging);
    }

    fn wait_while_hanging(&self) {
        drop(self.changed.wait_while(self.lock(), |state| state.hanging));
    }

    fn wait_until_idle(&self) {
        drop(self.changed.wait_timeout_while(self.lock(), PATIENCE, |state| state.requests > 0));
    }

    fn answer(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let path = read_path(stream)?;
        let (status, body) = self.route(&path);
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        let mut stream = stream;
        stream.write_all(format!("{head}{body}").as_bytes())
    }

    fn route(&self, path: &str) -> (&'static str, &'static str) {
        match path {
            "/" => ("200 OK", "hello from the example\n"),
            "/health" => {
                self.wait_while_hanging();
                ("200 OK", "ok\n")
            }
            "/hang" => {
                say("told to hang: health requests wait from now on");
                self.set_hanging(true);
                ("200 OK", "hanging\n")
            }
            "/resume" => {
                say("told to resume: answering health requests again");
                self.set_hanging(false);
                ("200 OK", "resumed\n")
            }
            _ => ("404 Not Found", "not found\n"),
        }
    }
}

/// Reads one request's head and returns its path without the query.
fn read_path(stream: &TcpStream) -> io::Result<String> {
    let mut lines = BufReader::new(stream.take(16 * 1024)).lines();
    let request = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let target = request.split(' ').nth(1).unwrap_or("/");
    Ok(target.split('?').next().unwrap_or("/").to_owned())
}

/// One log line; a closed stdout is no reason to stop serving.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "web: {line}");
}
