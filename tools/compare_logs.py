#!/usr/bin/env python3
"""Prints the logs of two training runs side by side, as a Markdown table.

    tools/compare_logs.py RUN RUN [--every N] [--names cpu,cuda]

A row for every N-th iteration that both logs (RUN/log.jsonl) hold, and the last common one. Two runs that differ only in
the device draw the same random numbers: they start equal up to rounding and drift apart as training amplifies it.
Exit code 2: a log is missing, is no log, or both have no iteration in common.
"""

import argparse
import json
import sys
from pathlib import Path

COLUMNS = {
    "loss D": lambda line: line["loss_d_real"] + line["loss_d_fake"],
    "loss G": lambda line: line["loss_g"],
    "D(x)": lambda line: line["d_real"],
    "D(G(z))": lambda line: line["d_fake_before"],
}


def read_log(run):
    """Iteration to the values of COLUMNS."""
    lines = (json.loads(line) for line in (Path(run) / "log.jsonl").read_text().splitlines())
    return {line["iteration"]: [value(line) for value in COLUMNS.values()] for line in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs=2, metavar="RUN")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--names", default="", help="headings of the two runs, with a comma between [their paths]")
    arguments = parser.parse_args()
    try:
        logs = [read_log(run) for run in arguments.runs]
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"compare_logs: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    common = sorted(logs[0].keys() & logs[1].keys())
    if not common:
        print("compare_logs: the logs have no iteration in common", file=sys.stderr)
        return 2
    names = arguments.names.split(",") if arguments.names else arguments.runs
    print("| iteration | " + " | ".join(f"{column}, {name}" for column in COLUMNS for name in names) + " |")
    print("|" + "--:|" * (1 + 2 * len(COLUMNS)))
    for iteration in common:
        if iteration % arguments.every == 0 or iteration == common[-1]:
            values = [f"{value:.4f}" for pair in zip(*(log[iteration] for log in logs)) for value in pair]
            print(f"| {iteration} | " + " | ".join(values) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
