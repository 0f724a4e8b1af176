//! Fork and exec of the app: the child reports a failed exec through a pipe.

use super::process_group::ProcessGroup;
use super::program::Program;
use super::start_error::StartError;
use crate::personality::Personality;
use crate::sys::process::{self, Side};
use crate::sys::signals::Inherited;
use crate::sys::terminal::Terminal;
use crate::sys::{Pid, clock, fds};
use log::warn;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// Starts the program as the leader of its own process group or session, with
/// the signal state that hinit was started with, in the terminal's foreground
/// if hinit was there.
///
/// # Errors
/// The fork or the exec failed.
pub(crate) fn start(
    program: &Program,
    personality: Personality,
    inherited: Inherited,
    terminal: Option<&Terminal>,
) -> Result<Pid, StartError> {
    let ends =
        fds::pipe(libc::O_CLOEXEC).map_err(|error| StartError::without(personality, "a pipe", &error))?;
    let group = ProcessGroup::prepare(program.isolation, terminal);
    match inherited.fork() {
        Err(error) => {
            Err(StartError { is_shortage: true, ..StartError::without(personality, "a process", &error) })
        }
        Ok(Side::Child) => become_app(program, inherited, group, &mut File::from(ends.1)),
        Ok(Side::Parent(pid)) => {
            group.enter_from_parent(pid);
            await_exec(program, personality, pid, ends)
        }
    }
}

fn become_app(program: &Program, inherited: Inherited, group: ProcessGroup<'_>, failure: &mut File) -> ! {
    group.enter();
    let (stage, error) = match program.set_up() {
        Ok(()) => {
            inherited.restore();
            (EXEC, program.execute())
        }
        Err(error) => (SETUP, error),
    };
    let [a, b, c, d] = error.raw_os_error().unwrap_or(0).to_ne_bytes();
    // A failure is ignored: the parent is gone.
    let _ = failure.write_all(&[stage, a, b, c, d]);
    process::leave(127)
}

/// The stage at which a child failed.
const SETUP: u8 = 0;
const EXEC: u8 = 1;

/// Half of Docker's default grace period. A later failure shows only in how the
/// child ends.
const LONGEST_EXEC: Duration = Duration::from_secs(5);

/// An exec closes the pipe, so that it ends without a byte.
fn await_exec(
    program: &Program,
    personality: Personality,
    pid: Pid,
    (read, write): (OwnedFd, OwnedFd),
) -> Result<Pid, StartError> {
    drop(write);
    if !has_input_in_time(&read) {
        warn!(
            "the exec of the app has not finished after {} s, not waiting any longer",
            LONGEST_EXEC.as_secs()
        );
        return Ok(pid);
    }
    let mut failure = [0; 5];
    if File::from(read).read_exact(&mut failure).is_err() {
        return Ok(pid);
    }
    process::wait_for(pid);
    let [stage, errno @ ..] = failure;
    let error = io::Error::from_raw_os_error(i32::from_ne_bytes(errno));
    Err(if stage == SETUP {
        StartError::in_setup(personality, &error)
    } else {
        program.start_error(personality, &error)
    })
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
            // If poll fails, the read itself waits.
            Ok(()) | Err(_) => return true,
        }
    }
}

/// Tries of the first start. The pauses between them are doubled, from 20 ms to
/// 160 ms, 300 ms in all.
const TRIES: u32 = 5;

/// Runs `start`, and retries it if no process could be made: in a crowded
/// container that often passes. A restart is retried by its policy instead.
///
/// # Errors
/// As for `start`, of its last try.
pub(crate) fn start_with_retries(
    mut start: impl FnMut() -> Result<Pid, StartError>,
) -> Result<Pid, StartError> {
    let mut tries = 1;
    loop {
        match start() {
            Err(error) if error.is_shortage && tries < TRIES => {
                std::thread::sleep(Duration::from_millis(10 << tries));
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn start_error(is_shortage: bool) -> StartError {
        StartError { code: 125, error: Error::new("no process"), is_shortage }
    }

    #[test]
    fn tries_the_first_start_again_when_there_is_no_process_left() {
        let mut answers = vec![Ok(7), Err(start_error(true)), Err(start_error(true))];
        assert_eq!(start_with_retries(|| answers.pop().unwrap()), Ok(7));
    }

    #[test]
    fn gives_up_the_first_start_after_a_few_tries() {
        for (is_shortage, tries) in [(true, TRIES), (false, 1)] {
            let mut count = 0;
            let outcome = start_with_retries(|| {
                count += 1;
                Err(start_error(is_shortage))
            });
            assert_eq!((outcome, count), (Err(start_error(is_shortage)), tries));
        }
    }
}
