//! hinit beside the inits that images use today, in one run:
//!
//! ```text
//! cargo bench --bench peers
//! ```
//!
//! It builds the dist hinit and pairs it with Debian's tini, tini-static,
//! dumb-init and catatonit: what a file weighs, what an idle PID 1 holds and how
//! often it wakes, what wrapping `true` costs, which signals are lost at startup,
//! and what a health probe costs beside curl. Nothing is asserted: the budgets
//! are printed beside the numbers. As root it measures PID 1 of a fresh
//! namespace too; a peer that is not installed is named as missing.
//!
//! `cargo bench --bench peers -- probes` gives one table alone; the others are
//! `costs`, `lost`, `zombies`, how long a stop takes to reach the app while
//! 10,000 zombies are reaped, and `growth`, what 100,000 probes leave in the
//! memory of PID 1, which takes a few minutes.
//!
//! Two states of the source are compared in one run, since figures of two runs
//! are not comparable on a machine that does other things too. The older one is
//! built in a checkout of its own:
//!
//! ```text
//! git worktree add ../before COMMIT && ../before/packaging/dist
//! BENCH_BESIDE="before=$PWD/../before/target/dist/x86_64" cargo bench --bench peers
//! ```

#![allow(unsafe_code, reason = "it forks as hinit does")]
#![allow(clippy::print_stdout, reason = "a benchmark prints its table")]

mod growth;
mod idle;
mod lost;
mod probe;
mod start;
mod subject;
mod table;
mod wrap;
mod zombies;

use probe::Prober;
use std::error::Error;
use std::time::Instant;
use subject::Subject;
use table::{Table, cell};

/// What all ratios are relative to.
const REFERENCE: &str = "tini-static";

/// Of the first four columns; the last one is a ratio. The size is that of hinit,
/// and 600,000 for hinit-slim.
const BUDGET: [f64; 4] = [1_250_000.0, 400.0, 80.0, 0.0];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let asked = |wanted: &str| std::env::args().any(|word| word == wanted);
    if asked(zombies::APP) {
        return zombies::be_the_app();
    }
    if let Some(address) = std::env::args().skip_while(|word| word != probe::FLOOR).nth(1) {
        return probe::be_the_floor(&address);
    }
    subject::build_dist()?;
    let (subjects, missing) = subject::present()?;
    for name in missing {
        println!("missing here, so not measured: {name}");
    }
    let all = !TABLES.iter().any(|(name, _)| asked(name));
    for (_, print) in TABLES.iter().filter(|(name, _)| all || asked(name)) {
        print(&subjects)?;
    }
    Ok(())
}

type Print = fn(&[Subject]) -> Outcome<()>;

/// By the words that ask for one of them alone.
const TABLES: [(&str, Print); 5] = [
    ("costs", print_costs),
    ("lost", print_lost),
    ("zombies", print_zombies),
    ("probes", print_probes),
    ("growth", print_growth),
];

fn print_costs(subjects: &[Subject]) -> Outcome<()> {
    let idle = idle::measure(subjects)?;
    let wrap = wrap::measure(subjects)?;
    let mut table =
        Table::new(&["", "file bytes", "VmRSS kB", "anon kB", "wake-ups/10 s", "wrap of true us"]);
    let base = subjects.iter().position(|subject| subject.name == REFERENCE);
    for (i, subject) in subjects.iter().enumerate() {
        let numbers = |i: usize| {
            let idle = &idle[i];
            [subjects[i].size, idle.resident, idle.anonymous, idle.wakeups, wrap.overheads[i]]
        };
        let row = numbers(i);
        let base = base.map(numbers);
        table.row(
            &subject.name,
            row.iter().enumerate().map(|(k, value)| cell(*value, base.map(|base| base[k]))),
        );
    }
    table.row("budget", BUDGET.into_iter().map(|value| cell(value, None)).chain(["0.70x".into()]));
    println!("\nidle {}; medians; N.NNx is relative to {REFERENCE}", start::how());
    println!(
        "bare `true`: {:.0} us; wrap is the median of the paired differences, {} rounds",
        wrap.bare,
        wrap::ROUNDS
    );
    print!("{table}");
    Ok(())
}

