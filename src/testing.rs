//! What hinit's own tests, benchmarks and fuzz targets use, and nobody else: the
//! one door into a library that exists for the program only. Nothing behind it
//! is stable. It has the shape of the house, so that an import says where a
//! thing lives.
#![allow(missing_docs, reason = "each item is documented where it is")]

pub mod error {
    pub use crate::error::Error;
}
pub mod phase {
    pub use crate::phase::Phase;
}
pub mod signal {
    pub use crate::signal::Signal;
}
pub mod time {
    pub use crate::time::{GoDuration, parse_duration};
}
#[cfg(fuzzing)]
pub mod compat {
    pub use crate::compat::accepts;
}
pub mod health {
    pub use crate::health::Status;
    pub mod notify {
        pub use crate::health::notify::{Listener, NotifyState, SharedNotifyState};
    }
}
pub mod identity {
    pub mod account {
        pub use crate::identity::account::{MOST_GROUPS, resolve};
    }
    pub mod capability {
        pub use crate::identity::capability::Set;
    }
    pub mod database {
        pub use crate::identity::database::Database;
    }
    pub mod spec {
        pub use crate::identity::spec::{HIGHEST_ID, Name, UserSpec};
    }
}
#[cfg(feature = "lab")]
pub mod lab {
    #[cfg(feature = "lab")]
    pub mod explain {
        pub use crate::lab::explain::{Explained, Kind, OutputFormat, Rule, explain};
    }
}
pub mod limits {
    pub mod oom_score {
        pub use crate::limits::oom_score::parse;
    }
    pub mod rlimit {
        pub use crate::limits::rlimit::Limit;
    }
    pub mod umask {
        pub use crate::limits::umask::Umask;
    }
}
pub mod plan {
    pub mod parse {
        pub use crate::plan::parse::{exit_code, restart, rewrite};
    }
    pub mod probe {
        pub use crate::plan::probe::{Builtin, Notify, Probe, Service, StatusSet, Target};
        pub mod options {
            pub use crate::plan::probe::options::parse;
        }
    }
}
pub mod probe {
    pub use crate::probe::{Verdict, run};
    #[cfg(fuzzing)]
    pub use crate::probe::{read_grpc, read_http, read_service};
}
pub mod setup {
    pub mod env_file {
        pub use crate::setup::env_file::parse;
    }
}
pub mod status {
    pub mod document {
        pub use crate::status::document::{Document, Entry, Health};
    }
    pub mod file {
        pub use crate::status::file::StatusFile;
    }
    pub mod locations {
        pub use crate::status::locations::locations;
    }
    pub mod reader {
        pub use crate::status::reader::{read, this_process};
    }
}
pub mod sys {
    pub use crate::sys::Pid;
    pub mod clock {
        pub use crate::sys::clock::now;
    }
    pub mod fds {
        pub use crate::sys::fds::{input, wait_for_input};
    }
    pub mod process {
        pub use crate::sys::process::{Ending, Side, fork, lead_group, leave, own_pid, parent_pid, wait_for};
    }
    pub mod signals {
        pub use crate::sys::signals::{Inbox, block_all, on_parent_death};
    }
}
