//! Variables that a build has and a container has not.

use super::health_check::{HealthCheck, Test};
use super::notes::Notes;
use super::rules::Rule;
use super::variable::names_without_default;

/// Notes each variable of a check that is only an ARG.
pub(super) fn find_unset(check: &HealthCheck, notes: &mut Notes) {
    let text = match &check.test {
        Test::Exec(args) => args.join(" "),
        Test::Shell { script, .. } => script.clone(),
        Test::Disabled | Test::Inherited | Test::Missing => return,
    };
    for name in names_without_default(&text) {
        let arg = check.image.build_args.iter().rev().find(|arg| arg.value.0 == name);
        let is_set = check.image.variable(name).is_some() || text.contains(&format!("{name}="));
        if let Some(arg) = arg.filter(|_| !is_set) {
            let note = format!("{name} is only an ARG, which is not set at run time: add ENV {name}=${name}");
            notes.add_at(Rule::UnsetBuildArg, Some(arg.line), note);
        }
    }
}
