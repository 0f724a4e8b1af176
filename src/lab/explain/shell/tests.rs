use super::ast::{Command, ListOperator, Pipeline, SimpleCommand};
use super::parse;

fn one(text: &str) -> SimpleCommand {
    let list = parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
    match list.as_slice() {
        [(ListOperator::Sequence, Pipeline { negated: false, commands, .. })] => match commands.as_slice() {
            [Command::Simple(simple)] => simple.clone(),
            other => panic!("{text}: {other:?}"),
        },
        other => panic!("{text}: {other:?}"),
    }
}

fn words(text: &str) -> Vec<String> {
    one(text).argv.iter().map(|word| word.to_hinit().unwrap_or_else(|why| format!("<{why}>"))).collect()
}

#[test]
fn splits_words_and_removes_quotes() {
    let table: [(&str, &[&str]); 6] = [
        ("a  b\tc", &["a", "b", "c"]),
        (r#"a "b c" 'd e' f\ g"#, &["a", "b c", "d e", "f g"]),
        (r#"a "x\"y\z" ''"#, &["a", r#"x"y\z"#, ""]),
        ("a \\\n b # c", &["a", "b"]),
        ("a b#c", &["a", "b#c"]),
        ("http://h:1/?a=b", &["http://h:1/?a=b"]),
    ];
    for (text, expected) in table {
        assert_eq!(words(text), expected, "{text}");
    }
}

#[test]
fn writes_variables_in_hinits_notation() {
    assert_eq!(words(r#"a $B"$C/${D}" ${E:-8} ${F-9}"#), ["a", "${B}${C}/${D}", "${E:-8}", "${F:-9}"]);
    assert_eq!(words("a '$B'"), ["a", "$B"]);
    assert!(one("a '$B'").argv[1].has_unexpanded_variable());
    assert!(!one("a \"$B\"").argv[1].has_unexpanded_variable());
    assert!(words("a ${B%x}")[1].contains("needs a shell to expand ${B%x}"));
    assert!(words("a $(cat /x | head)")[1].contains("$(cat /x | head)"));
    assert_eq!(words("a `hostname`:1"), ["a", "${HOSTNAME}:1"]);
}

#[test]
fn parses_assignments_and_redirections() {
    let simple = one("A=1 B='' c D=2 >/dev/null 2>&1 3<>/dev/tcp/h/1 <x");
    let names: Vec<&str> = simple.assignments.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names, simple.argv.len()), (vec!["A", "B"], 2));
    let redirects: Vec<_> = simple.redirections.iter().map(|r| (r.fd, r.operator.as_str())).collect();
    assert_eq!(redirects, [(1, ">"), (2, ">&"), (3, "<>"), (0, "<")]);
}

#[test]
fn joins_commands_as_a_shell_does() {
    let joints = |text: &str| parse(text).unwrap().iter().map(|(operator, _)| *operator).collect::<Vec<_>>();
    assert_eq!(
        joints("a && b || c; d\ne;"),
        [
            ListOperator::Sequence,
            ListOperator::And,
            ListOperator::Or,
            ListOperator::Sequence,
            ListOperator::Sequence
        ]
    );
    let list = parse("! a | b 2>&1 | (c; d) || { e; }").unwrap();
    assert!(list[0].1.negated);
    assert_eq!((list[0].1.commands.len(), list[0].1.text.as_str()), (3, "a | b 2>&1 | (c; d)"));
    assert!(matches!(list[1].1.commands[0], Command::Group(_)));
}

#[test]
fn names_unsupported_syntax() {
    let table = [
        ("a 'b", "unclosed quote"),
        ("a \"b", "unclosed quote"),
        ("a `b", "backquote"),
        ("a $(b", ") is missing"),
        ("(a", ") is missing"),
        ("a )", "not supported from ')'"),
        ("a &&", "missing at the end"),
        ("a |", "last |"),
        ("a & b", "background"),
        ("if a; then b; fi", "shell script with 'if'"),
        ("a <<E", "here-document"),
    ];
    for (text, why) in table {
        let message = parse(text).expect_err(text);
        assert!(message.contains(why), "{text}: {message}");
    }
    assert!(parse(&"(".repeat(10_000)).unwrap_err().contains("too deeply"));
}
