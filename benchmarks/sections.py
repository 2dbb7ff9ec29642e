"""What is measured on TensorFlow, section by section."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator

from benchmarks import (
    ascent,
    board,
    board_maps,
    memory,
    shared_pass,
    training,
    training_monitor,
    whole,
)
from benchmarks.peers import compare as peers
from benchmarks.report import Row


def _training(args: argparse.Namespace) -> Iterator[Row]:
    return training.rows(args.mnist, *((3, 200) if args.quick else ()))


def _whole(args: argparse.Namespace) -> Iterator[Row]:
    return whole.rows(args.mnist, *((2, 64, 2) if args.quick else ()))


def _board(args: argparse.Namespace) -> Iterator[Row]:
    return board.rows(args.repeats, *((2, 20) if args.quick else (12, 200)))


def _explorer(args: argparse.Namespace) -> Iterator[Row]:
    return board_maps.rows(args.repeats, *((2, 20) if args.quick else (12, 200)))


def _memory(args: argparse.Namespace) -> Iterator[Row]:
    return memory.peak_rows("CNN 32×32" if args.quick else "ResNet50V2 224×224")


SECTIONS: dict[str, Callable[[argparse.Namespace], Iterable[Row]]] = {
    "pass": lambda args: shared_pass.rows(args.repeats, "CNN" if args.quick else "", args.model),
    "monitor": lambda args: training_monitor.rows(args.repeats, args.quick),
    "training": _training,
    "whole": _whole,
    "memory": _memory,
    "long": lambda args: [memory.growth_row(20 if args.quick else 1000)],
    "ascent": lambda args: ascent.ascent_rows(args.repeats, args.quick),
    "perturbation": lambda args: ascent.perturbation_rows(args.repeats),
    "import": lambda args: [memory.import_row(args.repeats)],
    "keras": lambda args: training.keras_rows(args.repeats),
    "board": _board,
    "explorer": _explorer,
    "peers": lambda args: peers.rows(args.repeats, args.peers),
}
