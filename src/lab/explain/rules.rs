//! The kinds of notes, each with a stable id and a level. CI refers to the ids,
//! so one that was released never changes; docs/explain.md lists them.

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table below describes each")]
pub enum Rule {
    AlwaysPasses,
    AlwaysFails,
    InvalidTiming,
    BackgroundRedirect,
    CmdShellArguments,
    ComposeKeyword,
    ConfigurationCheck,
    CurlFailOption,
    CurlHeadWithBody,
    DevTcpNeedsBash,
    ErrorStatusPasses,
    ExecFormOneElement,
    ExecFormOperator,
    FindsItself,
    IgnoredProbe,
    IntervalUnderTimeout,
    InvalidStopSignal,
    KeywordInScript,
    NoHealthCheck,
    OtherStage,
    Overridden,
    PipelineExitCode,
    RedisIncrPing,
    RedisNoCommand,
    SingleQuotedList,
    StartIntervalAlone,
    StatusBelow,
    StopsContainer,
    TextAfterList,
    UnexpandedVariable,
    UnixSocketEarly,
    UnsetBuildArg,
    VersionCheck,
    WgetSavesFile,
    AddressFamily,
    ErlangNode,
    GrepInverted,
    GrepOneLine,
    GuessedTarget,
    InheritedStopSignal,
    JqPart,
    NeedsShell,
    NestedInit,
    NoEquivalent,
    NotCarried,
    OutputFile,
    PipelineAnyStatus,
    Redirects,
    RedisErrorReply,
    Retries,
    RunsAsRoot,
    SchemeAdded,
    Spider,
    UnderItsName,
    UnknownTimeout,
}

/// How much a note matters, in the terms of SARIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The old check cannot do its work.
    Error,
    /// A mistake of the old check.
    Warning,
    /// A difference of the new lines, or a hint.
    Note,
}

impl Level {
    /// Its name in SARIF.
    pub fn name(self) -> &'static str {
        match self {
            Error => "error",
            Warning => "warning",
            Note => "note",
        }
    }
}

use Level::{Error, Note, Warning};

