//! Runs a kernel of your own on the simulated GPU.

mod tool;

use unrolled::{cli, say};

const USAGE: &str = "\
Runs a kernel on the simulated GPU, on data from the command line, and prints its memory afterwards.

Usage: run FILE [OPTION...] [PARAMETER...]
  FILE           a file of PTX, or the name of one in cuda/ptx/examples
  PARAMETER      one for each of the kernel, in their order, perhaps with NAME= in front:
                 5, 0.5              a number
                 f32:1,2,3           memory with these numbers; also u32: and s32:
                 u32:0..32           memory with 0 to 31
                 f32x32              memory for 32 numbers, which nobody has written
  --kernel NAME  the kernel [the file's first]
  --grid X,Y,Z   blocks [1]
  --block X,Y,Z  threads of each [32]
  --shared BYTES dynamic shared memory of each block [0]
  --counts       print counters, too
  --listing      print each instruction with its counters, too
  --trace        print each step of one warp, too
  --of X,Y,Z     that warp's block [0,0,0]
  --warp N       its number in the block [0]
  --lines A-B    of trace and listing only what these lines of the file did, and no memory
  --unsafe       no sanitizer: only addresses are checked
  --limit N      instructions that a warp may run
  --help         print this text

A line `// run: ...` in the file says what is used where the command line is silent: --grid, --block, --shared, and
parameters.";

fn main() -> std::process::ExitCode {
    cli::run(USAGE, |args| {
        say!("{}", tool::run(args)?.trim_end());
        Ok(())
    })
}
