//! The options of a database client: `-h host`, `-hhost`, `--host host` and
//! `--host=host`.

use std::net::Ipv6Addr;

/// Short and long names of the options with a value; an empty short name for none.
pub(super) type Names<'a> = &'a [(&'a str, &'a str)];

/// The values by long name, and the operands.
pub(super) struct ClientOptions {
    values: Vec<(String, String)>,
    pub(super) operands: Vec<String>,
}

impl ClientOptions {
    /// Parses arguments; options that are not in `names` are ignored.
    pub(super) fn parse(names: Names<'_>, args: &[String]) -> Self {
        let mut options = Self { values: Vec::new(), operands: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match option(names, arg) {
                Some((name, Some(value))) => options.values.push((name, value)),
                Some((name, None)) => {
                    options.values.push((name, args.next().cloned().unwrap_or_default()));
                }
                None if arg.starts_with('-') => {}
                None => options.operands.push(arg.clone()),
            }
        }
        options
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Sets a value unless the option was given.
    pub(super) fn set_default(&mut self, name: &str, value: String) {
        if self.get(name).is_none() {
            self.values.push((name.to_owned(), value));
        }
    }

    /// `SCHEME://HOST:PORT`; without a host, or with the directory of a unix
    /// socket, it is this container.
    pub(super) fn target(&self, scheme: &str, default_port: &str) -> String {
        let name = self.get("host").filter(|host| !host.starts_with('/')).unwrap_or_default();
        format!("{scheme}://{}:{}", host(name), self.get("port").unwrap_or(default_port))
    }
}

/// A host as a URL has it: an IPv6 address in brackets.
pub(super) fn host(name: &str) -> String {
    let is_v6 = name.parse::<Ipv6Addr>().is_ok();
    if is_v6 { format!("[{name}]") } else { name.to_owned() }
}

/// The long name of an option, and its value if the argument contains it.
fn option(names: Names<'_>, arg: &str) -> Option<(String, Option<String>)> {
    names.iter().find_map(|(short, long)| {
        let value = if let Some(rest) = arg.strip_prefix("--") {
            rest.strip_prefix(long).filter(|rest| rest.is_empty() || rest.starts_with('='))?
        } else {
            arg.strip_prefix('-')?.strip_prefix(short).filter(|_| !short.is_empty())?
        };
        let value = value.strip_prefix('=').unwrap_or(value);
        Some(((*long).to_owned(), (!value.is_empty()).then(|| value.to_owned())))
    })
}
