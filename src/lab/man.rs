//! A man page of section 1 from a clap command.

use clap::Command;
use clap_mangen::Man;
use std::io::{self, Write};

/// The page, as roff.
///
/// # Errors
/// None, as it is written to memory; they come from the libraries.
pub(crate) fn page(command: Command) -> io::Result<Vec<u8>> {
    let notes = command.get_after_long_help().map(ToString::to_string);
    let man = Man::new(command)
        .date("")
        .source(concat!("hinit ", env!("CARGO_PKG_VERSION")))
        .manual("hinit manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if let Some(notes) = notes {
        write!(page, ".SH NOTES\n{}", roff(&notes))?;
    }
    Ok(page)
}

/// Text as roff: an indented line stays as it is, others are filled.
fn roff(text: &str) -> String {
    let mut page = String::new();
    let mut is_indented = false;
    for line in text.lines() {
        if line.starts_with(' ') != is_indented {
            is_indented = !is_indented;
            page.push_str(if is_indented { ".nf\n" } else { ".fi\n" });
        }
        if line.is_empty() {
            page.push_str(".PP\n");
        } else {
            let escaped = line.replace('\\', "\\e").replace('-', "\\-");
            page.extend(["\\&", &escaped, "\n"]);
        }
    }
    page + if is_indented { ".fi\n" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::roff;

    #[test]
    fn keeps_the_lines_of_a_table_and_escapes_what_roff_would_read() {
        let page = roff(".a -b\n'c\n\n  d \\r\n  e\nf");
        assert_eq!(page, "\\&.a \\-b\n\\&'c\n.PP\n.nf\n\\&  d \\er\n\\&  e\n.fi\n\\&f\n");
    }
}
