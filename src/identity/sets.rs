//! The capability sets of this process: the current ones and the wanted ones.

use super::capability::{Choice, Set};
use crate::error::{Error, Result};
use crate::sys::creds::{self, Capabilities};
use std::io;

/// All sets that decide what this process and the programs it executes may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sets {
    pub(super) held: Capabilities,
    /// Kept by any exec.
    pub(super) ambient: Set,
    /// The limit of what setuid programs and file capabilities can grant.
    pub(super) bounding: Set,
}

impl Sets {
    /// The current sets.
    pub(super) fn now() -> io::Result<Self> {
        Ok(Self {
            held: creds::capabilities()?,
            ambient: Set(creds::ambient_set()?),
            bounding: Set(creds::bounding_set()?),
        })
    }

    /// The sets after a change from root to another user: what was added, and
    /// nothing else.
    ///
    /// hinit keeps these as permitted, to pass them to the app at each start, but
    /// never as effective, so that none of its own calls succeeds because of them.
    /// The ambient set makes them effective in the app.
    ///
    /// Without no_new_privs (`sudo`) the bounding set stays as it is, except for
    /// what is dropped by name.
    ///
    /// # Errors
    /// A capability is added that hinit does not hold.
    pub(super) fn after_drop(self, choice: Choice, no_new_privs: bool) -> Result<Self> {
        let kept = self.kept(choice, Set::NONE)?;
        let held = Capabilities { effective: 0, permitted: kept.0, inheritable: kept.0 };
        let open = choice.applied(self.bounding, self.bounding);
        Ok(Self { held, ambient: kept, bounding: if no_new_privs { kept } else { open } })
    }

    /// The sets if the user stays. A user other than root needs what is added in
    /// the ambient set; root has it anyway (CVE-2022-24769).
    ///
    /// # Errors
    /// A capability is added that hinit does not hold.
    pub(super) fn staying(self, choice: Choice, is_root: bool) -> Result<Self> {
        let kept = self.kept(choice, Set(self.held.permitted))?;
        let raised = if is_root { Set::NONE } else { choice.add & kept };
        let held = Capabilities {
            effective: self.held.effective & kept.0,
            permitted: kept.0,
            inheritable: self.held.inheritable & kept.0 | raised.0,
        };
        let bounding = choice.applied(self.bounding, self.bounding);
        Ok(Self { held, ambient: (self.ambient & kept) | raised, bounding })
    }

    fn kept(self, choice: Choice, basics: Set) -> Result<Set> {
        let available = Set(self.held.permitted) & self.bounding;
        let missing = choice.add - available;
        if choice.add == Set::ALL || missing == Set::NONE {
            return Ok(choice.applied(basics, available));
        }
        Err(Error::new(format!(
            "--cap-add: hinit does not hold {missing} itself; start the container as root (--user drops) with docker run {}",
            missing.as_options()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root(bits: u64) -> Sets {
        let held = Capabilities { effective: bits, permitted: bits, inheritable: 0 };
        Sets { held, ambient: Set::NONE, bounding: Set(bits) }
    }

    fn choice(add: u64, drop: u64) -> Choice {
        Choice { add: Set(add), drop: Set(drop) }
    }

    #[test]
    fn a_drop_leaves_nothing() {
        let nothing = Sets { held: Capabilities::default(), ambient: Set::NONE, bounding: Set::NONE };
        assert_eq!(root(0b111).after_drop(choice(0, 0), true), Ok(nothing));
    }

    #[test]
    fn what_is_added_is_the_only_thing_left_and_not_effective_in_hinit() {
        let held = Capabilities { effective: 0, permitted: 0b10, inheritable: 0b10 };
        let expected = Sets { held, ambient: Set(0b10), bounding: Set(0b10) };
        assert_eq!(root(0b111).after_drop(choice(0b10, 0), true), Ok(expected));
        assert_eq!(root(0b111).after_drop(choice(0b10, !0), true), Ok(expected));
    }

    #[test]
    fn with_new_privileges_the_bounding_set_stays_but_for_what_is_dropped() {
        let bounding = |add, drop| root(0b111).after_drop(choice(add, drop), false).unwrap().bounding;
        assert_eq!(bounding(0, 0), Set(0b111));
        assert_eq!(bounding(0b1, 0b10), Set(0b101));
        assert_eq!(bounding(0, !0), Set::NONE);
        assert_eq!(bounding(0b1, !0), Set(0b1));
    }

    #[test]
    fn a_root_that_stays_loses_what_is_dropped_from_every_set() {
        let mut before = root(0b111);
        before.held.inheritable = 0b11;
        before.ambient = Set(0b11);
        let held = Capabilities { effective: 0b101, permitted: 0b101, inheritable: 0b1 };
        let expected = Sets { held, ambient: Set(0b1), bounding: Set(0b101) };
        assert_eq!(before.staying(choice(0, 0b10), true), Ok(expected));
    }

    #[test]
    fn a_user_that_stays_gets_what_it_holds_as_ambient() {
        let held = Capabilities { effective: 0b1, permitted: 0b11, inheritable: 0 };
        let before = Sets { held, ambient: Set::NONE, bounding: Set(0b111) };
        let after = before.staying(choice(0b1, 0), false).unwrap();
        assert_eq!((after.ambient, after.held.inheritable, after.bounding), (Set(0b1), 0b1, Set(0b111)));
    }

    #[test]
    fn what_hinit_does_not_hold_is_an_error_with_the_fix() {
        let line = root(0b1).after_drop(choice(0b110, 0), true).unwrap_err().to_string();
        let fix = "docker run --cap-add DAC_OVERRIDE --cap-add DAC_READ_SEARCH";
        assert!(
            line.contains("does not hold DAC_OVERRIDE DAC_READ_SEARCH itself") && line.ends_with(fix),
            "{line}"
        );
        assert!(root(0b1).after_drop(choice(!0, 0), true).is_ok());
    }

    proptest! {
        #[test]
        fn nothing_is_ever_gained(held: u64, bounding: u64, add: u64, drop: u64, open: bool, is_root: bool) {
            let before = Sets { bounding: Set(bounding), ..root(held) };
            let wanted = choice(add & held & bounding, drop);
            for after in [before.after_drop(wanted, !open).unwrap(), before.staying(wanted, is_root).unwrap()] {
                prop_assert!(Set(after.held.permitted).is_within(Set(held)));
                prop_assert!(Set(after.held.effective).is_within(Set(after.held.permitted)));
                prop_assert!(after.bounding.is_within(before.bounding));
                prop_assert!(after.ambient.is_within(Set(after.held.permitted & after.held.inheritable)));
            }
        }
    }
}
