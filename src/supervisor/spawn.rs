//! Starting the app: everything is prepared before the fork, and the parent
//! learns from a pipe whether the exec worked.

use super::apart::Apart;
use super::words;
use crate::before::{Setup, sockets};
use crate::error::{Error, Result};
use crate::plan::{App, Isolation, Manner};
use crate::sys::exec::{Words, become_program, word};
use crate::sys::process::{self, Side};
use crate::sys::signals::Inherited;
use crate::sys::terminal::Terminal;
use crate::sys::{Pid, clock, fds};
use log::warn;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// Docker's own default, for an environment without `PATH`.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An environment: names and values in order.
pub type Environment = Vec<(OsString, OsString)>;

/// A program that is ready to be executed in a forked child: where it may be
/// is looked up there, with memory that PID 1 then never had.
#[derive(Debug)]
pub struct Program {
    name: OsString,
    /// The `PATH` to look it up in; none if its name is a path.
    search: Option<OsString>,
    argv: Words,
    envp: Words,
    setup: Setup,
    isolation: Isolation,
}

/// Why the app could not be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The exit code, by the plan's manner.
    pub code: i32,
    /// The line for the user.
    pub error: Error,
    /// No process could be made, which may pass: a limit on pids or memory.
    pub is_shortage: bool,
}

impl Program {
    /// The app, to be looked up in its own environment's `PATH`.
    ///
    /// # Errors
    /// The name is empty, or a word holds a NUL.
    pub fn new(app: &App, environment: &Environment) -> Result<Self> {
        if app.program.is_empty() {
            return Err(Error::new(
                "the program's name is empty; an unset variable in the command line leaves it so",
            ));
        }
        let by_path = app.program.as_bytes().contains(&b'/');
        let search = (!by_path).then(|| search_path(environment));
        build(app, environment, search).map_err(|_| Error::new("a word of the command line holds a NUL byte"))
    }

    /// The same with something to do in its own process before the exec.
    #[must_use]
    pub fn with_setup(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }

    /// What its own process has to do before [`Self::execute`].
    ///
    /// # Errors
    /// As for [`Setup::apply`].
    pub fn set_up(&self) -> io::Result<()> {
        self.setup.apply()
    }

    /// Becomes the program. Comes back only if that failed, with the reason
    /// that execvp(3) would give: EACCES if one candidate could not be
    /// executed and none was better.
    pub fn execute(&self) -> io::Error {
        let mut reason = io::Error::from_raw_os_error(libc::ENOENT);
        let own = self.own_environment();
        for path in places(&self.name, self.search.as_deref()) {
            let error = self.try_place(&path, own.as_ref().unwrap_or(&self.envp));
            match error.raw_os_error() {
                Some(libc::ENOENT | libc::ENOTDIR) => {}
                Some(libc::EACCES) => reason = error,
                _ => return error,
            }
        }
        reason
    }

    /// With this process's pid in it, if it is to take over sockets.
    fn own_environment(&self) -> Option<Words> {
        self.setup.sockets.as_ref()?;
        let name = format!("{}=", sockets::PID);
        let own = format!("{name}{}", process::own_pid());
        let is_meant = |word: &[u8]| word.starts_with(name.as_bytes());
        Words::new(self.envp.iter().map(|word| if is_meant(word) { own.as_bytes() } else { word })).ok()
    }

    /// A script without `#!` goes to the shell, as execvp(3) of glibc does and so
    /// tini from Debian; musl's does not.
    fn try_place(&self, path: &OsStr, envp: &Words) -> io::Error {
        let program = match word(path) {
            Ok(path) => path,
            Err(error) => return error,
        };
        let error = become_program(&program, &self.argv, envp);
        if error.raw_os_error() == Some(libc::ENOEXEC) {
            let shell = [c"/bin/sh".to_bytes(), path.as_bytes()];
            let Ok(argv) = Words::new(shell.into_iter().chain(self.argv.iter().skip(1))) else {
                return error;
            };
            let no_shell = become_program(c"/bin/sh", &argv, envp);
            if no_shell.kind() != io::ErrorKind::NotFound {
                return no_shell;
            }
        }
        error
    }

