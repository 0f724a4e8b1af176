//! When a line of `&&`, `||`, `;` and `exit` succeeds, found by trying every
//! outcome of its probes. So `a && echo Ok || echo No && exit 1` needs no
//! rule of its own: it fails whatever `a` does.

use super::probe::{Codes, Probe};
use super::shell::Joint;

/// More probes than this in one line are not tried out.
pub(super) const MOST_PROBES: usize = 5;

/// A command by its exit code alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A probe by its number.
    Probe(usize),
    /// `true`, `echo`: always this code.
    Code(i32),
    /// `exit N`; without N the last code.
    Exit(Option<i32>),
    /// `[ $? -eq 22 ]`.
    Status(Comparison, i32),
    Not(Box<Node>),
    List(Vec<(Joint, Node)>),
    /// `( ... )` or `sh -c`: an exit inside ends only it.
    Group(Box<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passes,
    RefusedByServer,
    NoAnswer,
}

const OUTCOMES: [Outcome; 3] = [Outcome::Passes, Outcome::RefusedByServer, Outcome::NoAnswer];

/// When the whole line succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has no probe at all, and always ends this way.
    Constant(bool),
    /// When all of these pass.
    All(Vec<usize>),
    /// When one of these passes.
    Any(Vec<usize>),
    /// When this one gets an answer of whatever status.
    AnyAnswer(usize),
    /// When its only probe fails.
    Opposite,
    /// Whatever the probes find.
    Always,
    Never,
    Other,
}

/// Tries all outcomes of the probes.
pub(super) fn verdict(node: &Node, probes: &[Probe]) -> Verdict {
    if probes.is_empty() {
        return Verdict::Constant(succeeds(node, &[], &[]));
    }
    let codes: Vec<Codes> = probes.iter().map(|probe| probe.codes).collect();
    let table: Vec<(Vec<Outcome>, bool)> = combinations(probes.len())
        .map(|outcomes| {
            let verdict = succeeds(node, &outcomes, &codes);
            (outcomes, verdict)
        })
        .collect();
    classify(&table, probes.len())
}

fn combinations(count: usize) -> impl Iterator<Item = Vec<Outcome>> {
    let total = OUTCOMES.len().pow(u32::try_from(count).unwrap_or(0));
    (0..total).map(move |number| {
        let digits = (0..count).scan(number, |rest, _| {
            let digit = *rest % OUTCOMES.len();
            *rest /= OUTCOMES.len();
            Some(OUTCOMES[digit])
        });
        digits.collect()
    })
}

fn classify(table: &[(Vec<Outcome>, bool)], count: usize) -> Verdict {
    let matches = |rule: &dyn Fn(&[Outcome]) -> bool| table.iter().all(|(o, v)| rule(o) == *v);
    let passes = |outcomes: &[Outcome], at: usize| outcomes[at] == Outcome::Passes;
    if matches(&|_| true) {
        return Verdict::Always;
    }
    if matches(&|_| false) {
        return Verdict::Never;
    }
    // The probes whose outcome matters, each subset tried with all-of and any-of.
    for subset in 1u32..1 << count {
        let chosen: Vec<usize> = (0..count).filter(|at| subset & 1 << at != 0).collect();
        if matches(&|o| chosen.iter().all(|at| passes(o, *at))) {
            return Verdict::All(chosen);
        }
        if matches(&|o| chosen.iter().any(|at| passes(o, *at))) {
            return Verdict::Any(chosen);
        }
    }
    if count == 1 && matches(&|o| !passes(o, 0)) {
        return Verdict::Opposite;
    }
    let answered = (0..count).find(|at| matches(&|o| o[*at] != Outcome::NoAnswer));
    answered.map_or(Verdict::Other, Verdict::AnyAnswer)
}

/// How far a run has come.
enum Flow {
    On(i32),
    Exited(i32),
}

fn succeeds(node: &Node, outcomes: &[Outcome], codes: &[Codes]) -> bool {
    let (Flow::On(code) | Flow::Exited(code)) = run(node, 0, outcomes, codes);
    code == 0
}

