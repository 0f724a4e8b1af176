//! From words to commands, pipelines and lists.

use super::lexer::Lexer;
use super::word::{Part, Why, Word, name_length};
use super::{Command, Joint, List, Pipeline, Redirect, Simple};

/// Deeper nesting than this is no health check, and would cost stack.
const DEEPEST: u32 = 20;
const KEYWORDS: [&str; 7] = ["if", "for", "while", "until", "case", "function", "[["];
const OPERATORS: [&str; 9] = ["<<", "&>", "<>", "<&", ">&", ">>", ">|", "<", ">"];

/// Reads a whole script.
pub(in crate::lab::explain) fn parse(text: &str) -> Result<List, Why> {
    let mut lexer = Lexer::new(text);
    let list = list(&mut lexer, 0)?;
    if lexer.rest().is_empty() {
        return Ok(list);
    }
    Err(format!("its shell syntax is not understood from '{}' on", first_word(lexer.rest())))
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or(text)
}

fn list(lexer: &mut Lexer<'_>, depth: u32) -> Result<List, Why> {
    if depth > DEEPEST {
        return Err("its brackets are nested too deeply".into());
    }
    let mut list = List::new();
    let mut joint = Joint::Then;
    loop {
        skip_lines(lexer);
        let Some(pipeline) = pipeline(lexer, depth)? else {
            return if joint == Joint::Then {
                Ok(list)
            } else {
                Err("a command is missing at its end".into())
            };
        };
        list.push((joint, pipeline));
        lexer.skip_blanks();
        joint = if lexer.take("&&") {
            Joint::And
        } else if lexer.take("||") {
            Joint::Or
        } else if lexer.take(";") || lexer.take("\n") {
            Joint::Then
        } else if lexer.rest().starts_with('&') {
            return Err("it runs something in the background: an & that is not meant so wants quotes".into());
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

fn pipeline(lexer: &mut Lexer<'_>, depth: u32) -> Result<Option<Pipeline>, Why> {
    let negated = lexer.takes_bare("!");
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
        commands.push(command(lexer, depth)?.ok_or("nothing follows its last |")?);
    }
    let text = lexer.between(start, lexer.at()).to_owned();
    Ok(Some(Pipeline { negated, commands, text }))
}

fn command(lexer: &mut Lexer<'_>, depth: u32) -> Result<Option<Command>, Why> {
    if let Some(keyword) = KEYWORDS.iter().find(|word| lexer.takes_bare(word)) {
        return Err(format!("it is a shell program with '{keyword}', which explain does not read"));
    }
    let close = if lexer.take("(") {
        ")"
    } else if lexer.takes_bare("{") {
        "}"
    } else {
        return simple(lexer);
    };
    let inside = list(lexer, depth + 1)?;
    if !lexer.take(close) {
        return Err(format!("it has a bracket without its closing {close}"));
    }
    lexer.skip_blanks();
    while redirect(lexer)?.is_some() {
        lexer.skip_blanks();
    }
    Ok(Some(Command::Group(inside)))
}

fn simple(lexer: &mut Lexer<'_>) -> Result<Option<Command>, Why> {
    let mut simple = Simple::default();
    loop {
        lexer.skip_blanks();
        if let Some(found) = redirect(lexer)? {
            simple.redirects.push(found);
            continue;
        }
        // The brace that ends a group is a word of its own, where a command could begin.
        if simple.words.is_empty() && lexer.rest().starts_with('}') {
            break;
        }
        let Some(word) = lexer.word()? else { break };
        match assignment(&word).filter(|_| simple.words.is_empty()) {
            Some(assign) => simple.assigns.push(assign),
            None => simple.words.push(word),
        }
    }
    Ok((simple != Simple::default()).then_some(Command::Simple(simple)))
}

/// `NAME=VALUE`.
pub(in crate::lab::explain) fn assignment(word: &Word) -> Option<(String, Word)> {
    let Part::Text(text) = word.0.first()? else { return None };
    let (name, value) = text.split_once('=')?;
    if name.is_empty() || name_length(name) != name.len() {
        return None;
    }
    let mut parts = word.0.clone();
    parts[0] = Part::Text(value.to_owned());
    Some((name.to_owned(), Word(parts)))
}

fn redirect(lexer: &mut Lexer<'_>) -> Result<Option<Redirect>, Why> {
    let written = lexer.descriptor();
    let Some(operator) = OPERATORS.into_iter().find(|operator| lexer.take(operator)) else { return Ok(None) };
    if operator == "<<" {
        return Err("it has a here-document, which explain does not read".into());
    }
    lexer.skip_blanks();
    let to = lexer.word()?.ok_or_else(|| format!("nothing follows its {operator}"))?;
    let fd = written.unwrap_or(u32::from(!operator.starts_with('<')));
    Ok(Some(Redirect { fd, operator: operator.to_owned(), to }))
}
