#!/usr/bin/env python3
"""The layers of a table in PyTorch on the CPU, in float32: to compare with.

    pip install torch
    python3 torch_conv.py --threads 1
    python3 torch_conv.py --threads 2 --layers others.tsv --only vgg,resnet --passes fwd

Prints a line for each layer and pass: name.pass, milliseconds (the median of many calls after a warm-up), and
GFLOP/s as the definition counts operations, zeros of the padding included. Lines that begin with # are comments.

PyTorch hands the memory of large outputs back to the system after each call. To compare kernels, and not how fast the
system gives memory, set MALLOC_MMAP_THRESHOLD_=8000000000 and MALLOC_TRIM_THRESHOLD_=16000000000.

With --serve it reads requests instead, a layer's line, a pass and seconds to spend, and answers each with such a
line: `cargo run -p ch11-choosing -- --torch` does that.
"""
import argparse
import pathlib
import statistics
import sys
import time

try:
    import torch
except ImportError as error:
    print(f"python3 has no torch ({error})", flush=True)
    sys.exit(1)

PASSES = ["fwd", "bwd_data", "bwd_weight"]


def median_ms(call, seconds):
    begin, calls = time.perf_counter(), 0
    while calls < 3 or time.perf_counter() - begin < 0.2 * seconds:
        call()
        calls += 1
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


class Layer:
    """A line of the table, with tensors."""

    def __init__(self, line):
        self.line = line
        self.name, op, *numbers = line.split()
        n, c, d, h, w, k, taps, stride, pad, dilation, groups = map(int, numbers)
        dims, transposed = int(op[-2]), op.startswith("convt")
        self.x = torch.randn(n, c, *[d, h, w][3 - dims:])
        channels = (c, k // groups) if transposed else (k, c // groups)
        self.w = torch.randn(*channels, *[taps] * dims)
        self.spec = [[stride] * dims, [pad] * dims, [dilation] * dims, transposed, [0] * dims, groups]
        y = self.forward()
        self.dy = torch.randn_like(y)
        # Each weight meets each place of the output once; or of the input, where it is transposed.
        places = (self.x if transposed else y)[0, 0].numel() * n
        self.flops = 2.0 * places * self.w.numel()

    def forward(self):
        return torch.ops.aten.convolution(self.x, self.w, None, *self.spec)

    def backward(self, mask):
        return torch.ops.aten.convolution_backward(self.dy, self.x, self.w, None, *self.spec, mask)

    def report(self, passed, seconds):
        call = {
            "fwd": self.forward,
            "bwd_data": lambda: self.backward([True, False, False]),
            "bwd_weight": lambda: self.backward([False, True, False]),
        }[passed]
        ms = median_ms(call, seconds)
        print(f"{self.name}.{passed}\t{ms:.4f}\t{self.flops / ms / 1e6:.2f}", flush=True)


def serve():
    layer = None
    for request in sys.stdin:
        line, passed, seconds = request.rstrip("\n").rsplit("\t", 2)
        if layer is None or layer.line != line:
            layer = None  # frees its memory first
            layer = Layer(line)
        layer.report(passed, float(seconds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--layers", help="a table of layers [layers.tsv of this crate]")
    parser.add_argument("--only", default="", help="layers whose names contain one of these, with commas between them")
    parser.add_argument("--passes", default=",".join(PASSES))
    parser.add_argument("--seconds", type=float, default=1.0, help="to spend on each layer and pass")
    parser.add_argument("--serve", action="store_true")
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    print(f"# torch {torch.__version__}, {torch.get_num_threads()} thread(s), "
          f"{torch.backends.cpu.get_cpu_capability()}", flush=True)
    if args.serve:
        return serve()
    path = args.layers or pathlib.Path(__file__).resolve().parent.parent / "layers.tsv"
    only = [part for part in args.only.split(",") if part]
    with open(path, encoding="utf-8-sig") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                if not only or any(part in line.split()[0] for part in only):
                    layer = Layer(line)
                    for passed in args.passes.split(","):
                        layer.report(passed, args.seconds)


main()
