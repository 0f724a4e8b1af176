//! When a line of `&&`, `||`, `;` and `exit` succeeds, found by trying every
//! outcome of its probes. So `a && echo Ok || echo No && exit 1` needs no
//! rule of its own: it fails whatever `a` does.

use super::probe_command::ExitCodes;
use super::shell::ast::ListOperator;

/// A line with more probes has too many combinations to try.
pub(super) const MAX_PROBES: usize = 5;

/// A command, reduced to its exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExitExpr {
    /// A probe by its index.
    Probe(usize),
    /// `true`, `echo`: always this code.
    Code(i32),
    /// `exit N`; without N the last code.
    Exit(Option<i32>),
    /// `[ $? -eq 22 ]`.
    CompareStatus(Comparison, i32),
    Not(Box<ExitExpr>),
    List(Vec<(ListOperator, ExitExpr)>),
    /// `( ... )` or `sh -c`: an exit inside ends only the group.
    Group(Box<ExitExpr>),
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
    ErrorStatus,
    NoResponse,
}

const OUTCOMES: [Outcome; 3] = [Outcome::Passes, Outcome::ErrorStatus, Outcome::NoResponse];

/// When the whole line succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PassRule {
    /// Always or never: it has no probe.
    NoProbe(bool),
    /// When all of these pass.
    All(Vec<usize>),
    /// When at least one of these passes.
    Any(Vec<usize>),
    /// When this one gets a response with any status.
    AnyResponse(usize),
    /// When its only probe fails.
    Inverted,
    /// For every outcome of its probes.
    Always,
    Never,
    Other,
}

