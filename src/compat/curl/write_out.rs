//! `-w`: what curl prints after a transfer.

use crate::text::printable;
use std::net::SocketAddr;
use std::time::Duration;

/// What is known about a transfer after its end.
#[derive(Debug, Clone, Default)]
pub(super) struct TransferInfo {
    pub(super) status: u16,
    pub(super) url: String,
    pub(super) method: String,
    pub(super) content_type: String,
    pub(super) redirects: u32,
    /// The target of a redirect that was not followed.
    pub(super) redirect_url: String,
    pub(super) downloaded: u64,
    pub(super) elapsed: Duration,
    pub(super) remote: Option<SocketAddr>,
    pub(super) exit_code: i32,
    pub(super) error_message: String,
}

/// Rejects variables that curl has and hinit does not. Those that neither has are
/// reported after the transfer, as by curl.
pub(super) fn check(format: &str) -> Result<(), String> {
    const UNSUPPORTED: [&str; 18] = [
        "time_",
        "size_",
        "speed_",
        "num_",
        "ssl_",
        "local_",
        "proxy_",
        "url.",
        "header",
        "json",
        "std",
        "scheme",
        "certs",
        "filename_",
        "ftp_",
        "onerror",
        "referer",
        "http_connect",
    ];
    let info = TransferInfo::default();
    for name in pieces(format).into_iter().filter_map(Result::err) {
        if info.value(name).is_none() && UNSUPPORTED.iter().any(|prefix| name.starts_with(prefix)) {
            return Err(format!(
                "option -w: %{{{name}}} is unknown to hinit, which supports only what health checks use"
            ));
        }
    }
    Ok(())
}

/// The text, and the names of unknown variables.
pub(super) fn render<'a>(format: &'a str, info: &TransferInfo) -> (String, Vec<&'a str>) {
    let (mut text, mut unknown) = (String::new(), Vec::new());
    for piece in pieces(format) {
        match piece {
            Ok(plain) => text.push_str(&plain),
            Err(name) => match info.value(name) {
                // A server may have sent it.
                Some(value) => text.push_str(&printable(&value)),
                None => unknown.push(name),
            },
        }
    }
    (text, unknown)
}

/// Unescaped text, or the name of a variable as the error.
fn pieces(format: &str) -> Vec<Result<String, &str>> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some(at) = rest.find(['%', '\\']) {
        pieces.push(Ok(rest[..at].to_owned()));
        let (sign, after) = rest[at..].split_at(1);
        rest = after;
        if let Some((name, after)) =
            rest.strip_prefix('{').filter(|_| sign == "%").and_then(|r| r.split_once('}'))
        {
            pieces.push(Err(name));
            rest = after;
            continue;
        }
        let escaped = match (sign, rest.chars().next()) {
            ("%", Some('%')) => "%",
            ("\\", Some('n')) => "\n",
            ("\\", Some('r')) => "\r",
            ("\\", Some('t')) => "\t",
            _ => {
                pieces.push(Ok(sign.to_owned()));
                continue;
            }
        };
        pieces.push(Ok(escaped.to_owned()));
        rest = &rest[1..];
    }
    pieces.push(Ok(rest.to_owned()));
    pieces
}

impl TransferInfo {
    fn value(&self, name: &str) -> Option<String> {
        let remote = |show: fn(SocketAddr) -> String| self.remote.map_or_else(String::new, show);
        Some(match name {
            "http_code" | "response_code" => format!("{:03}", self.status),
            "url" | "url_effective" => self.url.clone(),
            "method" => self.method.clone(),
            "content_type" => self.content_type.clone(),
            "num_redirects" => self.redirects.to_string(),
            "redirect_url" => self.redirect_url.clone(),
            "size_download" => self.downloaded.to_string(),
            "time_total" => format!("{}.{:06}", self.elapsed.as_secs(), self.elapsed.subsec_micros()),
            "remote_ip" => remote(|address| address.ip().to_string()),
            "remote_port" => remote(|address| address.port().to_string()),
            "exitcode" => self.exit_code.to_string(),
            "errormsg" => self.error_message.clone(),
            "http_version" => "1.1".into(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_scripts_read() {
        let info = TransferInfo { status: 204, url: "http://h/".into(), ..TransferInfo::default() };
        let table = [
            ("%{http_code}", "204"),
            ("%{response_code}\\n", "204\n"),
            ("a%%b\\t\\q%{", "a%b\t\\q%{"),
            ("100% %{url_effective}", "100% http://h/"),
            ("%{errormsg}%{remote_ip}%", "%"),
            ("caf\u{e9} %{size_download}", "caf\u{e9} 0"),
            ("", ""),
        ];
        for (format, text) in table {
            assert_eq!(render(format, &info), (text.to_owned(), Vec::new()), "{format}");
        }
        assert_eq!(render("%{http_code}", &TransferInfo::default()).0, "000");
    }

    #[test]
    fn rejects_variables_that_curl_has_and_hinit_has_not() {
        assert!(check("%{time_namelookup}").unwrap_err().contains("%{time_namelookup} is unknown to hinit"));
        assert_eq!(check("%{foo} %{time_total} %{num_redirects}"), Ok(()));
        assert_eq!(render("x%{foo}y", &TransferInfo::default()), ("xy".into(), vec!["foo"]));
    }
}
