#!/usr/bin/env python3
"""Plants one bug at a time in the CUDA kernels and shows that the emulated test suite goes red for each.

    tests/mutation/run.py BUILD [--part I/N] [--seed S] [--jobs J] [--only TEXT]

BUILD is a configured and built tree (kernel_tests_emulated is up to date). A mutant is one line of a kernel replaced by
another; the *.mutants files beside this script list them:

    file kernels/norm/batch_norm.cu        what the following mutants change
    tests batch_norm                       tags of the tests that have to notice
    # why it is a bug
    - the original text, once in the file
    + what replaces it

The changed source is compiled into a scratch folder and linked before the library that has the original; the project's
files are not touched. Exit code 0: every mutant was caught. A survivor means that a test is missing.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEST_SECONDS = 60  # a family takes a few; a mutant that loops for ever counts as caught


@dataclasses.dataclass
class Mutant:
    source: str
    tags: list
    why: str
    original: str
    replacement: str
    where: str


def read_mutants(path):
    source, tags, why, original, mutants = None, None, None, None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f'{path.name}:{number}'
        if not line.strip():
            continue
        kind, _, rest = line.partition(' ')
        if kind == 'file':
            source = rest.strip()
        elif kind == 'tests':
            tags = rest.split()
        elif kind == '#':
            why = rest
        elif kind == '-':
            original = rest
        elif kind == '+':
            if None in (source, tags, why, original):
                sys.exit(f'{where}: a mutant needs file, tests, a reason and an original first')
            count = (ROOT / source).read_text().count(original)
            if count != 1:
                sys.exit(f'{where}: "{original}" stands {count} times in {source}; it must stand there once')
            mutants.append(Mutant(source, tags, why, original, rest, where))
            why = original = None
        else:
            sys.exit(f'{where}: a line starts with file, tests, #, - or +')
    return mutants


def including(header):
    """The .cu files that include `header`, directly or through other headers."""
    wanted, found = {header}, set()
    sources = [p for p in ROOT.glob('kernels/**/*') if p.suffix in ('.cu', '.cuh', '.h')]
    texts = {str(p.relative_to(ROOT)): p.read_text() for p in sources}
    while True:
        more = {name for name, text in texts.items() if name not in wanted and any(f'"{w}"' in text for w in wanted)}
        if not more:
            return sorted(name for name in wanted | found if name.endswith('.cu'))
        wanted |= more


class Build:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        commands = json.loads((self.folder / 'compile_commands.json').read_text())
        # a kernel is in the list twice where there is a CUDA toolkit: as CUDA and, what is wanted here, as C++
        self.compile = {str(pathlib.Path(c['file']).resolve().relative_to(ROOT)): c for c in commands
                        if c['file'].endswith('.cu') and 'gan_kernels_emulated' in c['command']}
        text = subprocess.run(['ninja', '-C', str(self.folder), '-t', 'commands', 'kernel_tests_emulated'],
                              check=True, capture_output=True, text=True).stdout
        self.link = text.strip().splitlines()[-1]

    def compile_command(self, source, mutated, include, output):
        entry = self.compile[source]
        words = [w for w in shlex.split(entry['command']) if not w.endswith('ccache')]
        at = words.index('-o')
        words[at + 1] = str(output)
        words[words.index('-c') + 1] = str(mutated)
        drop = [i for i, w in enumerate(words) if w in ('-MF', '-MT')]
        words = [w for i, w in enumerate(words) if w != '-MD' and i not in drop and i - 1 not in drop]
        words[1:1] = [f'-I{include}']
        words = ['-O1' if w in ('-O2', '-O3') else w for w in words if w != '-Werror']  # a bug may leave things unused
        return words, entry['directory']

    def link_command(self, objects, output):
        words = shlex.split(self.link.replace(': && ', '', 1).removesuffix(' && :'))
        words[words.index('-o') + 1] = str(output)
        first_object = next(i for i, w in enumerate(words) if w.endswith('.o'))
        return words[:first_object] + [str(o) for o in objects] + words[first_object:]


def judge(build, mutant):
    """(verdict, detail): 'caught', 'survived' or 'broken' (did not compile: no mutant at all)."""
    with tempfile.TemporaryDirectory(prefix='mutant-') as scratch:
        scratch = pathlib.Path(scratch)
        changed = scratch / mutant.source
        changed.parent.mkdir(parents=True)
        changed.write_text((ROOT / mutant.source).read_text().replace(mutant.original, mutant.replacement))
        objects = []
        for source in [mutant.source] if mutant.source.endswith('.cu') else including(mutant.source):
            output = scratch / (pathlib.Path(source).stem + '.o')
            from_file = changed if source == mutant.source else ROOT / source
            command, directory = build.compile_command(source, from_file, scratch, output)
            done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
            if done.returncode:
                errors = [line for line in done.stderr.splitlines() if 'error' in line] or [f'exit code {done.returncode}']
                return 'broken', errors[0][-200:]
            objects.append(output)
        program = scratch / 'tests'
        done = subprocess.run(build.link_command(objects, program), cwd=build.folder, capture_output=True, text=True)
        if done.returncode:
            return 'broken', done.stderr.strip().splitlines()[-1][:200]
        selection = ','.join(f'[{tag}]' for tag in mutant.tags)
        try:
            done = subprocess.run([program, selection, '--abort'], capture_output=True, text=True, timeout=TEST_SECONDS,
                                  env={**os.environ, 'GAN_EMULATION_WORKERS': '1', 'OMP_NUM_THREADS': '1'})
        except subprocess.TimeoutExpired:
            return 'caught', f'still running after {TEST_SECONDS} s'
        if done.returncode == 0:
            return 'survived', ''
        if 'No test cases matched' in done.stdout + done.stderr:
            return 'broken', f'no tests tagged {selection}'
        words = [line.strip() for line in done.stdout.splitlines() if 'differ' in line or 'with message' in line or 'FAILED' in line]
        return 'caught', (words[0] if words else f'exit code {done.returncode}')[:120]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build')
    parser.add_argument('--part', default='1/1', help='I/N: the I-th of N parts of the shuffled list')
    parser.add_argument('--seed', type=int, default=int(time.strftime('%j')), help='of the shuffle (default: the day of the year)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--only', default='', help='mutants whose source, reason or place contains this')
    options = parser.parse_args()
    part, parts = (int(n) for n in options.part.split('/'))

    mutants = [m for path in sorted(pathlib.Path(__file__).parent.glob('*.mutants')) for m in read_mutants(path)]
    total = len(mutants)
    mutants = [m for m in mutants if options.only in f'{m.source} {m.why} {m.where}']
    random.Random(options.seed).shuffle(mutants)
    mutants = mutants[part - 1::parts]
    build = Build(options.build)
    print(f'{len(mutants)} of {total} mutants, seed {options.seed}, part {options.part}', flush=True)
    counts = {'caught': 0, 'survived': 0, 'broken': 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, (verdict, detail) in zip(mutants, pool.map(lambda m: judge(build, m), mutants)):
            counts[verdict] += 1
            print(f'{verdict:9} {mutant.where:28} {mutant.why} | {detail}', flush=True)
    print(f"{counts['caught']} caught, {counts['survived']} survived, {counts['broken']} did not build")
    return 0 if mutants and counts['caught'] == len(mutants) else 1


if __name__ == '__main__':
    sys.exit(main())