/// Tries all outcomes of the probes, given by their exit codes.
pub(super) fn pass_rule(expr: &ExitExpr, codes: &[ExitCodes]) -> PassRule {
    if codes.is_empty() {
        return PassRule::NoProbe(succeeds(expr, &[], &[]));
    }
    let table: Vec<(Vec<Outcome>, bool)> = combinations(codes.len())
        .map(|outcomes| {
            let passes = succeeds(expr, &outcomes, codes);
            (outcomes, passes)
        })
        .collect();
    classify(&table, codes.len())
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

fn classify(table: &[(Vec<Outcome>, bool)], count: usize) -> PassRule {
    let matches = |rule: &dyn Fn(&[Outcome]) -> bool| table.iter().all(|(o, passes)| rule(o) == *passes);
    let passes = |outcomes: &[Outcome], at: usize| outcomes[at] == Outcome::Passes;
    if matches(&|_| true) {
        return PassRule::Always;
    }
    if matches(&|_| false) {
        return PassRule::Never;
    }
    // The probes whose outcome matters: each subset with all-of and any-of.
    for subset in 1u32..1 << count {
        let chosen: Vec<usize> = (0..count).filter(|at| subset & 1 << at != 0).collect();
        if matches(&|o| chosen.iter().all(|at| passes(o, *at))) {
            return PassRule::All(chosen);
        }
        if matches(&|o| chosen.iter().any(|at| passes(o, *at))) {
            return PassRule::Any(chosen);
        }
    }
    if count == 1 && matches(&|o| !passes(o, 0)) {
        return PassRule::Inverted;
    }
    let answered = (0..count).find(|at| matches(&|o| o[*at] != Outcome::NoResponse));
    answered.map_or(PassRule::Other, PassRule::AnyResponse)
}

/// The last exit code, and whether the script goes on.
enum Flow {
    Continue(i32),
    Exit(i32),
}

fn succeeds(expr: &ExitExpr, outcomes: &[Outcome], codes: &[ExitCodes]) -> bool {
    let (Flow::Continue(code) | Flow::Exit(code)) = evaluate(expr, 0, outcomes, codes);
    code == 0
}

fn evaluate(expr: &ExitExpr, last: i32, outcomes: &[Outcome], codes: &[ExitCodes]) -> Flow {
    match expr {
        ExitExpr::Probe(at) => Flow::Continue(exit_code(outcomes[*at], codes[*at])),
        ExitExpr::Code(code) => Flow::Continue(*code),
        ExitExpr::Exit(code) => Flow::Exit(code.unwrap_or(last)),
        ExitExpr::CompareStatus(comparison, number) => {
            Flow::Continue(i32::from(!comparison.holds(last, *number)))
        }
        ExitExpr::Not(inner) => match evaluate(inner, last, outcomes, codes) {
            Flow::Continue(code) => Flow::Continue(i32::from(code == 0)),
            exit @ Flow::Exit(_) => exit,
        },
        ExitExpr::Group(inner) => {
            let (Flow::Continue(code) | Flow::Exit(code)) = evaluate(inner, last, outcomes, codes);
            Flow::Continue(code)
        }
        ExitExpr::List(entries) => evaluate_list(entries, last, outcomes, codes),
    }
}

fn evaluate_list(
    entries: &[(ListOperator, ExitExpr)],
    mut last: i32,
    outcomes: &[Outcome],
    codes: &[ExitCodes],
) -> Flow {
    for (operator, expr) in entries {
        let skipped = match operator {
            ListOperator::Sequence => false,
            ListOperator::And => last != 0,
            ListOperator::Or => last == 0,
        };
        if skipped {
            continue;
        }
        match evaluate(expr, last, outcomes, codes) {
            Flow::Continue(code) => last = code,
            exit @ Flow::Exit(_) => return exit,
        }
    }
    Flow::Continue(last)
}

fn exit_code(outcome: Outcome, codes: ExitCodes) -> i32 {
    match outcome {
        Outcome::Passes => 0,
        Outcome::ErrorStatus => codes.error_status,
        Outcome::NoResponse => codes.no_response,
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

    /// The operator with its operands swapped: `0 -ne $?` is `$? -ne 0`.
    pub(super) fn swapped(self) -> Self {
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
    use super::ListOperator::{And, Or, Sequence};
    use super::*;

    const CURL: ExitCodes = ExitCodes { error_status: 22, no_response: 7 };

    fn rule_of(entries: &[(ListOperator, ExitExpr)]) -> PassRule {
        pass_rule(&ExitExpr::List(entries.to_vec()), &[CURL, CURL])
    }

    const A: ExitExpr = ExitExpr::Probe(0);
    const B: ExitExpr = ExitExpr::Probe(1);
    const EXIT_1: ExitExpr = ExitExpr::Exit(Some(1));

    #[test]
    fn finds_what_a_line_needs_to_succeed() {
        let table = [
            (vec![(Sequence, A), (Or, EXIT_1)], PassRule::All(vec![0])),
            (vec![(Sequence, A), (And, B), (Or, EXIT_1)], PassRule::All(vec![0, 1])),
            (vec![(Sequence, A), (Or, B), (Or, EXIT_1)], PassRule::Any(vec![0, 1])),
            (vec![(Sequence, A), (And, ExitExpr::Exit(Some(0))), (Or, EXIT_1)], PassRule::All(vec![0])),
            (vec![(Sequence, A), (Sequence, B)], PassRule::All(vec![1])),
            (vec![(Sequence, A), (Or, ExitExpr::Exit(Some(0)))], PassRule::Always),
            (
                vec![(Sequence, A), (And, ExitExpr::Code(0)), (Or, ExitExpr::Code(0)), (And, EXIT_1)],
                PassRule::Never,
            ),
            (
                vec![(Sequence, A), (Or, ExitExpr::CompareStatus(Comparison::Equal, 22))],
                PassRule::AnyResponse(0),
            ),
            (
                vec![(Sequence, A), (Sequence, ExitExpr::CompareStatus(Comparison::Less, 30))],
                PassRule::Always,
            ),
            (vec![(Sequence, ExitExpr::Not(Box::new(A)))], PassRule::Other),
        ];
        for (entries, expected) in table {
            assert_eq!(rule_of(&entries), expected, "{entries:?}");
        }
    }

    #[test]
    fn ends_only_the_group_with_an_exit_inside_it() {
        let group = ExitExpr::Group(Box::new(ExitExpr::List(vec![(Sequence, A), (Or, EXIT_1)])));
        assert_eq!(rule_of(&[(Sequence, group), (And, B)]), PassRule::All(vec![0, 1]));
    }

    #[test]
    fn knows_a_line_without_a_probe() {
        assert_eq!(pass_rule(&ExitExpr::Code(0), &[]), PassRule::NoProbe(true));
        assert_eq!(pass_rule(&EXIT_1, &[]), PassRule::NoProbe(false));
    }
}
