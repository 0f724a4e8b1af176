//! A program that is ready to be executed: argv and the environment are prepared
//! before the fork.

use super::child_setup::ChildSetup;
use super::environment::Environment;
use super::interpreter_line;
use super::socket_activation;
use super::start_error::StartError;
use crate::error::{Error, Result};
use crate::personality::Personality;
use crate::plan::{App, Isolation};
use crate::sys::exec::{StringArray, become_program, c_string};
use crate::sys::process;
use crate::text::Json;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Docker's own default, for an environment without `PATH`.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that is ready to be executed in a forked child. The search in `PATH`
/// is done in the child, so that its memory never belongs to PID 1.
#[derive(Debug)]
pub(crate) struct Program {
    name: OsString,
    /// The `PATH` to search; none if the name is a path.
    search: Option<OsString>,
    argv: StringArray,
    envp: StringArray,
    setup: ChildSetup,
    pub(super) isolation: Isolation,
}

impl Program {
    /// The app, to be searched in the `PATH` of its own environment.
    ///
    /// # Errors
    /// The name is empty, or an argument contains a NUL byte.
    pub(crate) fn new(app: &App, environment: &Environment) -> Result<Self> {
        if app.program.is_empty() {
            return Err(Error::new(
                "the program's name is empty; an unset variable in the command line leaves it so",
            ));
        }
        let by_path = app.program.as_bytes().contains(&b'/');
        let search = (!by_path).then(|| search_path(environment));
        build(app, environment, search).map_err(|_| Error::new("an argument contains a NUL byte"))
    }

    /// The same with a setup for its process.
    #[must_use]
    pub(crate) fn with_setup(self, setup: ChildSetup) -> Self {
        Self { setup, ..self }
    }

    /// Applies the setup; to be called before [`Self::execute`].
    ///
    /// # Errors
    /// As for [`ChildSetup::apply`].
    pub(crate) fn set_up(&self) -> io::Result<()> {
        self.setup.apply()
    }

    /// Executes the program. Returns only if that failed, with the error that
    /// execvp(3) would return: EACCES if a candidate could not be executed and
    /// no other was found.
    pub(crate) fn execute(&self) -> io::Error {
        let mut reason = io::Error::from_raw_os_error(libc::ENOENT);
        let own = self.own_environment();
        for path in candidates(&self.name, self.search.as_deref()) {
            let error = self.try_path(&path, own.as_ref().unwrap_or(&self.envp));
            match error.raw_os_error() {
                Some(libc::ENOENT | libc::ENOTDIR) => {}
                Some(libc::EACCES) => reason = error,
                _ => return error,
            }
        }
        reason
    }

    /// The environment with this process's pid in `LISTEN_PID`, if it gets
    /// sockets.
    fn own_environment(&self) -> Option<StringArray> {
        self.setup.sockets.as_ref()?;
        let name = format!("{}=", socket_activation::PID);
        let own = format!("{name}{}", process::own_pid());
        let is_pid = |variable: &[u8]| variable.starts_with(name.as_bytes());
        let variables = self.envp.iter().map(|old| if is_pid(old) { own.as_bytes() } else { old });
        StringArray::new(variables).ok()
    }

    /// A script without `#!` is run by the shell, as by execvp(3) of glibc (and so
    /// by tini from Debian); musl's execvp does not do that.
    fn try_path(&self, path: &OsStr, envp: &StringArray) -> io::Error {
        let program = match c_string(path) {
            Ok(path) => path,
            Err(error) => return error,
        };
        let error = become_program(&program, &self.argv, envp);
        if error.raw_os_error() == Some(libc::ENOEXEC) {
            let shell = [c"/bin/sh".to_bytes(), path.as_bytes()];
            let Ok(argv) = StringArray::new(shell.into_iter().chain(self.argv.iter().skip(1))) else {
                return error;
            };
            let no_shell = become_program(c"/bin/sh", &argv, envp);
            if no_shell.kind() != io::ErrorKind::NotFound {
                return no_shell;
            }
        }
        error
    }

