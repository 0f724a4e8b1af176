//! What a Dockerfile or a compose service says about an image beside its
//! health check.

/// A value, and the line of the file in which it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located<T> {
    pub(super) line: usize,
    pub(super) value: T,
}

/// The stage or the service that a check is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Image {
    /// The image that FROM or `image:` names, such as `nginx:1.27`.
    pub(super) base: Option<Located<String>>,
    /// STOPSIGNAL, `stop_signal:`.
    pub(super) stop_signal: Option<Located<String>>,
    /// USER.
    pub(super) user: Option<Located<String>>,
    /// The TCP ports of EXPOSE, in their order.
    pub(super) exposed: Vec<Located<String>>,
    pub(super) entrypoint: Option<Located<Program>>,
    pub(super) command: Option<Located<Program>>,
    /// ENV: names and values.
    pub(super) variables: Vec<(String, String)>,
    /// ARG: names, and their defaults.
    pub(super) build_args: Vec<Located<(String, Option<String>)>>,
    /// `init: true`: the engine's own init is PID 1.
    pub(super) engine_init: Option<usize>,
}

/// ENTRYPOINT or CMD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    Exec(Vec<String>),
    Shell {
        script: String,
        /// The list of the SHELL instruction; empty without one.
        shell: Vec<String>,
    },
}

impl Program {
    /// The arguments that the kernel gets.
    pub(super) fn args(&self) -> Vec<String> {
        match self {
            Self::Exec(args) => args.clone(),
            Self::Shell { script, shell } if shell.is_empty() => {
                vec!["/bin/sh".into(), "-c".into(), script.clone()]
            }
            Self::Shell { script, shell } => shell.iter().chain([script]).cloned().collect(),
        }
    }

    /// The program's own words, also behind a shell; none if the shell does more
    /// than start one program.
    pub(super) fn words(&self) -> Option<Vec<String>> {
        match self {
            Self::Exec(args) => Some(args.clone()),
            Self::Shell { script, .. } => {
                let is_plain = !script.contains(['$', '|', '&', ';', '<', '>', '`', '*', '(', '~']);
                let script = script.trim().strip_prefix("exec ").unwrap_or(script);
                is_plain.then(|| shlex::split(script)).flatten()
            }
        }
    }
}

impl Image {
    /// The value of ENV, which a container has too.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value that a build puts in for a variable.
    pub(super) fn build_value(&self, name: &str) -> Option<String> {
        let of_arg = || {
            let arg = self.build_args.iter().rev().find(|arg| arg.value.0 == name)?;
            arg.value.1.clone()
        };
        self.variable(name).map(str::to_owned).or_else(of_arg)
    }
}
