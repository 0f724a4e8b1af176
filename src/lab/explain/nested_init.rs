//! An init that an image already has, such as tini: hinit replaces it, and has
//! options for what its own options do.

use super::image::Image;
use crate::compat::getopt::{Getopt, OptionTable, ParsedOption};
use crate::compat::{catatonit, dumb_init, tini};
use std::ffi::OsString;

/// An init in front of a program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NestedInit {
    /// `tini`, `dumb-init`.
    pub(super) name: String,
    /// What hinit is given instead of its options.
    pub(super) options: Vec<String>,
    /// Its options that hinit lacks, and messages on what cannot be parsed.
    pub(super) unsupported: Vec<String>,
    /// The program behind it, and its arguments.
    pub(super) program: Vec<String>,
}

/// hinit's options for one of another init; none if it lacks it.
type Replace = fn(char, &str) -> Option<Vec<String>>;

/// The init that a command starts with; none if it has none.
pub(super) fn of(args: &[String], image: &Image) -> Option<NestedInit> {
    let (program, arguments) = args.split_first()?;
    let name = program.rsplit('/').next()?;
    let (table, replace): (&'static OptionTable, Replace) = match name {
        "tini" | "tini-static" | "docker-init" => (&tini::OPTIONS, of_tini),
        "dumb-init" => (&dumb_init::OPTIONS, of_dumb_init),
        "catatonit" => (&catatonit::OPTIONS, of_catatonit),
        _ => return None,
    };
    let mut init = NestedInit::parse(name, table, arguments, replace);
    init.add_group(image, arguments);
    Some(init)
}

impl NestedInit {
    fn parse(name: &str, table: &'static OptionTable, arguments: &[String], replace: Replace) -> Self {
        let args: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let mut init =
            Self { name: name.to_owned(), options: Vec::new(), unsupported: Vec::new(), program: Vec::new() };
        let mut getopt = Getopt::new(table, &args);
        for option in &mut getopt {
            match option.map(|option| replaced(&option, replace)) {
                Ok(Ok(options)) => init.options.extend(options),
                Ok(Err(letter)) => init.unsupported.push(format!("-{letter}")),
                Err(message) => init.unsupported.push(message),
            }
        }
        init.program = getopt.rest().iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        init
    }

    /// `-g` for what signals the whole group: dumb-init does unless `-c` is given.
    fn add_group(&mut self, image: &Image, arguments: &[String]) {
        let single = image.variable("DUMB_INIT_SETSID") == Some("0")
            || arguments.iter().take(arguments.len() - self.program.len()).any(|arg| is_single_child(arg));
        let is_group = match self.name.as_str() {
            "dumb-init" => !single,
            "tini" | "tini-static" => image.variable("TINI_KILL_PROCESS_GROUP").is_some(),
            _ => false,
        };
        if is_group && !self.options.iter().any(|option| option == "-g") {
            self.options.insert(0, "-g".into());
        }
    }
}

/// `-c`, `-vc`, `--single-child`, `--single`.
fn is_single_child(arg: &str) -> bool {
    let short = arg.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    short.is_some_and(|letters| letters.split('r').next().unwrap_or_default().contains('c'))
        || (arg.len() > 2 && "--single-child".starts_with(arg))
}

/// hinit's options for an option, or its letter.
fn replaced((letter, value): &ParsedOption, replace: Replace) -> Result<Vec<String>, char> {
    let value = value.as_ref().map(|value| value.to_string_lossy()).unwrap_or_default();
    replace(*letter, &value).ok_or(*letter)
}

fn of_tini(letter: char, value: &str) -> Option<Vec<String>> {
    Some(match letter {
        'g' => vec!["-g".into()],
        'v' => vec!["-v".into()],
        'w' => vec!["--warn-on-reap".into()],
        'e' => vec!["--ok-exit".into(), value.into()],
        'p' => vec!["--pdeath-signal".into(), value.into()],
        // hinit adopts orphans by itself.
        's' => Vec::new(),
        _ => return None,
    })
}

fn of_dumb_init(letter: char, value: &str) -> Option<Vec<String>> {
    Some(match letter {
        'v' => vec!["-v".into()],
        'c' => Vec::new(),
        'r' => {
            let (from, to) = value.split_once(':')?;
            let to = if to == "0" { "ignore" } else { to };
            vec!["--rewrite".into(), format!("{from}={to}")]
        }
        _ => return None,
    })
}

fn of_catatonit(letter: char, _: &str) -> Option<Vec<String>> {
    (letter == 'g').then(|| vec!["-g".into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_an_option_for_each_of_another_init() {
        for (line, options, program) in [
            ("tini -- app a", "", "app a"),
            ("/sbin/tini app", "", "app"),
            ("tini -vvg -e143 -e 3 -- app", "-v -v -g --ok-exit 143 --ok-exit 3", "app"),
            ("tini -s -w -p SIGKILL -- app", "--warn-on-reap --pdeath-signal SIGKILL", "app"),
            ("docker-init -- app", "", "app"),
            ("dumb-init app -c", "-g", "app -c"),
            ("/usr/bin/dumb-init -c -- app", "", "app"),
            ("dumb-init -vc app", "-v", "app"),
            ("dumb-init --single-child app", "", "app"),
            ("dumb-init --rewrite 15:3 -r2:0 -v -- app", "-g --rewrite 15=3 --rewrite 2=ignore -v", "app"),
            ("catatonit -g -- app", "-g", "app"),
            ("tini --", "", ""),
        ] {
            let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let init = of(&args, &Image::default()).unwrap();
            let found = (init.options.join(" "), init.program.join(" "), init.unsupported);
            assert_eq!(found, (options.to_owned(), program.to_owned(), Vec::new()), "{line}");
        }
    }

    #[test]
    fn names_the_options_that_hinit_lacks() {
        let args = ["tini", "-h", "-x", "app"].map(str::to_owned);
        let init = of(&args, &Image::default()).unwrap();
        assert_eq!(init.unsupported, ["-h", "invalid option -- 'x'"]);
    }

    #[test]
    fn takes_the_variables_of_an_init_into_account() {
        let of_variable = |name: &str, value: &str, line: &str| {
            let image = Image { variables: vec![(name.into(), value.into())], ..Image::default() };
            let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            of(&args, &image).unwrap().options
        };
        assert_eq!(of_variable("TINI_KILL_PROCESS_GROUP", "1", "tini -- app"), ["-g"]);
        assert_eq!(of_variable("DUMB_INIT_SETSID", "0", "dumb-init app"), Vec::<String>::new());
    }

    #[test]
    fn sees_no_init_in_another_program() {
        for program in ["app", "/init", "gosu", ""] {
            assert_eq!(of(&[program.to_owned()], &Image::default()), None);
        }
        assert_eq!(of(&[], &Image::default()), None);
    }
}
