#!/usr/bin/env python3
"""Plants one bug at a time that only the software GPU can see, or in the software GPU itself, and shows that its tests go
red for each.

    tests/mutation/run_software_gpu.py BUILD [--part I/N] [--seed S] [--jobs J] [--only TEXT]

BUILD is a configured and built tree. The lists in software_gpu/ are written as those of run.py, but their `tests` line
names a program of BUILD/bin and, after it, which of its cases have to notice. A mutated kernel is compiled by nvcc to PTX
for sm_90a; a case has to fail in one of the three orders of lanes. Exit code 0: every mutant was caught; 77: the programs
have not been built.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile
import time

from run import ROOT, read_mutants

LISTS = pathlib.Path(__file__).parent / 'software_gpu'
TEST_SECONDS = 60
ORDERS = ('together', 'forward', 'backward')
SKIPPED = 77


class Build:
    def __init__(self, folder, programs):
        self.folder = pathlib.Path(folder).resolve()
        commands = json.loads((self.folder / 'compile_commands.json').read_text())
        self.compile = {str(pathlib.Path(c['file']).resolve().relative_to(ROOT)): c for c in commands
                        if '/tests/ptx/' in c['file']}
        self.link = {}
        for program in programs:
            text = subprocess.run(['ninja', '-C', str(self.folder), '-t', 'commands', program], check=True,
                                  capture_output=True, text=True).stdout
            self.link[program] = text.strip().splitlines()[-1]

    def compile_command(self, source, mutated, output):
        entry = self.compile[source]
        words = [w for w in shlex.split(entry['command']) if not w.endswith('ccache')]
        words[words.index('-o') + 1] = str(output)
        words[words.index('-c') + 1] = str(mutated)
        drop = {i for i, w in enumerate(words) if w in ('-MF', '-MT')}
        drop |= {i + 1 for i in drop} | {i for i, w in enumerate(words) if w == '-MD'}
        words = [w for i, w in enumerate(words) if i not in drop]
        words = [w for w in words if 'Werror' not in w and 'compute_80' not in w]  # a bug may leave things unused
        return ['-O1' if w in ('-O2', '-O3') else w for w in words], entry['directory']

    def link_command(self, program, mutated, output):
        words = shlex.split(self.link[program].replace(': && ', '', 1).removesuffix(' && :'))
        words[words.index('-o') + 1] = str(output)
        first = next(i for i, w in enumerate(words) if w.endswith('.o'))
        return words[:first] + [str(mutated)] + words[first:]


def judge(build, mutant):
    """(verdict, detail): 'caught', 'survived' or 'broken' (did not compile: no mutant at all)."""
    program, selection = mutant.tags[0], mutant.tags[1:]
    with tempfile.TemporaryDirectory(prefix='mutant-') as scratch:
        scratch = pathlib.Path(scratch)
        changed = scratch / pathlib.Path(mutant.source).name
        changed.write_text((ROOT / mutant.source).read_text().replace(mutant.original, mutant.replacement))
        command, directory = build.compile_command(mutant.source, changed, scratch / 'mutant.o')
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if 'error' in line]
            return 'broken', (errors or [f'exit code {done.returncode}'])[0][-200:]
        tests = scratch / 'tests'
        done = subprocess.run(build.link_command(program, scratch / 'mutant.o', tests), cwd=build.folder,
                              capture_output=True, text=True)
        if done.returncode:
            return 'broken', done.stderr.strip().splitlines()[-1][:200]
        for order in ORDERS:
            try:
                done = subprocess.run([tests, *selection, '--abort'], capture_output=True, text=True,
                                      timeout=TEST_SECONDS, env={**os.environ, 'SOFTWARE_GPU_ORDER': order})
            except subprocess.TimeoutExpired:
                return 'caught', f'still running after {TEST_SECONDS} s'
            output = done.stdout + done.stderr
            if 'No test cases matched' in output:
                return 'broken', f'no tests {selection}'
            if done.returncode != 0:
                said = [line.removeprefix('software GPU: ') for line in output.splitlines()
                        if line.startswith('software GPU: ')]
                return 'caught', (said or [f'wrong results ({order})'])[0][:140]
        return 'survived', ''


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build')
    parser.add_argument('--part', default='1/1', help='I/N: the I-th of N parts of the shuffled list')
    parser.add_argument('--seed', type=int, default=int(time.strftime('%j')), help='of the shuffle (default: the day of the year)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--only', default='', help='mutants whose source, reason or place contains this')
    options = parser.parse_args()
    part, parts = (int(n) for n in options.part.split('/'))

    mutants = [m for path in sorted(LISTS.glob('*.mutants')) for m in read_mutants(path)]
    total = len(mutants)
    mutants = [m for m in mutants if options.only in f'{m.source} {m.why} {m.where}']
    random.Random(options.seed).shuffle(mutants)
    mutants = mutants[part - 1::parts]
    programs = sorted({m.tags[0] for m in mutants})
    missing = [p for p in programs if not (pathlib.Path(options.build) / 'bin' / p).exists()]
    if missing:
        print(f'skipped: {", ".join(missing)} not built')
        return SKIPPED
    build = Build(options.build, programs)
    print(f'{len(mutants)} of {total} mutants, seed {options.seed}, part {options.part}', flush=True)
    counts = {'caught': 0, 'survived': 0, 'broken': 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, (verdict, detail) in zip(mutants, pool.map(lambda m: judge(build, m), mutants)):
            counts[verdict] += 1
            print(f'{verdict:9} {mutant.where:24} {mutant.why} | {detail}', flush=True)
    print(f"{counts['caught']} caught, {counts['survived']} survived, {counts['broken']} did not build")
    return 0 if mutants and counts['caught'] == len(mutants) else 1


if __name__ == '__main__':
    sys.exit(main())
