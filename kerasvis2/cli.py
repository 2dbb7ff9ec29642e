"""The command line. Each command imports what it needs, so that it starts at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import kerasvis2
from kerasvis2.installed import without_backend

if TYPE_CHECKING:
    from kerasvis2.compare import Comparison


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `kerasvis2 …`.

    Returns:
        The exit status: 0, 1 after an error that was said on standard error, 130 after Ctrl-C.
        (argparse itself exits with 2 where the command line makes no sense.)
    """
    for stream in (sys.stdout, sys.stderr):
        # Names may hold what the terminal's encoding does not.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    try:
        return args.run(args) or 0
    except BrokenPipeError:
        # `| head` has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (ImportError, LookupError, OSError, ValueError) as error:
        words = without_backend(error) if isinstance(error, ImportError) else None
        print(f"kerasvis2: {printable(words or str(error))}", file=sys.stderr)
        return 1


def printable(text: str) -> str:
    """`text` with control and direction characters escaped, as a terminal would obey them."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kerasvis2", description="See what a Keras model is learning, epoch by epoch."
    )
    parser.add_argument("--version", action="version", version=kerasvis2.__version__)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser("demo", help="train on bundled real data, then open TensorBoard")
    demo.add_argument("--log-dir", default="runs/demo", help="where to write (%(default)s)")
    demo.add_argument("--epochs", type=_positive, help="epochs of each of the two runs")
    demo.add_argument("--no-board", action="store_true", help="do not start TensorBoard")
    demo.set_defaults(run=_demo)

    explain = commands.add_parser("explain", help="what a saved model sees in images")
    explain.add_argument("model", metavar="MODEL", help="a .keras file")
    explain.add_argument("images", metavar="IMAGE", nargs="+", help="picture files")
    explain.add_argument("--view", default="grad_cam", help="such as saliency (%(default)s)")
    explain.add_argument("--layers", help="a layer's path, a glob, or all; commas between several")
    explain.add_argument("--target", help="predicted, or a class index")
    explain.add_argument(
        "--units", help="of activation_maximization: indices with commas (all the model's classes)"
    )
    explain.add_argument(
        "--class-names", metavar="FILE", help="one name a line, or JSON: a list, or index to name"
    )
    explain.add_argument(
        "--range",
        type=_range,
        default=(0.0, 255.0),
        metavar="LOW,HIGH",
        help="what black and white are to the model (0,255)",
    )
    explain.add_argument("-o", "--output", required=True, help="the picture to write (.png)")
    explain.set_defaults(run=_explain)

    listing = commands.add_parser("list", help="runs, tags and steps in a folder")
    listing.add_argument("folder", metavar="RUNS", help="a run, or a folder of runs")
    listing.set_defaults(run=_list)

    compare = commands.add_parser("compare", help="runs side by side: a picture, GIF or HTML page")
    compare.add_argument("runs", metavar="RUN", nargs="+", help="a run, or a folder of runs")
    compare.add_argument("--tag", required=True, help="an image tag: name, glob or unique ending")
    compare.add_argument("--steps", type=_steps, metavar="0,5,10", help="all, by default")
    compare.add_argument(
        "--scale",
        choices=("common", "logged"),
        default="common",
        help="one scale for all, or the pictures as they were logged (%(default)s)",
    )
    compare.add_argument("--minus", metavar="RUN", help="one of the runs: subtract it, in numbers")
    compare.add_argument("-o", "--output", required=True, help="ends in .png, .gif or .html")
    compare.set_defaults(run=_compare)
    return parser


def _demo(args: argparse.Namespace) -> int | None:
    from kerasvis2.demo import main as run

    return run(args)


def _explain(args: argparse.Namespace) -> int | None:
    from kerasvis2.explain import main as run

    return run(args)


def _list(args: argparse.Namespace) -> int:
    from kerasvis2.compare.listing import listing
    from kerasvis2.record.reader import runs

    found = runs(args.folder)
    if not found:
        raise FileNotFoundError(f"no event files in {args.folder!r}")
    for run in found.values():
        for line in listing(run):
            print(printable(line))
        _warn(run.damage)
    return 0


def _compare(args: argparse.Namespace) -> int:
    from kerasvis2.compare import compare
    from kerasvis2.compare.save import checked

    target = checked(args.output)
    comparison = compare(args.runs, args.tag, args.steps, scale=args.scale, minus=args.minus)
    for run in comparison.runs.values():
        _warn(run.damage)
    _check_steps(comparison)
    _warn(comparison.notes)
    comparison.save(target)
    many = f"{len(comparison.runs)} runs, {len(comparison.steps)} steps of {comparison.tag}"
    print(printable(f"{target}: {many}, {target.stat().st_size / 1e6:.1f} MB"))
    return 0


def _check_steps(comparison: Comparison) -> None:
    """Raises `LookupError` where no run has a picture at a step that was asked for."""
    wanted = {
        step for step in comparison.steps for run in comparison.runs if comparison.logged(run, step)
    }
    if wanted:
        _warn(
            [
                f"no run has a picture at step {step}"
                for step in comparison.steps
                if step not in wanted
            ]
        )
        return
    asked = ", ".join(map(str, comparison.steps))
    known = sorted({step for run in comparison.runs for step in comparison.steps_of(run)})
    raise LookupError(
        f"--steps {asked}: no run has a picture of {comparison.tag} there; there are "
        f"{', '.join(map(str, known[:20]))}{', …' if len(known) > 20 else ''}."
    )


def _warn(lines: Sequence[str]) -> None:
    for line in lines:
        print(f"kerasvis2: {printable(line)}", file=sys.stderr)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no range such as 0,1") from None
    return low, high


def _steps(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of steps such as 0,5,10") from None
