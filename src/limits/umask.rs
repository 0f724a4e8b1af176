//! `--umask`: permissions that new files of the app do not get.

use crate::error::{Error, Result};
use nix::sys::stat::{Mode, umask};

/// A file mode creation mask, 0 to 0777 (umask(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Umask(u32);

impl Umask {
    /// Reads an octal number, as `umask 022` in a shell and `podman run
    /// --umask` do.
    ///
    /// # Errors
    /// Not an octal number up to 0777.
    pub fn parse(text: &str) -> Result<Self> {
        let octal = !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'7'));
        let mask = u32::from_str_radix(text, 8).ok().filter(|mask| octal && *mask <= 0o777);
        mask.map(Self).ok_or_else(|| {
            let text = text.escape_debug();
            Error::new(format!("'{text}' is not a umask; write an octal number up to 0777, such as 027"))
        })
    }

    /// Sets the umask of this process.
    pub fn set(self) {
        umask(Mode::from_bits_truncate(self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_octal_numbers() {
        for (text, mask) in
            [("0", 0), ("022", 0o22), ("22", 0o22), ("0022", 0o22), ("777", 0o777), ("0000777", 0o777)]
        {
            assert_eq!(Umask::parse(text), Ok(Umask(mask)), "{text}");
        }
    }

    #[test]
    fn rejects_everything_else() {
        for text in ["", "8", "+22", "-1", "0o22", "1000", "u=rwx", " 22", "77777777777777777777"] {
            let line = Umask::parse(text).unwrap_err().to_string();
            assert!(line.ends_with("write an octal number up to 0777, such as 027"), "{text}: {line}");
        }
    }
}