    /// What a user is told when [`Self::execute`] came back with `error`.
    pub fn refusal(&self, manner: Manner, error: &io::Error) -> Refusal {
        let line = words::not_executed(manner, &self.name, error, &self.why(error));
        Refusal {
            code: manner.not_executed(error.raw_os_error()),
            error: Error::new(line),
            is_shortage: false,
        }
    }

    fn is_somewhere(&self, search: Option<&OsStr>) -> bool {
        places(&self.name, search).iter().any(|place| Path::new(place).exists())
    }

    fn why(&self, error: &io::Error) -> String {
        match (error.raw_os_error(), &self.search) {
            (Some(libc::ENOENT), path) if self.is_somewhere(path.as_deref()) => {
                "the file is there, but the interpreter or loader it names is not in this image".to_owned()
            }
            (Some(libc::ENOENT), Some(path)) => {
                format!("not found in PATH ({}); check its name, or write its full path", path.display())
            }
            (Some(libc::ENOENT), None) => "there is no such file; check the path".to_owned(),
            (Some(libc::EACCES), _) => {
                "permission denied; is it a file, executable (chmod +x), and readable for this user?"
                    .to_owned()
            }
            (Some(libc::ENOEXEC), _) => {
                "neither a program for this machine nor a script with #! in its first line".to_owned()
            }
            (Some(libc::EAGAIN), _) => "the user's process limit (RLIMIT_NPROC) is reached".to_owned(),
            _ => error.to_string(),
        }
    }
}

fn build(app: &App, environment: &Environment, search: Option<OsString>) -> io::Result<Program> {
    let words = std::iter::once(&app.program).chain(&app.args);
    Ok(Program {
        name: app.program.clone(),
        search,
        argv: Words::new(words.map(|word| word.as_bytes()))?,
        envp: Words::new(environment.iter().map(|(name, value)| pair(name, value)))?,
        setup: Setup::default(),
        isolation: app.isolation,
    })
}

fn search_path(environment: &Environment) -> OsString {
    let set = environment.iter().find(|(name, _)| name == "PATH");
    set.map_or_else(|| DEFAULT_PATH.into(), |(_, value)| value.clone())
}

/// Where `program` may be; an empty entry of `PATH` is the current directory.
fn places(program: &OsStr, search: Option<&OsStr>) -> Vec<OsString> {
    let Some(search) = search else { return vec![program.to_owned()] };
    std::env::split_paths(search)
        .map(|directory| Path::new(".").join(directory).join(program).into())
        .collect()
}

fn pair(name: &OsStr, value: &OsStr) -> Vec<u8> {
    [name.as_bytes(), b"=", value.as_bytes()].concat()
}

/// Starts the program as the leader of its own process group or session, with
/// the signal state that hinit was started with, in the terminal's foreground
/// if hinit was there.
///
/// # Errors
/// The fork or the exec failed.
pub fn start(
    program: &Program,
    manner: Manner,
    inherited: Inherited,
    terminal: Option<&Terminal>,
) -> std::result::Result<Pid, Refusal> {
    let ends = fds::pipe(libc::O_CLOEXEC).map_err(|error| own_failure(manner, "a pipe", &error))?;
    let apart = Apart::prepare(program.isolation, terminal);
    match process::fork() {
        Err(error) => Err(Refusal { is_shortage: true, ..own_failure(manner, "a process", &error) }),
        Ok(Side::Child) => become_app(program, inherited, apart, &mut File::from(ends.1)),
        Ok(Side::Parent(pid)) => {
            apart.accompany(pid);
            await_exec(program, manner, pid, ends)
        }
    }
}

fn become_app(program: &Program, inherited: Inherited, apart: Apart<'_>, failure: &mut File) -> ! {
    apart.enter();
    let (stage, error) = match program.set_up() {
        Ok(()) => {
            inherited.restore();
            (EXEC, program.execute())
        }
        Err(error) => (SETUP, error),
    };
    let [a, b, c, d] = error.raw_os_error().unwrap_or(0).to_ne_bytes();
    // If the parent is gone there is nobody to tell.
    let _ = failure.write_all(&[stage, a, b, c, d]);
    process::leave(127)
}

/// How far a child got that tells of a failure.
const SETUP: u8 = 0;
const EXEC: u8 = 1;

/// Half of the time that Docker leaves for a stop. What fails later shows in how
/// the child ends, and nowhere else.
const LONGEST_EXEC: Duration = Duration::from_secs(5);