/// Rule, id, level and summary, in the order of [`Rule`].
const RULES: [(Rule, &str, Level, &str); 55] = [
    (Rule::AlwaysPasses, "always-passes", Error, "The check passes whatever its probes find."),
    (Rule::AlwaysFails, "always-fails", Error, "The check fails even if its probes pass."),
    (Rule::InvalidTiming, "invalid-timing", Error, "A timing option has a value that Docker rejects."),
    (
        Rule::BackgroundRedirect,
        "background-redirect",
        Warning,
        "&> outside bash runs the command in the background.",
    ),
    (
        Rule::CmdShellArguments,
        "cmd-shell-arguments",
        Warning,
        "CMD-SHELL ignores all but its first argument.",
    ),
    (Rule::ComposeKeyword, "compose-keyword", Warning, "A Dockerfile has a keyword of compose in its list."),
    (
        Rule::ConfigurationCheck,
        "configuration-check",
        Warning,
        "It checks a configuration file, not the running server.",
    ),
    (Rule::CurlFailOption, "curl-fail-option", Warning, "curl reads -fail as four options."),
    (Rule::CurlHeadWithBody, "curl-head-with-body", Warning, "curl -X HEAD waits for a body."),
    (Rule::DevTcpNeedsBash, "dev-tcp-needs-bash", Warning, "/dev/tcp exists only in bash."),
    (Rule::ErrorStatusPasses, "error-status-passes", Warning, "The check passes for status 500."),
    (
        Rule::ExecFormOneElement,
        "exec-form-one-element",
        Warning,
        "A list of one element names a program with blanks.",
    ),
    (
        Rule::ExecFormOperator,
        "exec-form-operator",
        Warning,
        "A list has an operator that only a shell knows.",
    ),
    (Rule::FindsItself, "finds-itself", Warning, "ps | grep finds its own grep."),
    (Rule::IgnoredProbe, "ignored-probe", Warning, "The result of a probe does not matter."),
    (
        Rule::IntervalUnderTimeout,
        "interval-under-timeout",
        Warning,
        "The interval is shorter than the timeout.",
    ),
    (Rule::InvalidStopSignal, "invalid-stop-signal", Warning, "The stop signal cannot be read."),
    (Rule::KeywordInScript, "keyword-in-script", Warning, "CMD in a string is a program of that name."),
    (Rule::NoHealthCheck, "no-health-check", Warning, "The image has no health check."),
    (Rule::OtherStage, "other-stage", Warning, "The check is in a stage that is not in the image."),
    (Rule::Overridden, "overridden", Warning, "A later check overrides this one."),
    (
        Rule::PipelineExitCode,
        "pipeline-exit-code",
        Warning,
        "The exit code is that of a filter that always succeeds.",
    ),
    (Rule::RedisIncrPing, "redis-incr-ping", Warning, "redis-cli incr ping writes to the database."),
    (Rule::RedisNoCommand, "redis-no-command", Warning, "redis-cli without a command checks nothing."),
    (Rule::SingleQuotedList, "single-quoted-list", Warning, "A list in single quotes is shell form."),
    (
        Rule::StartIntervalAlone,
        "start-interval-alone",
        Warning,
        "start-interval has no effect without a start-period.",
    ),
    (Rule::StatusBelow, "status-below", Warning, "A comparison with less-than passes without a response."),
    (Rule::StopsContainer, "stops-container", Warning, "The check stops the container by itself."),
    (Rule::TextAfterList, "text-after-list", Warning, "Text after the list makes it shell form."),
    (Rule::UnexpandedVariable, "unexpanded-variable", Warning, "Nothing expands a variable."),
    (Rule::UnixSocketEarly, "unix-socket-early", Warning, "The unix socket is ready before the database is."),
    (
        Rule::UnsetBuildArg,
        "unset-build-arg",
        Warning,
        "A variable is only an ARG, which is not set at run time.",
    ),
    (
        Rule::VersionCheck,
        "version-check",
        Warning,
        "It prints a version, and does not check the running program.",
    ),
    (Rule::WgetSavesFile, "wget-saves-file", Warning, "wget saves a file at each check."),
    (Rule::AddressFamily, "address-family", Note, "The old check uses one address family."),
    (Rule::ErlangNode, "erlang-node", Note, "rabbitmq-diagnostics starts an Erlang node."),
    (Rule::GrepInverted, "grep-inverted", Note, "grep -v and --not differ."),
    (Rule::GrepOneLine, "grep-one-line", Note, "Two filters require both in one line."),
    (Rule::GuessedTarget, "guessed-target", Note, "What the proposal probes is inferred."),
    (Rule::InheritedStopSignal, "inherited-stop-signal", Note, "The base image has a STOPSIGNAL."),
    (Rule::JqPart, "jq-part", Note, "--json compares the whole value."),
    (Rule::NeedsShell, "needs-shell", Note, "Several probes need a shell."),
    (Rule::NestedInit, "nested-init", Note, "hinit replaces another init."),
    (Rule::NoEquivalent, "no-equivalent", Note, "hinit has no equivalent of the check."),
    (Rule::NotCarried, "not-carried", Note, "The new lines leave out a part of the old check."),
    (Rule::OutputFile, "output-file", Note, "curl writes the response to a file."),
    (Rule::PipelineAnyStatus, "pipeline-any-status", Note, "The old check passes for any status."),
    (Rule::Redirects, "redirects", Note, "The old check follows redirects to any host."),
    (Rule::RedisErrorReply, "redis-error-reply", Note, "redis-cli exits 0 for an error reply."),
    (Rule::Retries, "retries", Note, "curl retries within one check."),
    (Rule::RunsAsRoot, "runs-as-root", Note, "The image has no USER."),
    (Rule::SchemeAdded, "scheme-added", Note, "http:// was added before a variable."),
    (Rule::Spider, "spider", Note, "wget --spider sends HEAD."),
    (Rule::UnderItsName, "under-its-name", Note, "hinit under the program's name runs the line unchanged."),
    (Rule::UnknownTimeout, "unknown-timeout", Note, "The timeout is in a variable."),
];

impl Rule {
    /// Every rule, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(|(rule, ..)| *rule)
    }

    /// Its stable id, such as `always-passes`.
    pub fn id(self) -> &'static str {
        RULES[self as usize].1
    }

    /// How much it matters.
    pub fn level(self) -> Level {
        RULES[self as usize].2
    }

    /// What it is about, in one sentence.
    pub fn summary(self) -> &'static str {
        RULES[self as usize].3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_rules_in_their_order_and_each_id_once() {
        for (at, (rule, id, _, summary)) in RULES.iter().enumerate() {
            assert_eq!(*rule as usize, at, "{id}");
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
            assert!(summary.ends_with('.'), "{id}");
            assert!(!RULES[..at].iter().any(|(_, before, ..)| before == id), "{id}");
        }
    }
}
