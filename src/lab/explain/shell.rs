//! A parser for the part of the shell language that health checks use. It
//! names what it does not support instead of guessing.

pub(super) mod ast;
mod lexer;
mod parser;
pub(super) mod word;

pub(super) use parser::parse;

#[cfg(test)]
mod tests;