/// The pipe ends without a byte when the exec has closed it.
fn await_exec(
    program: &Program,
    manner: Manner,
    pid: Pid,
    (read, write): (OwnedFd, OwnedFd),
) -> std::result::Result<Pid, Refusal> {
    drop(write);
    if !has_input_in_time(&read) {
        warn!("the app's program is not executed yet, and no longer waited for");
        return Ok(pid);
    }
    let mut failure = [0; 5];
    if File::from(read).read_exact(&mut failure).is_err() {
        return Ok(pid);
    }
    process::wait_for(pid);
    let [stage, errno @ ..] = failure;
    let error = io::Error::from_raw_os_error(i32::from_ne_bytes(errno));
    Err(if stage == SETUP { setup_failed(manner, &error) } else { program.refusal(manner, &error) })
}

/// A file system that does not answer, or a process of the same user that stops
/// the child before its exec, must not keep PID 1 from its signals.
fn has_input_in_time(pipe: &OwnedFd) -> bool {
    let end = clock::now().saturating_add(LONGEST_EXEC);
    loop {
        let left = end.saturating_sub(clock::now());
        let mut polled = [fds::input(pipe.as_fd())];
        match fds::wait_for_input(&mut polled, Some(left)) {
            Ok(()) if polled[0].revents == 0 && left.is_zero() => return false,
            Ok(()) if polled[0].revents == 0 => {}
            // Where nothing can be waited for, the read itself has to do.
            Ok(()) | Err(_) => return true,
        }
    }
}

fn setup_failed(manner: Manner, error: &io::Error) -> Refusal {
    let error = Error::new(format!(
        "cannot give the app its --ulimit and its sockets: {error}; give it limits with docker run instead"
    ));
    Refusal { code: manner.own_failure(), error, is_shortage: false }
}

/// So often the first start is tried, with a pause before each further one
/// that doubles: 20 ms to 160 ms, 300 ms in all.
const TRIES: u32 = 5;

/// Makes the first start, again if no process could be made: in a crowded
/// container that often passes. A restart has its policy for that.
///
/// # Errors
/// As for `start`, of its last try.
pub fn insist(
    mut start: impl FnMut() -> std::result::Result<Pid, Refusal>,
) -> std::result::Result<Pid, Refusal> {
    let mut tries = 1;
    loop {
        match start() {
            Err(refusal) if refusal.is_shortage && tries < TRIES => {
                std::thread::sleep(Duration::from_millis(10 << tries));
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

fn own_failure(manner: Manner, what: &str, error: &io::Error) -> Refusal {
    let error = Error::new(format!(
        "cannot make {what} for the app: {error}; is a limit of this container reached (pids, memory, open files)?"
    ));
    Refusal { code: manner.own_failure(), error, is_shortage: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_a_name_up_in_every_directory_of_path() {
        let found = places(OsStr::new("app"), Some(OsStr::new("/usr/bin::bin")));
        assert_eq!(found, ["/usr/bin/app", "./app", "./bin/app"]);
        assert_eq!(places(OsStr::new("./app"), None), ["./app"]);
    }

    #[test]
    fn without_path_it_looks_where_docker_would() {
        assert_eq!(search_path(&vec![]), DEFAULT_PATH);
        assert_eq!(search_path(&vec![("PATH".into(), "/x".into())]), "/x");
    }

    fn refusal(is_shortage: bool) -> Refusal {
        Refusal { code: 125, error: Error::new("no process"), is_shortage }
    }

    #[test]
    fn tries_the_first_start_again_when_there_is_no_process_left() {
        let mut answers = vec![Ok(7), Err(refusal(true)), Err(refusal(true))];
        assert_eq!(insist(|| answers.pop().unwrap()), Ok(7));
    }

    #[test]
    fn gives_up_the_first_start_after_a_few_tries() {
        for (is_shortage, tries) in [(true, TRIES), (false, 1)] {
            let mut count = 0;
            let outcome = insist(|| {
                count += 1;
                Err(refusal(is_shortage))
            });
            assert_eq!((outcome, count), (Err(refusal(is_shortage)), tries));
        }
    }

    #[test]
    fn refuses_an_empty_name_and_says_where_it_comes_from() {
        let error = Program::new(&App::default(), &vec![]).unwrap_err().to_string();
        assert!(error.contains("unset variable"), "{error}");
    }
}
