//! A breadth-first walk over all states of a pure machine, for its tests. The
//! walk has no cut-off: it ends when the frontier is empty.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

/// A machine together with what surrounds it.
pub(crate) trait Model {
    /// Everything that later steps depend on, with times relative to now.
    type State: Clone + Eq + Hash;
    /// An event, or time that passes.
    type Step: Copy + Debug;

    /// The state that the walk starts from.
    fn first(&self) -> Self::State;

    /// All steps that are possible in a state.
    fn steps(&self, state: &Self::State, into: &mut Vec<Self::Step>);

    /// The state after a step, or which invariant it breaks.
    fn take(&self, state: &Self::State, step: Self::Step) -> Result<Self::State, String>;
}

/// What a walk has found.
pub(crate) struct Walk<S> {
    /// All reachable states.
    pub(crate) states: Vec<S>,
    /// How many steps were checked.
    pub(crate) transitions: usize,
}

/// Walks from the first state to all that can be reached, by all steps. An error
/// has the steps that lead to it.
pub(crate) fn walk<M: Model>(model: &M) -> Result<Walk<M::State>, String> {
    let mut states = vec![model.first()];
    let mut origins: Vec<Option<(usize, M::Step)>> = vec![None];
    let mut known = HashMap::from([(model.first(), 0)]);
    let (mut steps, mut transitions, mut at) = (Vec::new(), 0, 0);
    while at < states.len() {
        steps.clear();
        model.steps(&states[at], &mut steps);
        for step in steps.drain(..) {
            transitions += 1;
            let next = model
                .take(&states[at], step)
                .map_err(|broken| format!("{broken}: {:?}", story(&origins, at, step)))?;
            if !known.contains_key(&next) {
                known.insert(next.clone(), states.len());
                states.push(next);
                origins.push(Some((at, step)));
            }
        }
        at += 1;
    }
    Ok(Walk { states, transitions })
}

fn story<S: Copy>(origins: &[Option<(usize, S)>], mut at: usize, last: S) -> Vec<S> {
    let mut steps = vec![last];
    while let Some((before, step)) = origins[at] {
        steps.push(step);
        at = before;
    }
    steps.reverse();
    steps
}

/// Checks that a strategy leads from each state to the goal: which step it takes
/// depends on the state alone, so a state that comes again is a circle.
pub(crate) fn always_leads<M: Model>(
    model: &M,
    states: &[M::State],
    goal: impl Fn(&M::State) -> bool,
    strategy: impl Fn(&M::State) -> M::Step,
) -> Result<(), String> {
    let mut good: HashSet<M::State> = HashSet::new();
    for state in states {
        let (mut path, mut seen, mut now) = (Vec::new(), HashSet::new(), state.clone());
        while !goal(&now) && !good.contains(&now) {
            if !seen.insert(now.clone()) {
                return Err(format!("leads nowhere: {path:?}"));
            }
            let step = strategy(&now);
            path.push(step);
            now = model.take(&now, step)?;
        }
        good.extend(seen);
    }
    Ok(())
}
