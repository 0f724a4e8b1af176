//! Commands of the shell to probes and what hangs on their exit codes.

use super::conversation::Conversation;
use crate::lab::explain::mistakes;
use crate::lab::explain::probe::{Prints, Probe};
use crate::lab::explain::shell::word::{Why, Word};
use crate::lab::explain::shell::{self, Command, Joint, List, Part, Pipeline, Redirect, Simple};
use crate::lab::explain::tools::{self, echo, filter, foreign, netcat};
use crate::lab::explain::truth::Node;

/// What is known while a check is read from left to right.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub(super) struct Compiler {
    pub(super) probes: Vec<Probe>,
    pub(super) notes: Vec<String>,
    /// Whether the words were given as a list, without a shell.
    pub(super) exec_form: bool,
    /// Whether the shell is bash, which alone knows /dev/tcp.
    pub(super) bash: bool,
    /// Whether it ends the container by itself when a probe fails.
    pub(super) acts: bool,
    /// Whether what is printed is compared, by a test around it.
    pub(super) is_printing: bool,
    /// Since a `set -e`, each command has to succeed.
    errexit: bool,
    /// Whether each command of a pipe has to succeed.
    pub(super) pipefail: bool,
    /// Since a `cd`.
    pub(super) moved: bool,
    /// Whether `&&` and `||` are mixed.
    pub(super) conditional: bool,
    /// `timeout 5 ...` around what is being read.
    limit: Option<String>,
    assigned: Vec<(String, Word)>,
    conversation: Conversation,
    /// How deep `env`, `timeout` and `sh -c` are nested.
    depth: u32,
}

/// Deeper nesting than this is no health check, and would cost stack.
const DEEPEST: u32 = 20;

impl Compiler {
    /// Takes in what a SHELL instruction says: `["/bin/bash", "-o", "pipefail", "-c"]`.
    pub(super) fn shell(&mut self, shell: &[String]) -> Result<(), Why> {
        let simple = Simple::of_words(shell);
        match simple.program().as_deref() {
            None | Some("sh" | "ash" | "dash" | "busybox") => {}
            Some("bash") => self.bash = true,
            Some(other) => return Err(format!("its SHELL is {other}, which explain does not read")),
        }
        self.set(&simple);
        Ok(())
    }

