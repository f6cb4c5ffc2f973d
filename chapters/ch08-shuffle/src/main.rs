//! Chapter 8's demonstration: what a shuffle does, whom it lets through, and the unit built on it.

mod by_hand;
mod cost;
mod paths;
mod picture;
mod two_layers;

use ch08_shuffle::Shuffle;
use std::process::ExitCode;
use two_layers::TwoLayers;
use unrolled::simd::Isa;
use unrolled::{Result, cli, files, say};

const USAGE: &str = "\
Channel shuffle: the permutation, which channels see each other through two grouped layers without it
and with it, what ShuffleNet's unit costs, and a task that can't be learned without a shuffle.

Usage: ch08-shuffle [--svg FILE] [--permutation FILE] [--paths FILE]
       ch08-shuffle --measure
  --svg FILE          draw who sees whom as well, into FILE
  --permutation FILE  draw the shuffle itself
  --paths FILE        draw the ways through two layers to one output
  --measure           measure instead how long each step of the unit takes
  --help              print this text";

/// Makes a picture.
type Drawing = fn() -> Result<String>;

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let measure = args.flag("--measure")?;
        let drawings: [(&str, Drawing); 3] =
            [("--svg", picture::figure), ("--permutation", paths::permutation), ("--paths", paths::figure)];
        let wanted = drawings.map(|(flag, draw)| (args.value::<String>(flag, "a file to write"), draw));
        args.finish()?;
        Isa::try_current()?;
        for (file, draw) in wanted {
            if let Some(file) = file? {
                files::write(file, draw()?)?;
            }
        }
        if measure {
            return cost::steps();
        }
        permutation()?;
        by_hand::gradient()?;
        who_sees_whom()?;
        two_layers::learn()?;
        cost::unit()?;
        cost::relatives()?;
        cost::bytes()
    })
}

fn permutation() -> Result<()> {
    say!("A shuffle writes the channels row by row, a row for each group, and reads them column by column.\n");
    for (groups, width) in [(2, 3), (3, 2)] {
        let shuffle = Shuffle::new(6, groups)?;
        let back = shuffle.inverse();
        let line = |what: String, channel: &dyn Fn(usize) -> usize| say!("{what:32}{}", grouped(width, channel));
        line(format!("6 channels in {groups} groups"), &|k| k);
        line(format!("shuffled in {groups} groups"), &|k| shuffle.source(k));
        line(format!("and shuffled again, in {width} groups"), &|k| shuffle.source(back.source(k)));
        say!("");
    }
    say!("The way back from a shuffle in 2 groups is a shuffle in 3, and the gradient takes it.\n");
    Ok(())
}

/// Six channels, with a bar after each group.
fn grouped(width: usize, channel: impl Fn(usize) -> usize) -> String {
    let text = |k: usize| format!("{}{}", if k > 0 && k.is_multiple_of(width) { "| " } else { "" }, channel(k));
    (0..6).map(text).collect::<Vec<_>>().join(" ")
}

fn who_sees_whom() -> Result<()> {
    let nine = TwoLayers { channels: 9, groups: 3, shuffled: false };
    say!("Two grouped 1x1 convolutions, 9 channels in 3 groups. One output channel after the other is asked for");
    say!("its gradient: # where an input channel got some, · where it got none.\n");
    picture::print("no shuffle between them", &nine)?;
    picture::print("a shuffle between them", &TwoLayers { shuffled: true, ..nine })?;
    say!("Without it there are three networks that never meet. With it, each group of the second layer gets");
    say!("channels from all groups of the first: here exactly one from each.\n");
    picture::print("6 channels in 3 groups, with a shuffle", &TwoLayers { channels: 6, groups: 3, shuffled: true })?;
    say!("A group of 2 channels can't hear from 3 groups. Two layers reach everywhere only if a group has at");
    say!("least as many channels as there are groups.\n");
    Ok(())
}
