//! A real terminal: what a person types goes in, what they see comes out.

use super::{Builder, LIMIT, until};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What could be seen, read in the background until the window is closed.
#[derive(Debug)]
struct Screen {
    text: Arc<Mutex<Vec<u8>>>,
    open: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Screen {
    fn of(mut terminal: File) -> Self {
        let (text, open) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(true)));
        let (shared, still_open) = (Arc::clone(&text), Arc::clone(&open));
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while still_open.load(Ordering::SeqCst) {
                if !has_input(&terminal) {
                    continue;
                }
                let Ok(length @ 1..) = terminal.read(&mut buffer) else { return };
                shared.lock().expect("no reader panics").extend_from_slice(&buffer[..length]);
            }
        });
        Self { text, open, reader: Some(reader) }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().expect("no reader panics")).into_owned()
    }

    fn close(&mut self) {
        self.open.store(false, Ordering::SeqCst);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader ends");
        }
    }
}

/// Waits a little for input.
fn has_input(terminal: &File) -> bool {
    let mut poll = libc::pollfd { fd: terminal.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid pollfd.
    unsafe { libc::poll(&raw mut poll, 1, 20) == 1 }
}

/// A program that leads a session on a terminal of its own.
#[derive(Debug)]
pub struct OnTerminal {
    child: Child,
    /// None after the person has closed the window.
    keyboard: Option<File>,
    screen: Screen,
}

impl Builder {
    /// Starts it as the leader of a session on a new terminal, with all of
    /// stdio on it.
    pub fn on_terminal(mut self) -> OnTerminal {
        let (keyboard, line) = open();
        let copy = || Stdio::from(line.try_clone().expect("a copy of the terminal"));
        let (input, output, errors) = (self.stdin_or(copy()), copy(), copy());
        let mut command = self.plain_command();
        command.stdin(input).stdout(output).stderr(errors);
        let child = self.leading_a_session().command(command).spawn_command().expect("it starts");
        drop(line);
        let screen = Screen::of(keyboard.try_clone().expect("a copy of the terminal"));
        OnTerminal { child, keyboard: Some(keyboard), screen }
    }
}

/// Both ends, closed on exec from the first moment on: another test may fork
/// at any time, and a window is closed only when nobody holds it.
fn open() -> (File, OwnedFd) {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: system calls on numbers only; what they return is new and owned
    // by nothing else.
    unsafe {
        let master = File::from_raw_fd(valid(libc::posix_openpt(flags)));
        valid(libc::grantpt(master.as_raw_fd()));
        valid(libc::unlockpt(master.as_raw_fd()));
        let line = valid(libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags));
        (master, OwnedFd::from_raw_fd(line))
    }
}

fn valid(result: libc::c_int) -> libc::c_int {
    assert!(result >= 0, "no pseudo-terminal: {}", io::Error::last_os_error());
    result
}

/// Leads a session whose terminal is the one on stderr.
pub(super) fn lead_session() -> io::Result<()> {
    // SAFETY: system calls only.
    let done = unsafe {
        libc::setsid();
        libc::ioctl(libc::STDERR_FILENO, libc::TIOCSCTTY, 0)
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

impl OnTerminal {
    /// Types this; `^C` is `\x03`, `^Z` is `\x1a`.
    pub fn types(&mut self, text: &str) -> &mut Self {
        let keyboard = self.keyboard.as_mut().expect("the window is open");
        keyboard.write_all(text.as_bytes()).expect("the terminal takes it");
        self
    }

    /// Waits until this can be seen.
    pub fn shows(&mut self, text: &str) -> &mut Self {
        self.shows_times(text, 1)
    }

    /// Waits until this can be seen so many times.
    pub fn shows_times(&mut self, text: &str, times: usize) -> &mut Self {
        let start = Instant::now();
        while self.screen.so_far().matches(text).count() < times {
            let seen = self.screen.so_far();
            assert!(start.elapsed() < LIMIT, "'{text}' was not shown {times} times:\n{seen}");
            thread::sleep(Duration::from_millis(2));
        }
        self
    }

    /// What could be seen until now.
    pub fn seen(&self) -> String {
        self.screen.so_far()
    }

    /// Makes the window larger or smaller.
    pub fn resize(&mut self, rows: u16, columns: u16) -> &mut Self {
        let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let keyboard = self.keyboard.as_ref().expect("the window is open");
        // SAFETY: `size` is what TIOCSWINSZ reads.
        let done = unsafe { libc::ioctl(keyboard.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(done, 0, "no new size: {}", io::Error::last_os_error());
        self
    }

    /// Closes the window: the terminal hangs up.
    pub fn close(&mut self) -> &mut Self {
        self.keyboard = None;
        self.screen.close();
        self
    }

    /// The pid of what was started.
    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Whether it has ended by now.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_some()
    }

    /// Waits for the end, and gives the exit code.
    pub fn wait(mut self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        let status = until("it ends", || self.child.try_wait().expect("it can be waited for"));
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
    }
}