    /// The error for the user if [`Self::execute`] returned `error`.
    pub(crate) fn start_error(&self, personality: Personality, error: &io::Error) -> StartError {
        StartError::not_executed(personality, &self.name, error, &self.why(error))
    }

    /// Why it may have ended with code 127 though it was executed.
    pub(crate) fn hint_for_not_found(&self) -> Option<String> {
        interpreter_line::hint_for_not_found(&self.file()?)
    }

    /// The file that was to be executed, if there is one.
    fn file(&self) -> Option<PathBuf> {
        let paths = candidates(&self.name, self.search.as_deref());
        paths.into_iter().map(PathBuf::from).find(|path| path.is_file())
    }

    fn why(&self, error: &io::Error) -> String {
        match (error.raw_os_error(), &self.search) {
            (Some(libc::ENOENT), search) => self.why_not_found(search.as_deref()),
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

    fn why_not_found(&self, search: Option<&OsStr>) -> String {
        match (self.file(), words(&self.name), search) {
            (Some(file), ..) => interpreter_line::missing(&file),
            (None, Some(words), _) => {
                format!(
                    "there is no program of that name; it has blanks in it, so write each word by itself: {words}"
                )
            }
            (None, None, Some(path)) => {
                format!("not found in PATH ({}); check its name, or write its full path", path.display())
            }
            (None, None, None) => "there is no such file; check the path".to_owned(),
        }
    }
}

/// A whole command line in the place of a name, as a JSON list of its words.
fn words(name: &OsStr) -> Option<String> {
    let words: Vec<_> = name.to_str()?.split_whitespace().map(|word| Json(word).to_string()).collect();
    (words.len() > 1).then(|| format!("[{}]", words.join(", ")))
}

fn build(app: &App, environment: &Environment, search: Option<OsString>) -> io::Result<Program> {
    let arguments = std::iter::once(&app.program).chain(&app.args);
    Ok(Program {
        name: app.program.clone(),
        search,
        argv: StringArray::new(arguments.map(|argument| argument.as_bytes()))?,
        envp: StringArray::new(environment.iter().map(|(name, value)| pair(name, value)))?,
        setup: ChildSetup::default(),
        isolation: app.isolation,
    })
}

fn search_path(environment: &Environment) -> OsString {
    let set = environment.iter().find(|(name, _)| name == "PATH");
    set.map_or_else(|| DEFAULT_PATH.into(), |(_, value)| value.clone())
}

/// The paths to try for `program`; an empty entry of `PATH` is the current
/// directory.
fn candidates(program: &OsStr, search: Option<&OsStr>) -> Vec<OsString> {
    let Some(search) = search else { return vec![program.to_owned()] };
    std::env::split_paths(search)
        .map(|directory| Path::new(".").join(directory).join(program).into())
        .collect()
}

fn pair(name: &OsStr, value: &OsStr) -> Vec<u8> {
    [name.as_bytes(), b"=", value.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_a_name_in_every_directory_of_path() {
        let found = candidates(OsStr::new("app"), Some(OsStr::new("/usr/bin::bin")));
        assert_eq!(found, ["/usr/bin/app", "./app", "./bin/app"]);
        assert_eq!(candidates(OsStr::new("./app"), None), ["./app"]);
    }

    #[test]
    fn without_path_it_searches_where_docker_would() {
        assert_eq!(search_path(&vec![]), DEFAULT_PATH);
        assert_eq!(search_path(&vec![("PATH".into(), "/x".into())]), "/x");
    }

    #[test]
    fn refuses_an_empty_name_and_says_where_it_comes_from() {
        let error = Program::new(&App::default(), &vec![]).unwrap_err().to_string();
        assert!(error.contains("unset variable"), "{error}");
    }
}
