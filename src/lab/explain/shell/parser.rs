//! Parses words into commands, pipelines and lists.

use super::ast::{Command, List, ListOperator, Pipeline, Redirection, SimpleCommand};
use super::lexer::Lexer;
use crate::lab::explain::notes::Reason;

/// Bounds the recursion. No health check is nested deeper.
const MAX_DEPTH: u32 = 20;
const KEYWORDS: [&str; 7] = ["if", "for", "while", "until", "case", "function", "[["];
const REDIRECTIONS: [&str; 9] = ["<<", "&>", "<>", "<&", ">&", ">>", ">|", "<", ">"];

/// Parses a script.
pub(crate) fn parse(text: &str) -> Result<List, Reason> {
    let mut lexer = Lexer::new(text);
    let list = list(&mut lexer, 0)?;
    if lexer.rest().is_empty() {
        return Ok(list);
    }
    Err(format!("its shell syntax is not supported from '{}' on", first_word(lexer.rest())))
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or(text)
}

fn list(lexer: &mut Lexer<'_>, depth: u32) -> Result<List, Reason> {
    if depth > MAX_DEPTH {
        return Err("its brackets are nested too deeply".into());
    }
    let mut list = List::new();
    let mut operator = ListOperator::Sequence;
    loop {
        skip_lines(lexer);
        let Some(pipeline) = pipeline(lexer, depth)? else {
            return if operator == ListOperator::Sequence {
                Ok(list)
            } else {
                Err("a command is missing at the end".into())
            };
        };
        list.push((operator, pipeline));
        lexer.skip_blanks();
        operator = if lexer.take("&&") {
            ListOperator::And
        } else if lexer.take("||") {
            ListOperator::Or
        } else if lexer.take(";") || lexer.take("\n") {
            ListOperator::Sequence
        } else if lexer.rest().starts_with('&') {
            return Err("it runs a command in the background; quote an & that is part of an argument".into());
        } else {
            return Ok(list);
        };
    }
}

fn skip_lines(lexer: &mut Lexer<'_>) {
    lexer.skip_blanks();
    while lexer.take("\n") {
        lexer.skip_blanks();
    }
}

fn pipeline(lexer: &mut Lexer<'_>, depth: u32) -> Result<Option<Pipeline>, Reason> {
    let negated = lexer.take_reserved("!");
    lexer.skip_blanks();
    let start = lexer.at();
    let Some(first) = command(lexer, depth)? else { return Ok(None) };
    let mut commands = vec![first];
    loop {
        lexer.skip_blanks();
        if lexer.rest().starts_with("||") || !lexer.take("|") {
            break;
        }
        skip_lines(lexer);
        commands.push(command(lexer, depth)?.ok_or("nothing follows the last |")?);
    }
    let text = lexer.between(start, lexer.at()).to_owned();
    Ok(Some(Pipeline { negated, commands, text }))
}

fn command(lexer: &mut Lexer<'_>, depth: u32) -> Result<Option<Command>, Reason> {
    if let Some(keyword) = KEYWORDS.iter().find(|word| lexer.take_reserved(word)) {
        return Err(format!("it is a shell script with '{keyword}', which explain does not support"));
    }
    let close = if lexer.take("(") {
        ")"
    } else if lexer.take_reserved("{") {
        "}"
    } else {
        return simple(lexer);
    };
    let inside = list(lexer, depth + 1)?;
    if !lexer.take(close) {
        return Err(format!("it has an unclosed bracket: {close} is missing"));
    }
    lexer.skip_blanks();
    while redirection(lexer)?.is_some() {
        lexer.skip_blanks();
    }
    Ok(Some(Command::Group(inside)))
}

fn simple(lexer: &mut Lexer<'_>) -> Result<Option<Command>, Reason> {
    let mut simple = SimpleCommand::default();
    loop {
        lexer.skip_blanks();
        if let Some(found) = redirection(lexer)? {
            simple.redirections.push(found);
            continue;
        }
        // The closing brace of a group is a reserved word, only where a command can start.
        if simple.argv.is_empty() && lexer.rest().starts_with('}') {
            break;
        }
        let Some(word) = lexer.word()? else { break };
        match word.as_assignment().filter(|_| simple.argv.is_empty()) {
            Some(assignment) => simple.assignments.push(assignment),
            None => simple.argv.push(word),
        }
    }
    Ok((simple != SimpleCommand::default()).then_some(Command::Simple(simple)))
}

fn redirection(lexer: &mut Lexer<'_>) -> Result<Option<Redirection>, Reason> {
    let written = lexer.descriptor();
    let Some(operator) = REDIRECTIONS.into_iter().find(|operator| lexer.take(operator)) else {
        return Ok(None);
    };
    if operator == "<<" {
        return Err("it has a here-document, which explain does not support".into());
    }
    lexer.skip_blanks();
    let target = lexer.word()?.ok_or_else(|| format!("nothing follows {operator}"))?;
    let fd = written.unwrap_or(u32::from(!operator.starts_with('<')));
    Ok(Some(Redirection { fd, operator: operator.to_owned(), target }))
}
