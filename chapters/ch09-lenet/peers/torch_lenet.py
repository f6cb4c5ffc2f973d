#!/usr/bin/env python3
"""The same network, data and training in PyTorch on the CPU: seconds per epoch, to compare with.

    pip install torch numpy
    python3 torch_lenet.py --threads 2 --epochs 2

Everything is loaded beforehand and batches are cut from tensors in memory: the fastest plain loop.
"""
import argparse
import gzip
import pathlib
import time

import numpy
import torch
from torch import nn

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def load(split):
    def read(name, header):
        return numpy.frombuffer(gzip.open(DATA / name).read(), numpy.uint8, offset=header)
    images = read(f"{split}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
    labels = read(f"{split}-labels-idx1-ubyte.gz", 8)
    return torch.from_numpy(images.copy()).float() / 255, torch.from_numpy(labels.copy()).long()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    (x, y), (test_x, test_y) = load("train"), load("t10k")
    network = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(14),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(5),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    adam = torch.optim.Adam(network.parameters(), lr=0.001)
    cross_entropy = nn.CrossEntropyLoss()
    for epoch in range(1, args.epochs + 1):
        start, total = time.perf_counter(), 0.0
        batches = torch.randperm(len(x))[:len(x) // args.batch * args.batch].split(args.batch)
        for batch in batches:
            adam.zero_grad()
            loss = cross_entropy(network(x[batch]), y[batch])
            loss.backward()
            adam.step()
            total += loss.item()
        seconds = time.perf_counter() - start
        with torch.no_grad():
            right = sum((network(a).argmax(1) == b).sum().item() for a, b in zip(test_x.split(250), test_y.split(250)))
        print(f"epoch {epoch}: loss {total / len(batches):.4f}, test accuracy {right / len(test_x):.4f}, {seconds:.2f} s", flush=True)


main()
