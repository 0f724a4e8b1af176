//! Good answers, and what is done to them. The same seed makes the same answer.

const GOOD: [&[u8]; 14] = [
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nall is well",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nall \r\n7;x=y\r\nis well\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000b\r\nall is well\r\n0\r\nX: trailer\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall is well",
    b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nall is well",
    b"HTTP/1.1 204 No Content\r\nDate: Mon, 02 Nov 2026 10:00:00 GMT\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 11\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup",
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 4\r\n\r\ndown",
    b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 5\r\n\r\nmoved",
    b"HTTP/1.1 200\r\nContent-Length: 2\r\nContent-Length: 2\r\nX-A: b\r\n\r\nup",
    b"HTTP/1.1 200 OK\nContent-Length: 2\n\nup",
    b"HTTP/1.1 500 Internal Server Error\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwrong\r\n0\r\n\r\n",
];

const LINES: [&[u8]; 14] = [
    b"Content-Length: 2\r\n",
    b"Content-Length: 99\r\n",
    b"Content-Length: +2\r\n",
    b"Content-Length: 2, 2\r\n",
    b"Content-Length:\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n",
    b"Upgrade: h2c\r\n",
    b" folded: line\r\n",
    b"No colon\r\n",
    b": no name\r\n",
    b"Name with blanks : x\r\n",
];

const BYTES: &[u8] = b"\0\r\n\t :;,-+0129afxHT\x7f\x80\xff";

/// Numbers by a linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

pub fn answer(seed: u64) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    random.below(1);
    let mut answer = random.of(&GOOD).to_vec();
    for _ in 0..=random.below(3) {
        mutate(&mut answer, &mut random);
    }
    answer
}

fn mutate(answer: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(answer.len().max(1));
    match random.below(9) {
        _ if answer.is_empty() => {}
        0 => _ = answer.remove(at),
        1 => answer.insert(at, random.of(BYTES)),
        2 => answer[at] = random.of(BYTES),
        3 => answer.truncate(at),
        4 => answer[at] ^= 0x20,
        5 => insert_line(answer, random.of(&LINES), random),
        6 => {
            let (start, end) = line_at(answer, at);
            answer.drain(start..end);
        }
        7 => {
            let (start, end) = line_at(answer, at);
            let line = answer[start..end].to_vec();
            insert_line(answer, &line, random);
        }
        _ => {
            let (start, end) = line_at(answer, at);
            let cut = random.below(end - start);
            answer.drain(start + cut..end);
        }
    }
}

fn line_at(answer: &[u8], at: usize) -> (usize, usize) {
    let start = answer[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = answer[at..].iter().position(|byte| *byte == b'\n').map_or(answer.len(), |end| at + end + 1);
    (start, end)
}

fn insert_line(answer: &mut Vec<u8>, line: &[u8], random: &mut Random) {
    let starts: Vec<usize> =
        answer.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let at = if starts.is_empty() { 0 } else { random.of(&starts) };
    answer.splice(at..at, line.iter().copied());
}
