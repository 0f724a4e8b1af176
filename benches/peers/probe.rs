//! CPU of one health probe: hinit's own beside curl's, on the same server.

use crate::subject::Subject;
use crate::table::median;
use crate::{Outcome, start};
use hinit::testing::sys::process::{Ending, Side, fork, leave, wait_for};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

/// In each round, of each prober.
pub(crate) const PROBES: usize = 200;
/// So many probes take some seconds; who needs longer has failed.
const LIMIT: Duration = Duration::from_secs(60);
pub(crate) const ROUNDS: usize = 7;

/// Who asks the server.
pub(crate) enum Prober<'a> {
    /// A hinit with a health check, as PID 1 where that can be.
    Init(&'a Subject),
    /// The least that a probe in a process of its own can cost here: a fork that
    /// connects, asks and reads, and judges nothing.
    Fork,
    Curl,
}

/// For each prober the median of the rounds, in milliseconds of CPU of one probe.
/// Interleaved: each round has all of them, one after another.
pub(crate) fn measure(probers: &[Prober<'_>], server: &Server) -> Outcome<Vec<f64>> {
    let mut costs = vec![Vec::new(); probers.len()];
    for _ in 0..ROUNDS {
        for (prober, costs) in probers.iter().zip(&mut costs) {
            costs.push(prober.cost(server)?);
        }
    }
    Ok(costs.into_iter().map(median).collect())
}

impl Prober<'_> {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Init(hinit) => format!("{}, built-in HTTP", hinit.name),
            Self::Fork => "a fork that only asks".into(),
            Self::Curl => "curl -fsS".into(),
        }
    }

    fn cost(&self, server: &Server) -> Outcome<f64> {
        match self {
            Self::Init(hinit) => by_init(hinit, server),
            Self::Fork => by_fork(server),
            Self::Curl => by_curl(server),
        }
    }
}

/// Answers every request at once, and counts them.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let server = Self { address: listener.local_addr()?, requests: Arc::default() };
        let requests = Arc::clone(&server.requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that went away is not counted.
                if answer(stream).is_ok() {
                    requests.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/health", self.address)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn wait_for(&self, requests: usize, limit: Duration) -> Outcome<()> {
        let limit = Instant::now() + limit;
        while self.requests() < requests {
            if Instant::now() > limit {
                return Err("hinit does not probe".into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let _ = stream.read(&mut [0; 4096])?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
}

/// A run with probes, less one without: PID 1's own share is in it.
fn by_init(hinit: &Subject, server: &Server) -> Outcome<f64> {
    let idle = cpu_of_run(hinit, &[], || Ok(()))?;
    let before = server.requests();
    let url = server.url();
    let flags = ["--health", &url, "--any-listener", "--health-interval", "20ms"];
    let probing = cpu_of_run(hinit, &flags, || server.wait_for(before + PROBES, LIMIT))?;
    Ok(each(probing - idle, server.requests() - before))
}

/// The word with which this benchmark starts itself as [`be_the_floor`].
pub(crate) const FLOOR: &str = "floor";

fn by_fork(server: &Server) -> Outcome<f64> {
    let before = children_cpu()?;
    let mut floor = Command::new(std::env::current_exe()?);
    if !floor.args([FLOOR, &server.address.to_string()]).status()?.success() {
        return Err("a bare fork gets no answer".into());
    }
    Ok(each(children_cpu()? - before, PROBES))
}

pub(crate) fn be_the_floor(address: &str) -> Outcome<()> {
    for _ in 0..PROBES {
        // As between two probes: the others run meanwhile.
        thread::sleep(Duration::from_millis(10));
        // SAFETY: nothing here starts a thread.
        match unsafe { fork() }? {
            Side::Child => leave(i32::from(ask(address).is_err())),
            Side::Parent(pid) if wait_for(pid) == Some(Ending::Exited(0)) => {}
            Side::Parent(_) => return Err("no answer".into()),
        }
    }
    Ok(())
}

fn ask(address: &str) -> io::Result<usize> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    stream.read(&mut [0; 4096])
}

fn by_curl(server: &Server) -> Outcome<f64> {
    let before = children_cpu()?;
    for _ in 0..PROBES {
        let mut curl = Command::new("curl");
        start::silence(&mut curl);
        let status = curl.args(["-fsS", "-o", "/dev/null", &server.url()]).status()?;
        if !status.success() {
            return Err(format!("curl: {status}").into());
        }
    }
    Ok(each(children_cpu()? - before, PROBES))
}

#[allow(clippy::cast_precision_loss, reason = "some hundred probes")]
fn each(milliseconds: f64, probes: usize) -> f64 {
    milliseconds / probes as f64
}

/// Milliseconds of CPU of a run that is stopped after `wait`.
fn cpu_of_run(hinit: &Subject, flags: &[&str], wait: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let before = children_cpu()?;
    let mut child = start::spawn(hinit, flags, &["sleep", "600"], start::can_be_first())?;
    let waited = start::wait_for_app(&child).and_then(|()| wait());
    start::stop(&mut child)?;
    waited?;
    Ok(children_cpu()? - before)
}

/// Of all children waited for so far, and of theirs, in milliseconds.
fn children_cpu() -> Outcome<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let total = usage.user_time() + usage.system_time();
    #[allow(clippy::cast_precision_loss, reason = "microseconds of CPU of one run")]
    Ok(total.num_microseconds() as f64 / 1e3)
}
