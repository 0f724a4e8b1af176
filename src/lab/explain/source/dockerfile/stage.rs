//! A stage of a Dockerfile: what its instructions say about the image.

use crate::lab::explain::exec_form;
use crate::lab::explain::image::{Image, Located, Program};
use crate::lab::explain::source::instruction::split_word;
use crate::lab::explain::variable::{expanded, name_length};

#[derive(Debug, Clone, Default)]
pub(super) struct Stage {
    /// The line of its FROM; 0 for instructions before the first one.
    pub(super) line: usize,
    /// Empty without one.
    pub(super) name: String,
    /// The index of the stage that it is built on.
    pub(super) parent: Option<usize>,
    pub(super) image: Image,
    /// The list of its last SHELL instruction.
    pub(super) shell: Vec<String>,
    /// Whether it has a CMD of its own, which ENTRYPOINT does not reset.
    has_command: bool,
}

impl Stage {
    /// The stage of a FROM; `before` has the ARGs before the first one.
    pub(super) fn begin(line: usize, from: &str, before: &Image, earlier: &[Self]) -> Self {
        let mut words = from.split_whitespace().filter(|word| !word.starts_with("--"));
        let base = words.next().unwrap_or_default();
        let name = words.find(|word| !word.eq_ignore_ascii_case("as")).unwrap_or_default().to_owned();
        let is_named = |stage: &Self| !stage.name.is_empty() && stage.name.eq_ignore_ascii_case(base);
        if let Some(parent) = earlier.iter().rposition(is_named) {
            let stage = earlier[parent].clone();
            return Self { line, name, parent: Some(parent), has_command: false, ..stage };
        }
        let value = expanded(base, &|name| before.build_value(name)).unwrap_or_else(|| base.to_owned());
        let base = Some(Located { line, value });
        Self { line, name, image: Image { base, ..before.clone() }, ..Self::default() }
    }

    /// Applies an instruction other than FROM, HEALTHCHECK and ONBUILD.
    pub(super) fn apply(&mut self, keyword: &str, arguments: &str, line: usize) {
        match keyword {
            "SHELL" => self.shell = exec_form::parse(arguments).unwrap_or_default(),
            "ARG" => self.add_build_args(arguments, line),
            "ENV" => self.add_variables(arguments),
            "EXPOSE" => self.expose(arguments, line),
            "USER" => self.image.user = Some(Located { line, value: self.expanded(arguments) }),
            "STOPSIGNAL" => self.image.stop_signal = Some(Located { line, value: self.expanded(arguments) }),
            "CMD" => {
                self.image.command = self.program(arguments, line);
                self.has_command = true;
            }
            "ENTRYPOINT" => {
                self.image.entrypoint = self.program(arguments, line);
                self.image.command = self.image.command.take().filter(|_| self.has_command);
            }
            _ => {}
        }
    }

    /// With the variables that the build knows; as it is if it does not know one.
    fn expanded(&self, text: &str) -> String {
        let value = expanded(text, &|name| self.image.build_value(name));
        value.unwrap_or_else(|| text.to_owned()).trim_matches(['"', '\'']).to_owned()
    }

    /// None for the empty list, which resets what the base image has.
    fn program(&self, arguments: &str, line: usize) -> Option<Located<Program>> {
        let value = match exec_form::parse(arguments) {
            Some(args) if args.is_empty() => return None,
            Some(args) => Program::Exec(args),
            None => Program::Shell { script: arguments.to_owned(), shell: self.shell.clone() },
        };
        Some(Located { line, value })
    }

    fn add_build_args(&mut self, arguments: &str, line: usize) {
        for word in shlex::split(arguments).unwrap_or_default() {
            let (name, default) = word.split_once('=').map_or((word.as_str(), None), |(n, d)| (n, Some(d)));
            let default = default.map(|default| self.expanded(default));
            let default = default.or_else(|| self.image.build_value(name));
            self.image.build_args.push(Located { line, value: (name.to_owned(), default) });
        }
    }

    /// `ENV NAME=VALUE ...`, or `ENV NAME VALUE`.
    fn add_variables(&mut self, arguments: &str) {
        let (first, rest) = split_word(arguments);
        if name_length(first) == first.len() {
            let value = self.expanded(rest);
            self.image.variables.push((first.to_owned(), value));
            return;
        }
        for word in shlex::split(arguments).unwrap_or_default() {
            if let Some((name, value)) = word.split_once('=') {
                let value = self.expanded(value);
                self.image.variables.push((name.to_owned(), value));
            }
        }
    }

    /// A port in a variable of ENV stays one: it may be set anew at run time.
    fn expose(&mut self, arguments: &str, line: usize) {
        for word in arguments.split_whitespace() {
            let (port, protocol) = word.split_once('/').unwrap_or((word, "tcp"));
            let name = port.trim_start_matches('$').trim_matches(['{', '}']);
            let value = match self.image.variable(name) {
                Some(_) if port.starts_with('$') => format!("${{{name}}}"),
                _ => self.expanded(port).split('-').next().unwrap_or_default().to_owned(),
            };
            let is_port = value.starts_with('$') || value.parse::<u16>().is_ok_and(|port| port > 0);
            if protocol.eq_ignore_ascii_case("tcp") && is_port && !value.contains(":-") {
                self.image.exposed.push(Located { line, value });
            }
        }
    }
}