fn run(node: &Node, last: i32, outcomes: &[Outcome], codes: &[Codes]) -> Flow {
    match node {
        Node::Probe(at) => Flow::On(code(outcomes[*at], codes[*at])),
        Node::Code(code) => Flow::On(*code),
        Node::Exit(code) => Flow::Exited(code.unwrap_or(last)),
        Node::Status(comparison, number) => Flow::On(i32::from(!comparison.holds(last, *number))),
        Node::Not(inner) => match run(inner, last, outcomes, codes) {
            Flow::On(code) => Flow::On(i32::from(code == 0)),
            exited @ Flow::Exited(_) => exited,
        },
        Node::Group(inner) => {
            let (Flow::On(code) | Flow::Exited(code)) = run(inner, last, outcomes, codes);
            Flow::On(code)
        }
        Node::List(entries) => run_list(entries, last, outcomes, codes),
    }
}

fn run_list(entries: &[(Joint, Node)], mut last: i32, outcomes: &[Outcome], codes: &[Codes]) -> Flow {
    for (joint, node) in entries {
        let skipped = match joint {
            Joint::Then => false,
            Joint::And => last != 0,
            Joint::Or => last == 0,
        };
        if skipped {
            continue;
        }
        match run(node, last, outcomes, codes) {
            Flow::On(code) => last = code,
            exited @ Flow::Exited(_) => return exited,
        }
    }
    Flow::On(last)
}

fn code(outcome: Outcome, codes: Codes) -> i32 {
    match outcome {
        Outcome::Passes => 0,
        Outcome::RefusedByServer => codes.refused_by_server,
        Outcome::NoAnswer => codes.no_answer,
    }
}

impl Comparison {
    /// The operator of `test`, such as `-eq`.
    pub(super) fn parse(operator: &str) -> Option<Self> {
        Some(match operator {
            "-eq" | "=" | "==" => Self::Equal,
            "-ne" | "!=" => Self::NotEqual,
            "-lt" => Self::Less,
            "-le" => Self::LessOrEqual,
            "-gt" => Self::Greater,
            "-ge" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds(self, left: i32, right: i32) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }

    /// The operator with its sides exchanged: `0 -ne $?` is `$? -ne 0`.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::explain::shell::Joint::{And, Or, Then};

    fn curl() -> Probe {
        let codes = Codes { refused_by_server: 22, no_answer: 7 };
        Probe { codes, ..Probe::new("http://h/") }
    }

    fn decided(entries: &[(Joint, Node)]) -> Verdict {
        verdict(&Node::List(entries.to_vec()), &[curl(), curl()])
    }

    const A: Node = Node::Probe(0);
    const B: Node = Node::Probe(1);
    const EXIT_1: Node = Node::Exit(Some(1));

    #[test]
    fn finds_what_a_line_needs_to_succeed() {
        let table = [
            (vec![(Then, A), (Or, EXIT_1)], Verdict::All(vec![0])),
            (vec![(Then, A), (And, B), (Or, EXIT_1)], Verdict::All(vec![0, 1])),
            (vec![(Then, A), (Or, B), (Or, EXIT_1)], Verdict::Any(vec![0, 1])),
            (vec![(Then, A), (And, Node::Exit(Some(0))), (Or, EXIT_1)], Verdict::All(vec![0])),
            (vec![(Then, A), (Then, B)], Verdict::All(vec![1])),
            (vec![(Then, A), (Or, Node::Exit(Some(0)))], Verdict::Always),
            (vec![(Then, A), (And, Node::Code(0)), (Or, Node::Code(0)), (And, EXIT_1)], Verdict::Never),
            (vec![(Then, A), (Or, Node::Status(Comparison::Equal, 22))], Verdict::AnyAnswer(0)),
            (vec![(Then, A), (Then, Node::Status(Comparison::Less, 30))], Verdict::Always),
            (vec![(Then, Node::Not(Box::new(A)))], Verdict::Other),
        ];
        for (entries, expected) in table {
            assert_eq!(decided(&entries), expected, "{entries:?}");
        }
    }

    #[test]
    fn ends_only_the_group_with_an_exit_inside_it() {
        let group = Node::Group(Box::new(Node::List(vec![(Then, A), (Or, EXIT_1)])));
        assert_eq!(decided(&[(Then, group), (And, B)]), Verdict::All(vec![0, 1]));
    }

    #[test]
    fn knows_a_line_without_a_probe() {
        assert_eq!(verdict(&Node::Code(0), &[]), Verdict::Constant(true));
        assert_eq!(verdict(&EXIT_1, &[]), Verdict::Constant(false));
    }
}