    pub(super) fn list(&mut self, list: &List) -> Result<Node, Why> {
        let has = |wanted| list.iter().any(|(joint, _)| *joint == wanted);
        self.conditional |= has(Joint::And) && has(Joint::Or);
        let nodes = list.iter().map(|(joint, pipeline)| {
            let joint = if self.errexit && *joint == Joint::Then { Joint::And } else { *joint };
            Ok((joint, self.pipeline(pipeline)?))
        });
        Ok(Node::List(nodes.collect::<Result<_, Why>>()?))
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<Node, Why> {
        let node = match pipeline.commands.as_slice() {
            [Command::Simple(simple)] => self.alone(simple, &pipeline.text)?,
            [Command::Group(list)] => Node::Group(Box::new(self.list(list)?)),
            [first, rest @ ..] => self.piped(first, rest, &pipeline.text)?,
            [] => Node::Code(0),
        };
        Ok(if pipeline.negated { Node::Not(Box::new(node)) } else { node })
    }

    /// A command that is piped nowhere; what no tool knows keeps its text.
    fn alone(&mut self, simple: &Simple, text: &str) -> Result<Node, Why> {
        if let Some(at) = self.conversation.reader(simple) {
            let filters = Conversation::filters(simple, &[]);
            filter::apply(&mut self.probes[at], &filters, self.pipefail, &mut self.notes)?;
            return Ok(if filters.is_empty() { Node::Code(0) } else { Node::Probe(at) });
        }
        let node = self.simple(simple)?;
        if let Node::Probe(at) = node
            && self.probes[at].foreign.is_some()
            && needs_shell(simple)
        {
            self.probes[at].target = in_shell(text);
        }
        Ok(node)
    }

    /// `producer | filter | filter`: the exit code is the last one's.
    fn piped(&mut self, first: &Command, rest: &[Command], text: &str) -> Result<Node, Why> {
        if let Some(node) = self.fed(first, rest)? {
            return Ok(node);
        }
        let Some((at, filters)) = self.producer(first, rest)? else { return Ok(self.foreign_pipeline(text)) };
        let decides = filter::apply(&mut self.probes[at], &filters, self.pipefail, &mut self.notes)?;
        if matches!(self.probes[at].prints, Prints::Value(_)) && !self.is_printing {
            return Err(filter::JQ.into());
        }
        if decides {
            return Ok(Node::Probe(at));
        }
        Ok(Node::List(vec![(Joint::Then, Node::Probe(at)), (Joint::Then, Node::Code(0))]))
    }

    /// The probe that feeds a pipe, and what its answer goes through.
    fn producer(&mut self, first: &Command, rest: &[Command]) -> Result<Option<(usize, Vec<Command>)>, Why> {
        let Command::Simple(producer) = first else { return Ok(None) };
        if let Some(at) = self.conversation.reader(producer) {
            return Ok(Some((at, Conversation::filters(producer, rest))));
        }
        let before = self.probes.len();
        match self.simple(producer)? {
            Node::Probe(at) if self.probes[at].foreign.is_none() => Ok(Some((at, rest.to_vec()))),
            _ => {
                self.probes.truncate(before);
                Ok(None)
            }
        }
    }

    fn foreign_pipeline(&mut self, text: &str) -> Node {
        let why = foreign::why_pipeline(text, &mut self.notes);
        let mut probe = Probe::foreign("", why);
        probe.target = in_shell(text);
        self.add(probe)
    }

    /// `echo PING | nc ...` and `echo version | (exec 3<>/dev/tcp/...; cat >&3)`.
    fn fed(&mut self, first: &Command, rest: &[Command]) -> Result<Option<Node>, Why> {
        let Command::Simple(first) = first else { return Ok(None) };
        let Some(text) = echo::printed(first) else { return Ok(None) };
        match rest {
            [Command::Group(list)] => {
                self.conversation.feed(text);
                Ok(Some(Node::Group(Box::new(self.list(list)?))))
            }
            [Command::Simple(second), filters @ ..] if netcat::is(second) => {
                let Node::Probe(at) = self.simple(second)? else { return Ok(None) };
                echo::send(&mut self.probes[at], &text);
                let decides = filter::apply(&mut self.probes[at], filters, self.pipefail, &mut self.notes)?;
                Ok(decides.then_some(Node::Probe(at)))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn simple(&mut self, simple: &Simple) -> Result<Node, Why> {
        if self.depth == DEEPEST {
            return Err("its commands are nested too deeply".into());
        }
        self.depth += 1;
        let node = self.one_command(simple);
        self.depth -= 1;
        node
    }

    fn one_command(&mut self, simple: &Simple) -> Result<Node, Why> {
        let simple = &self.substituted(simple);
        if !self.bash && simple.redirects.iter().any(|redirect| redirect.operator == "&>") {
            mistakes::add(&mut self.notes, BACKGROUND);
        }
        if let Some(node) = self.over_dev_tcp(simple)? {
            return Ok(node);
        }
        let Some(program) = simple.program() else { return Ok(self.assignment_or_foreign(simple)) };
        match program.as_str() {
            // hinit takes the place of what `which` looks for.
            "true" | ":" | "echo" | "printf" | "pwd" | "sleep" | "which" | "type" | "hash" => {
                Ok(Node::Code(0))
            }
            "command" if simple.words.get(1).and_then(Word::as_text).as_deref() == Some("-v") => {
                Ok(Node::Code(0))
            }
            "export" => {
                self.assigned.extend(simple.words.iter().skip(1).filter_map(shell::assignment));
                Ok(Node::Code(0))
            }
            "set" => {
                self.set(simple);
                Ok(Node::Code(0))
            }
            "cd" => {
                self.moved = true;
                Ok(Node::Code(0))
            }
            "." | "source" => Err("it reads variables or functions from a file, as only a shell can".into()),
            "kill" if tools::ends_container(simple) => {
                self.acts = true;
                mistakes::add(&mut self.notes, ACTS);
                Ok(Node::Code(0))
            }
            "false" => Ok(Node::Code(1)),
            "exit" | "return" => {
                Ok(Node::Exit(simple.words.get(1).and_then(Word::as_text).and_then(|n| n.parse().ok())))
            }
            "sh" | "bash" | "ash" | "dash" => self.inner_shell(&program, simple),
            "timeout" => self.timeout(simple),
            "exec" | "env" | "command" | "busybox" if simple.words.len() > 1 => {
                self.simple(&without_first(simple))
            }
            "[" | "test" | "[[" => self.test(simple),
            _ => self.tool(&program, simple),
        }
    }

    /// A program that looks at something; several URLs of one wget must all be there.
    fn tool(&mut self, program: &str, simple: &Simple) -> Result<Node, Why> {
        let found = tools::read(program, simple, &mut self.notes)?;
        if found.iter().any(|probe| probe.foreign.is_none()) && !tools::has_variables_of_its_own(program) {
            mistakes::of_dead_variables(simple, self.exec_form, &mut self.notes);
        }
        let mut nodes = Vec::new();
        let written = simple.redirects.iter().find(|redirect| redirect.fd == 1 && is_file(redirect));
        for mut probe in found {
            if let Some(file) = written.and_then(|redirect| redirect.to.as_text()) {
                probe.writes = Some(file);
            }
            if let Some(limit) = self.limit.clone().filter(|_| !probe.has("timeout")) {
                probe.set("timeout", limit);
            }
            nodes.push((Joint::And, self.add(probe)));
        }
        if let [(_, node)] = nodes.as_slice() {
            return Ok(node.clone());
        }
        // The first of a list hangs on nothing.
        nodes.iter_mut().take(1).for_each(|(joint, _)| *joint = Joint::Then);
        Ok(Node::List(nodes))
    }

    pub(super) fn add(&mut self, probe: Probe) -> Node {
        self.probes.push(probe);
        Node::Probe(self.probes.len() - 1)
    }

    pub(super) fn foreign(&mut self, simple: &Simple, why: &str) -> Node {
        self.add(foreign::probe(simple, why))
    }

    /// `IP=$(hostname -i)` alone sets a variable for later.
    fn assignment_or_foreign(&mut self, simple: &Simple) -> Node {
        if simple.words.is_empty() {
            self.assigned.extend(simple.assigns.iter().cloned());
            return Node::Code(0);
        }
        self.foreign(simple, "which program it runs is in a variable")
    }

    fn substituted(&self, simple: &Simple) -> Simple {
        let mut simple = simple.clone();
        for word in &mut simple.words {
            word.0 = word.0.iter().flat_map(|part| self.value_of(part)).collect();
        }
        simple
    }

    fn value_of(&self, part: &Part) -> Vec<Part> {
        let Part::Variable { name, .. } = part else { return vec![part.clone()] };
        let assigned = self.assigned.iter().rev().find(|(known, _)| known == name);
        assigned.map_or_else(|| vec![part.clone()], |(_, value)| value.0.clone())
    }

    fn inner_shell(&mut self, program: &str, simple: &Simple) -> Result<Node, Why> {
        let is_c =
            |word: &Word| word.as_text().is_some_and(|text| text.starts_with('-') && text.ends_with('c'));
        let Some(script) = simple.words.iter().skip_while(|word| !is_c(word)).nth(1) else {
            return Ok(self.foreign(simple, foreign::SCRIPT));
        };
        let outer = (self.exec_form, self.bash, self.errexit, self.pipefail);
        (self.exec_form, self.bash) = (false, program == "bash");
        (self.errexit, self.pipefail) = (false, false);
        // `bash -eo pipefail -c`.
        let script_at = simple.words.iter().position(is_c).map_or(0, |at| at + 1);
        let options = simple.words[..script_at].to_vec();
        self.set(&Simple { words: options, ..Simple::default() });
        let node = self.list(&shell::parse(&script.in_hinit()?)?)?;
        (self.exec_form, self.bash, self.errexit, self.pipefail) = outer;
        Ok(Node::Group(Box::new(node)))
    }

    /// `set -euo pipefail`.
    fn set(&mut self, simple: &Simple) {
        let words: Vec<String> = simple.words.iter().skip(1).filter_map(Word::as_text).collect();
        self.errexit |= words.iter().any(|word| sets_errexit(word));
        self.pipefail |= words.iter().any(|word| word == "pipefail");
    }

    /// `timeout -k 1 5 curl ...`.
    fn timeout(&mut self, simple: &Simple) -> Result<Node, Why> {
        let mut words = simple.words.iter().skip(1).peekable();
        while let Some(option) = words.next_if(|word| word.as_text().is_some_and(|w| w.starts_with('-'))) {
            if option.as_text().is_some_and(|option| option == "-k" || option == "-s") {
                words.next();
            }
        }
        let limit = words.next().and_then(Word::as_text);
        let rest: Vec<Word> = words.cloned().collect();
        if rest.is_empty() {
            return Ok(self.foreign(simple, "its 'timeout' runs nothing"));
        }
        self.limit = limit.as_deref().and_then(tools::seconds);
        let node = self.simple(&Simple { words: rest, ..simple.clone() });
        self.limit = None;
        node
    }

    fn over_dev_tcp(&mut self, simple: &Simple) -> Result<Option<Node>, Why> {
        let Some((fd, place)) = dev_tcp(simple) else {
            return Ok(self.conversation.step(simple, &mut self.probes));
        };
        let (host, port) = place.split_once('/').ok_or("its /dev/tcp path lacks a port")?;
        if !self.bash {
            mistakes::add(&mut self.notes, "/dev/tcp is bash's own: with another /bin/sh this always fails");
        }
        let mut probe = Probe::new(format!("tcp://{host}:{port}"));
        if let Some(limit) = &self.limit {
            probe.set("timeout", limit);
        }
        let node = self.add(probe);
        if simple.program().as_deref() == Some("exec") {
            self.conversation.open(fd, self.probes.len() - 1);
        }
        Ok(Some(node))
    }
}

const BACKGROUND: &str =
    "&> is bash's own: a plain /bin/sh runs the command in the background, and the check always passes";
const ACTS: &str = "it ends the container by itself, and Docker never sees it fail; PID 1 does that by --health-on-failure stop";

/// `-e`, `-eu`, `-euo`, `errexit`.
fn sets_errexit(word: &str) -> bool {
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    word == "errexit" || letters.is_some_and(|letters| letters.contains('e'))
}

/// Whether its words land in a file that somebody may read.
fn is_file(redirect: &Redirect) -> bool {
    let text = redirect.to.as_text().unwrap_or_default();
    [">", ">>", ">|"].contains(&redirect.operator.as_str()) && !text.starts_with("/dev/")
}

/// The descriptor and the `HOST/PORT` of a redirection to /dev/tcp.
fn dev_tcp(simple: &Simple) -> Option<(u32, String)> {
    let place = |word: &Word| word.in_hinit().ok()?.strip_prefix("/dev/tcp/").map(str::to_owned);
    simple.redirects.iter().find_map(|redirect| Some((redirect.fd, place(&redirect.to)?)))
}

/// What `exec` or `env NAME=VALUE` runs.
fn without_first(simple: &Simple) -> Simple {
    let mut rest = simple.clone();
    rest.words.remove(0);
    let is_assignment = |word: &Word| word.as_text().is_some_and(|text| text.contains('='));
    while rest.words.len() > 1 && is_assignment(&rest.words[0]) {
        rest.words.remove(0);
    }
    rest
}

fn needs_shell(simple: &Simple) -> bool {
    !simple.assigns.is_empty() || simple.words.iter().any(|word| word.in_hinit().is_err())
}

fn in_shell(text: &str) -> String {
    format!("exec:sh -c {}", tools::quoted(text))
}
