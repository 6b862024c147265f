"""Runs the steps of tools/gpu_check one after another and keeps what they say.

A call may be cut off at any moment, and few files come back: so summary.md, results.json and logs.tar.gz, which holds the
output of every step, are written anew after each of them.
"""

import json
import os
import signal
import subprocess
import tarfile
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TIMED_OUT = "out of time"


@dataclass
class Outcome:
    """Of a command: `result` is "ok" or what went wrong, `output` all it printed."""

    result: str
    output: str
    seconds: float

    @property
    def ok(self):
        return self.result == "ok"


def run(command, limit, environment=None):
    """Runs a command for `limit` seconds at most; then it and what it started are killed."""
    begin = time.monotonic()
    if limit < 1:
        return Outcome(f"FAILED: no time left ({TIMED_OUT})", "", 0)
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        except OSError as error:
            return Outcome(f"FAILED: {error}", "", 0)
        try:
            code = process.wait(limit)
            result = "ok" if code == 0 else f"FAILED: exit code {code}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            result = f"FAILED: not done within {limit:.0f} s ({TIMED_OUT})"
        output.seek(0)
        return Outcome(result, output.read().decode(errors="replace"), time.monotonic() - begin)


class Session:
    """One call of gpu_check: its steps' results, in `out`. `facts` are the lines at the head of the summary."""

    def __init__(self, out, seconds, facts):
        self.out, self.facts = Path(out), facts
        self.deadline = time.monotonic() + seconds
        self.logs = tempfile.TemporaryDirectory()
        self.steps, self.sections = [], []
        self.out.mkdir(parents=True, exist_ok=True)

    @property
    def left(self):
        return self.deadline - time.monotonic()

    @property
    def failed(self):
        return any(step["result"].startswith("FAILED") for step in self.steps)

    def step(self, name, limit, command, environment=None):
        """Runs one command as a step, for `limit` seconds at most and while there is time."""
        outcome = run(command, min(limit, self.left), environment)
        self.log(name, command, outcome)
        self.record(name, outcome.result, outcome.seconds)
        return outcome

    def step_for_each(self, name, limit, commands, at_once, environment=None):
        """Runs {case: command}, `at_once` of them together, as one step; returns {case: Outcome}."""
        begin, end = time.monotonic(), min(self.deadline, time.monotonic() + limit)
        with ThreadPoolExecutor(at_once) as pool:
            jobs = {case: pool.submit(lambda c=command: run(c, end - time.monotonic(), environment))
                    for case, command in commands.items()}
            outcomes = {case: job.result() for case, job in jobs.items()}
        for case, outcome in outcomes.items():
            self.log(f"{name}.{case}", commands[case], outcome)
        bad = sum(not outcome.ok for outcome in outcomes.values())
        self.record(name, f"FAILED: {bad} of {len(outcomes)}" if bad else "ok", time.monotonic() - begin)
        return outcomes

    def log(self, name, command, outcome):
        text = "+ " + " ".join(str(word) for word in command) + "\n" + outcome.output + f"\n[{outcome.result}]\n"
        Path(self.logs.name, name + ".log").write_text(text)

    def record(self, name, result, seconds=0.0):
        self.steps.append({"step": name, "result": result, "seconds": round(seconds, 1)})
        print(f"gpu_check: {name}: {result} ({seconds:.0f} s)", flush=True)
        self.write()

    def section(self, title, text, code=False):
        """Adds to the summary; `code`: as it was printed."""
        text = text.strip("\n")
        self.sections.append(f"## {title}\n\n" + (f"```\n{text}\n```" if code else text) + "\n")
        self.write()

    def write(self):
        lines = ["# gan_cuda on a GPU", "", *(f"- {name}: {value}" for name, value in self.facts.items()), "",
                 "| step | result | seconds |", "|---|---|--:|"]
        lines += [f"| {s['step']} | {s['result']} | {s['seconds']:.0f} |" for s in self.steps]
        (self.out / "summary.md").write_text("\n".join([*lines, "", *self.sections]))
        (self.out / "results.json").write_text(json.dumps({"facts": self.facts, "steps": self.steps}, indent=1) + "\n")
        with tarfile.open(self.out / "logs.tar.gz", "w:gz") as archive:
            archive.add(self.logs.name, "logs")
