//! The program: the name it was called by, the verb, the exit code.
#![no_main]

#[cfg(not(target_os = "linux"))]
compile_error!(
    "hinit runs on Linux only: build it there, in a container, or with --target x86_64-unknown-linux-musl"
);

#[cfg(target_os = "linux")]
hinit::entry_point!(hinit::cli::main, hinit::cli::first_leaked_descriptor);