fn print_lost(subjects: &[Subject]) -> Outcome<()> {
    let mut ways = Vec::new();
    for subject in subjects {
        for flags in &subject.group_flags {
            let name = format!("{} {}", subject.name, flags.join(" "));
            let first =
                start::can_be_first().then(|| lost::start_and_stop(subject, flags, true)).transpose()?;
            ways.push((name, first, lost::start_and_stop(subject, flags, false)?));
        }
    }
    let limit = Instant::now() + start::GENEROUS;
    let mut table = Table::new(&["", "as PID 1", "(before it listened)", "not as PID 1"]);
    for (name, first, otherwise) in ways {
        let first = first.map(|survivors| survivors.count(limit)).transpose()?;
        let [astray, deaf] = first.map_or(["needs root".into(), String::new()], |lost| {
            [lost.astray, lost.deaf].map(|n| n.to_string())
        });
        table.row(&name, [astray, deaf, otherwise.count(limit)?.astray.to_string()]);
    }
    table.row("budget", ["0", "", "0"].map(String::from));
    println!("\nsignals lost: TERM 0 to 1.5 ms after exec, {} starts each", lost::STARTS);
    print!("{table}");
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "as the other tables")]
fn print_zombies(subjects: &[Subject]) -> Outcome<()> {
    println!(
        "\nTERM to PID 1 until its app has it, ms, while {} zombies are reaped; {} rounds",
        zombies::ZOMBIES,
        zombies::ROUNDS
    );
    if !start::can_be_first() {
        println!("  not measured: that needs root");
        return Ok(());
    }
    let mut table = Table::new(&["", "median", "longest", "zombies left then"]);
    for subject in subjects.iter().filter(|subject| !subject.is_slim()) {
        match zombies::measure(subject) {
            Ok(delays) => {
                let [fewest, most] = delays.left;
                let times = [delays.median, delays.longest].map(|ms| format!("{ms:.2}"));
                table.row(&subject.name, times.into_iter().chain([format!("{fewest} to {most}")]));
            }
            Err(why) => table.row(&subject.name, [why.to_string()]),
        }
    }
    table.row("budget", ["6.00"].map(String::from));
    print!("{table}");
    Ok(())
}

fn print_probes(subjects: &[Subject]) -> Outcome<()> {
    let server = probe::Server::start()?;
    let mut probers = vec![Prober::Fork];
    probers.extend(subjects.iter().filter(|subject| subject.is_hinit).map(Prober::Init));
    match subject::in_path("curl") {
        Some(_) => probers.push(Prober::Curl),
        None => println!("missing here, so not measured: curl"),
    }
    let costs = probe::measure(&probers, &server)?;
    let mut table = Table::new(&["", "CPU ms", "beside the fork"]);
    for (prober, cost) in probers.iter().zip(&costs) {
        table.row(&prober.name(), [format!("{cost:.3}"), format!("{:.2}x", cost / costs[0])]);
    }
    table.row("budget", ["", "1.30x"].map(String::from));
    println!(
        "\nCPU of one probe of a loopback server, the init's own and its children's; \
         medians of {} rounds of {} probes",
        probe::ROUNDS,
        probe::PROBES
    );
    print!("{table}");
    Ok(())
}

fn print_growth(subjects: &[Subject]) -> Outcome<()> {
    let server = probe::Server::start()?;
    let mut table = Table::new(&["", "after 1,000", &format!("after {}", growth::PROBES), "growth"]);
    for subject in subjects.iter().filter(|subject| subject.is_hinit && !subject.is_slim()) {
        let growth = growth::measure(subject, &server)?;
        let numbers = [growth.warm, growth.end, growth.end - growth.warm];
        table.row(&subject.name, numbers.map(|number| format!("{number:.0}")));
    }
    table.row("budget", ["", "", "0"].map(String::from));
    println!("\nanonymous memory in kB {} that probes over and over", start::how());
    print!("{table}");
    Ok(())
}
