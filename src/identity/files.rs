//! Reads the two files of [`Database`], with a limit on their size.

use super::database::{Database, GROUP, PASSWD};
use crate::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;

/// The largest file that is read: 10 MiB.
const LARGEST: u64 = 10 << 20;

/// Reads /etc/passwd and, if `with_groups`, /etc/group. A file that does not
/// exist, as in an image from scratch, counts as empty.
///
/// # Errors
/// One of them cannot be read, is not a regular file, or is larger than 10 MiB.
pub(super) fn read(with_groups: bool) -> Result<Database> {
    let group = if with_groups { read_bounded(GROUP)? } else { Vec::new() };
    Ok(Database { passwd: read_bounded(PASSWD)?, group })
}

fn read_bounded(path: &str) -> Result<Vec<u8>> {
    let wrong = |what: String| Error::new(format!("{path} {what}"));
    let unreadable = |error: io::Error| wrong(format!("cannot be read: {error}; make it a readable file"));
    let Some(file) = open(path).map_err(unreadable)? else { return Ok(Vec::new()) };
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(wrong("is not a regular file; put a regular file or a link to one there".to_owned()));
    }
    let mut bytes = Vec::new();
    let length = file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if length as u64 > LARGEST {
        return Err(wrong("is larger than 10 MiB; make it smaller".to_owned()));
    }
    Ok(bytes)
}

/// Follows symbolic links (`NixOS`), and does not block on a FIFO.
fn open(path: &str) -> io::Result<Option<File>> {
    match OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) => Ok(None),
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    /// A directory that is gone when the test is over.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("hinit-files-{name}-{}", std::process::id()));
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn path(&self, name: &str) -> String {
            self.0.join(name).to_str().unwrap().to_owned()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_missing_file_is_empty() {
        let scratch = Scratch::new("missing");
        assert_eq!(read_bounded(&scratch.path("none")), Ok(Vec::new()));
        assert_eq!(read_bounded(&scratch.path("none/passwd")), Ok(Vec::new()));
    }

    #[test]
    fn follows_links() {
        let scratch = Scratch::new("links");
        std::fs::write(scratch.path("store"), "app").unwrap();
        symlink("store", scratch.path("passwd")).unwrap();
        assert_eq!(read_bounded(&scratch.path("passwd")), Ok(b"app".to_vec()));
    }

    #[test]
    fn rejects_a_fifo_without_waiting_for_a_writer() {
        let scratch = Scratch::new("fifo");
        let fifo = scratch.path("fifo");
        nix::unistd::mkfifo(fifo.as_str(), nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [fifo, scratch.path(""), "/dev/null".to_owned()] {
            let error = read_bounded(&path).unwrap_err().to_string();
            assert!(error.contains("is not a regular file"), "{error}");
        }
    }

    #[test]
    fn a_file_may_have_ten_mebibytes_and_no_more() {
        let scratch = Scratch::new("size");
        let path = scratch.path("passwd");
        let file = File::create(&path).unwrap();
        file.set_len(LARGEST).unwrap();
        assert_eq!(read_bounded(&path).unwrap().len() as u64, LARGEST);
        file.set_len(LARGEST + 1).unwrap();
        let error = read_bounded(&path).unwrap_err().to_string();
        assert!(error.contains("larger than 10 MiB"), "{error}");
    }
}
