//! echo and printf.

use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::Word;

/// The output of an `echo` or of a `printf` with only a format.
pub(crate) fn output(command: &SimpleCommand) -> Option<String> {
    let args: Vec<String> = command.argv.iter().map(Word::to_hinit).collect::<Result<_, _>>().ok()?;
    match command.program()?.as_str() {
        "echo" => {
            let mut args = &args[1..];
            let (mut newline, mut escapes) = (true, false);
            while let Some(option) =
                args.first().filter(|arg| ["-n", "-e", "-ne", "-en"].contains(&arg.as_str()))
            {
                newline &= !option.contains('n');
                escapes |= option.contains('e');
                args = &args[1..];
            }
            let text = args.join(" ");
            let text = if escapes { unescaped(&text) } else { text };
            Some(if newline { text + "\n" } else { text })
        }
        "printf" if args.len() == 2 => Some(unescaped(&args[1])),
        _ => None,
    }
}

fn unescaped(text: &str) -> String {
    text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
}
