//! The three clients, and the server that they ask.

use crate::{servers, skipped};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, thread};
use ureq::Agent;

/// How many URLs one curl is given.
const URLS: usize = 100;

/// What a client makes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accepted {
        status: u16,
        body: Vec<u8>,
    },
    /// A status above 599, which no probe can expect: the body was not looked at.
    Unchecked {
        status: u16,
    },
    /// Why, without what differs from answer to answer.
    Rejected(String),
}

/// An oracle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    Ureq,
    Curl,
}

/// Sends the answer whose number is the path of the request, and then nothing any more.
pub fn serve(answers: Vec<Vec<u8>>) -> u16 {
    let (listener, answers) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(answers));
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = Arc::clone(&answers);
            thread::spawn(move || send(stream, &answers));
        }
    });
    port
}

fn send(mut stream: TcpStream, answers: &[Vec<u8>]) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request);
    let path = request.split(' ').nth(1).unwrap_or_default();
    let Ok(number) = path.trim_start_matches('/').parse::<usize>() else { return };
    let _ = stream.write_all(&answers[number]);
    let _ = stream.shutdown(Shutdown::Write);
    servers::hold(stream);
}

fn url(port: u16, number: usize) -> String {
    format!("http://127.0.0.1:{port}/{number}")
}

/// hinit, with a check that needs the whole body.
pub fn own(port: u16, number: usize) -> Verdict {
    let url = url(port, number);
    let look = |check: &str| servers::look(&format!("{url} --status 100-599 {check}"), servers::GENEROUS);
    let verdict = look("--match ^");
    let Some(status) = verdict.reason.strip_prefix(&format!("{url} answered ")).and_then(status_of) else {
        return Verdict::Rejected(kind(&verdict.reason, &url));
    };
    if status > 599 {
        return Verdict::Unchecked { status };
    }
    if !verdict.healthy {
        return Verdict::Rejected(kind(&verdict.reason, &url));
    }
    // A check that always fails quotes the body.
    let quoted = look("--match '$.^'").reason;
    let body = quoted.split_once("does not match '$.^': ").map_or("", |(_, body)| body);
    Verdict::Accepted { status, body: normal(&unescaped(body)) }
}

fn status_of(text: &str) -> Option<u16> {
    text.get(..3)?.parse().ok()
}

/// A reason without the answer's own words.
fn kind(reason: &str, url: &str) -> String {
    let reason = reason.replace(url, "");
    let reason = reason.split_once(", but ").map_or(reason.as_str(), |(_, why)| why);
    reason.split(": '").next().unwrap_or_default().trim().to_owned()
}

impl Client {
    /// Its verdict on each of so many answers; none if it is not installed.
    pub fn verdicts(self, port: u16, count: usize) -> Option<Vec<Verdict>> {
        match self {
            Self::Ureq => {
                let agent = ureq_agent();
                Some((0..count).map(|number| ureq(&agent, &url(port, number))).collect())
            }
            Self::Curl => curl(port, count),
        }
    }
}

fn ureq_agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_idle_connections(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .proxy(None)
        .build()
        .new_agent()
}

fn ureq(agent: &Agent, url: &str) -> Verdict {
    let read = || -> Result<Verdict, ureq::Error> {
        let mut response = agent.get(url).call()?;
        let body = response.body_mut().read_to_vec()?;
        Ok(Verdict::Accepted { status: response.status().as_u16(), body: normal(&body) })
    };
    read().unwrap_or_else(|error| Verdict::Rejected(without_details(&error.to_string())))
}

/// Without numbers and what stands in quotes.
fn without_details(text: &str) -> String {
    let text = text.split('\'').step_by(2).collect::<Vec<_>>().join("''");
    text.chars().filter(|char| !char.is_ascii_digit()).collect::<String>().trim().to_owned()
}

fn curl(port: u16, count: usize) -> Option<Vec<Verdict>> {
    if Command::new("curl").arg("--version").output().is_err() {
        skipped::skip("the oracle curl", "it is not installed");
        return None;
    }
    let directory = Directory::new();
    let mut verdicts = Vec::new();
    while verdicts.len() < count {
        let numbers = verdicts.len()..count.min(verdicts.len() + URLS);
        verdicts.extend(curl_for(port, numbers, &directory));
    }
    Some(verdicts)
}

/// Some errors make curl leave the other URLs out; at least the first one is answered.
fn curl_for(port: u16, numbers: Range<usize>, directory: &Directory) -> Vec<Verdict> {
    let mut curl = Command::new("curl");
    curl.args([
        "-q",
        "-s",
        "--noproxy",
        "*",
        "--max-time",
        "60",
        "-w",
        "%{exitcode} %{http_code} %{errormsg}\\n",
    ]);
    for number in numbers.clone() {
        curl.arg("-o").arg(directory.file(number)).arg(url(port, number));
    }
    let output = String::from_utf8(curl.output().unwrap().stdout).unwrap();
    assert!(!output.is_empty(), "curl says nothing about {numbers:?}");
    output.lines().zip(numbers).map(|(line, number)| curl_verdict(line, &directory.file(number))).collect()
}

fn curl_verdict(line: &str, file: &PathBuf) -> Verdict {
    let mut parts = line.splitn(3, ' ');
    let [code, status, message] = [(); 3].map(|()| parts.next().unwrap_or_default());
    if code == "0" {
        let body = normal(&fs::read(file).unwrap_or_default());
        return Verdict::Accepted { status: status.parse().unwrap(), body };
    }
    Verdict::Rejected(format!("({code}) {}", without_details(message)))
}

/// A body as hinit quotes it.
fn normal(body: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(body).trim().as_bytes().to_vec()
}

/// What a reason has escaped, in the shape of `char::escape_debug`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match (char, rest.clone().next()) {
            ('\\', Some(escape)) => {
                rest.next();
                match escape {
                    'n' => plain.push('\n'),
                    'r' => plain.push('\r'),
                    't' => plain.push('\t'),
                    'u' => {
                        let code: String = rest.by_ref().take_while(|char| *char != '}').skip(1).collect();
                        plain.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                    }
                    other => _ = plain.write_char(other),
                }
            }
            _ => plain.push(char),
        }
    }
    plain.into_bytes()
}

/// Where curl writes; removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("hinit-oracles-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, number: usize) -> PathBuf {
        self.0.join(number.to_string())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
