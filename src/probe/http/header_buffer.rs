//! Status line and headers as they arrive, in bounded memory. Of what exceeds
//! the limit only those headers are kept that hinit needs: an app that sends
//! 30 KB of cache tags is not ill.

/// In bytes: how much of the headers is kept.
pub(super) const KEPT_HEADERS: usize = 8 * 1024;
/// In bytes: how long the headers may be, those of interim answers (1xx) included.
pub(super) const MAX_HEADERS: usize = 1024 * 1024;

/// How the body ends, and where a redirect leads to.
const NEEDED: [&[u8]; 3] = [b"content-length", b"transfer-encoding", b"location"];

#[derive(Debug, Default)]
pub(super) struct HeaderBuffer {
    bytes: Vec<u8>,
    /// Where the current line begins.
    line: usize,
    /// The rest of the current line is ignored.
    ignores_line: bool,
}

impl HeaderBuffer {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes out everything.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self).bytes
    }

    /// Adds a byte. Returns whether it ends the headers.
    pub(super) fn push(&mut self, byte: u8, limit: usize) -> bool {
        if byte == b'\n' {
            return self.end_line();
        }
        if !self.ignores_line {
            self.bytes.push(byte);
            self.ignores_line = self.bytes.len() > limit && !self.is_needed();
        }
        false
    }

    fn end_line(&mut self) -> bool {
        // A long status line is cut, and any other ignored line dropped.
        if self.ignores_line && self.line > 0 {
            self.bytes.truncate(self.line);
        } else {
            self.bytes.push(b'\n');
        }
        self.ignores_line = false;
        let is_empty = self.line > 0 && matches!(&self.bytes[self.line..], b"\n" | b"\r\n");
        self.line = self.bytes.len();
        is_empty
    }

    /// Whether the current line may become one that is needed.
    fn is_needed(&self) -> bool {
        let line = &self.bytes[self.line..];
        let may_become = |name: &&[u8]| {
            let length = line.len().min(name.len());
            line[..length].eq_ignore_ascii_case(&name[..length])
        };
        line == b"\r" || NEEDED.iter().any(may_become)
    }
}
