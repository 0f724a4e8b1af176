//! Starting the app: everything is prepared before the fork, and the parent
//! learns from a pipe whether the exec worked.

use crate::error::{Error, Result};
use crate::plan::App;
use crate::sys::exec::{Words, become_program, word};
use crate::sys::process::{self, Side};
use crate::sys::signals::Inherited;
use crate::sys::{Pid, fds, terminal};
use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Docker's own default, for an environment without `PATH`.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An environment: names and values in order.
pub type Environment = Vec<(OsString, OsString)>;

/// A program that is ready to be executed in a forked child.
///
/// Made once: a start after that looks nothing up.
#[derive(Debug)]
pub struct Program {
    name: OsString,
    /// The `PATH` it was looked up in; none if its name is a path.
    search: Option<OsString>,
    candidates: Vec<Candidate>,
    argv: Words,
    envp: Words,
}

/// One place where the program may be.
#[derive(Debug)]
struct Candidate {
    path: CString,
    /// For a script without `#!`, which execvp(3) gives to the shell: glibc
    /// does it and so tini from Debian, musl does not.
    shell_argv: Words,
}

/// Why the app could not be started, with the exit code of DESIGN section 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 125, 126 or 127.
    pub code: i32,
    /// Whether it may well work in a moment: a limit was reached.
    pub passing: bool,
    /// The line for the user.
    pub error: Error,
}

impl Program {
    /// Looks up where the app may be, in its own environment's `PATH`.
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

    /// Becomes the program. Comes back only if that failed, with the reason
    /// that execvp(3) would give: EACCES if one candidate could not be
    /// executed and none was better.
    pub fn execute(&self) -> io::Error {
        let mut reason = io::Error::from_raw_os_error(libc::ENOENT);
        for candidate in &self.candidates {
            let error = self.try_candidate(candidate);
            match error.raw_os_error() {
                Some(libc::ENOENT | libc::ENOTDIR) => {}
                Some(libc::EACCES) => reason = error,
                _ => return error,
            }
        }
        reason
    }

    fn try_candidate(&self, candidate: &Candidate) -> io::Error {
        let error = become_program(&candidate.path, &self.argv, &self.envp);
        if error.raw_os_error() == Some(libc::ENOEXEC) {
            let no_shell = become_program(c"/bin/sh", &candidate.shell_argv, &self.envp);
            if no_shell.kind() != io::ErrorKind::NotFound {
                return no_shell;
            }
        }
        error
    }

    /// What a user is told when [`Self::execute`] came back with `error`.
    pub fn refusal(&self, error: &io::Error) -> Refusal {
        let name = self.name.display();
        let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
        let why = match (error.raw_os_error(), &self.search) {
            (Some(libc::ENOENT), Some(path)) => {
                format!("not found in PATH ({}); check its name, or write its full path", path.display())
            }
            (Some(libc::ENOENT), None) if Path::new(&self.name).exists() => {
                "the file is there, but the interpreter or loader it names is not in this image".to_owned()
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
        };
        Refusal { code, passing: false, error: Error::new(format!("cannot start '{name}': {why}")) }
    }
}

fn build(app: &App, environment: &Environment, search: Option<OsString>) -> io::Result<Program> {
    let arguments: Vec<CString> = app.args.iter().map(|arg| word(arg)).collect::<io::Result<_>>()?;
    let with = |first: Vec<CString>| Words::new(first.into_iter().chain(arguments.iter().cloned()).collect());
    let candidate = |path: OsString| {
        let path = word(&path)?;
        let shell_argv = with(vec![c"/bin/sh".to_owned(), path.clone()]);
        Ok(Candidate { path, shell_argv })
    };
    let places = places(&app.program, search.as_deref());
    Ok(Program {
        name: app.program.clone(),
        candidates: places.into_iter().map(candidate).collect::<io::Result<_>>()?,
        argv: with(vec![word(&app.program)?]),
        envp: Words::new(
            environment.iter().map(|(name, value)| pair(name, value)).collect::<io::Result<_>>()?,
        ),
        search,
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

fn pair(name: &OsStr, value: &OsStr) -> io::Result<CString> {
    let mut text = name.to_owned();
    text.push("=");
    text.push(value);
    word(&text)
}

/// Starts the program as the leader of its own process group, with the signal
/// state that hinit was started with, in the terminal's foreground if hinit
/// was there.
///
/// # Errors
/// The fork or the exec failed.
pub fn start(program: &Program, inherited: Inherited) -> std::result::Result<Pid, Refusal> {
    let ends = fds::pipe(libc::O_CLOEXEC).map_err(|error| own_failure("a pipe", &error))?;
    let foreground = terminal::in_foreground();
    match process::fork() {
        Err(error) => Err(own_failure("a process", &error)),
        Ok(Side::Child) => become_app(program, inherited, foreground, &mut File::from(ends.1)),
        Ok(Side::Parent(pid)) => {
            process::lead_group(pid);
            await_exec(program, pid, ends)
        }
    }
}

fn become_app(
    program: &Program,
    inherited: Inherited,
    foreground: Option<BorrowedFd<'_>>,
    failure: &mut File,
) -> ! {
    process::lead_group(0);
    if let Some(terminal) = foreground {
        // Not a reason not to run: see `terminal::give`.
        let _ = terminal::give(terminal, process::own_pid());
    }
    inherited.restore();
    let error = program.execute();
    // If the parent is gone there is nobody to tell.
    let _ = failure.write_all(&error.raw_os_error().unwrap_or(0).to_ne_bytes());
    process::leave(127)
}

/// The pipe ends without a byte when the exec has closed it.
fn await_exec(
    program: &Program,
    pid: Pid,
    (read, write): (OwnedFd, OwnedFd),
) -> std::result::Result<Pid, Refusal> {
    drop(write);
    let mut errno = [0; 4];
    if File::from(read).read_exact(&mut errno).is_err() {
        Ok(pid)
    } else {
        process::wait_for(pid);
        Err(program.refusal(&io::Error::from_raw_os_error(i32::from_ne_bytes(errno))))
    }
}

fn own_failure(what: &str, error: &io::Error) -> Refusal {
    let reason = Error::new(format!(
        "cannot make {what} for the app: {error}; is a limit of this container reached (pids, memory, open files)?"
    ));
    let passing = matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOMEM));
    Refusal { code: 125, passing, error: reason }
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

    #[test]
    fn refuses_an_empty_name_and_says_where_it_comes_from() {
        let error = Program::new(&App::default(), &vec![]).unwrap_err().to_string();
        assert!(error.contains("unset variable"), "{error}");
    }
}
