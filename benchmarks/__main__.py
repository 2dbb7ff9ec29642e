"""`python -m benchmarks`: our cost beside a floor measured in the same run, and beside the field.

Prints one table as it is measured, and writes it to benchmarks/RESULTS.md with the machine, the
versions and the date. What cannot be measured here, such as a library whose environment was not
made (see benchmarks/peers/make.sh), is marked "not measured". Under KERAS_BACKEND=torch or jax it
measures the pass, the ascent, occlusion and RISE there, into a part of the file of their own.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from benchmarks import report

BACKEND = os.environ.get("KERAS_BACKEND") or "tensorflow"
if BACKEND == "tensorflow":
    from benchmarks.sections import SECTIONS
else:
    from benchmarks.backends import SECTIONS


def main() -> None:
    args = _arguments()
    # A part that is measured again takes its place in what there is.
    before = report.parts(args.output) if args.output else {}
    title = report.TITLES[BACKEND]
    rows, tables = report.kept(before.get(title, "")) if args.only else ({}, {})

    def write() -> None:
        if args.output:
            found = before | {title: _part(args, rows, tables)}
            text = "\n\n".join(found[each] for each in report.TITLES.values() if each in found)
            args.output.write_text(text + "\n", encoding="utf-8")

    print(report.table([]))
    for section, measured in SECTIONS.items():
        if args.only and section not in args.only:
            continue
        for row in measured(args):
            rows[row.measure] = str(row)
            print(row, flush=True)
            write()  # a long run that is cut off leaves what it has
    if BACKEND == "tensorflow" and (not args.only or "growth" in args.only):
        from benchmarks import growth

        for table in growth.tables(5 if args.quick else args.repeats, args.quick):
            tables[table.partition("\n")[0]] = table
            print(f"\n{table}", flush=True)
            write()


def _part(args: argparse.Namespace, rows: dict[str, str], tables: dict[str, str]) -> str:
    parts = [report.TITLES[BACKEND], *report.conditions()]
    if args.only:
        parts.append(f"Measured then: {', '.join(args.only)}; what else is here, in runs before.")
    parts += [
        report.table(rows.values()),
        "Medians of three turns or more; in brackets the quartiles of the ratio, turn by turn. "
        "≤: ours ÷ the other. ≥: how many times faster we are.",
    ]
    if tables:
        parts += [report.GROWTH, *tables.values()]
    return "\n\n".join(parts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--quick", action="store_true", help="small, to see that it runs")
    parser.add_argument("--only", nargs="+", choices=(*SECTIONS, "growth"), default=[])
    parser.add_argument("--peers", type=Path, help="the folder given to benchmarks/peers/make.sh")
    parser.add_argument("--model", type=Path, help="a .keras file: the pass over this network too")
    parser.add_argument("--mnist", help="an .npz with x_train and y_train; otherwise noise")
    parser.add_argument("--output", type=Path, help="RESULTS.md by default, of a full run only")
    args = parser.parse_args()
    if args.quick:
        args.repeats = 3
    elif args.output is None and not args.only:
        args.output = report.RESULTS
    return args


if __name__ == "__main__":
    main()
