//! The program: the name it was called by, the verb, the exit code.
#![no_main]

hinit::entry_point!(hinit::cli::main, hinit::cli::first_leaked_descriptor);
