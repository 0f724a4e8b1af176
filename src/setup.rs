//! What hinit does for the app before the drop, while it may still be root:
//! volumes that change hands, and files that only root may read.

pub mod chown;
pub mod env_file;
