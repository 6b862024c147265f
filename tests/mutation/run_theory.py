#!/usr/bin/env python3
"""Plants one bug at a time in the engine and shows that the experiment about it ends red.

    tests/mutation/run_theory.py BUILD [--jobs J] [--only TEXT]

BUILD is a configured and built tree. The lists in theory/ are written as those of run.py, but their `tests` line names an
experiment of gan_cuda_theory, which is done in its quick form. Exit code 0: every mutant was caught.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

from run import ROOT, read_mutants

LISTS = pathlib.Path(__file__).parent / 'theory'
TEST_SECONDS = 180


class Build:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        commands = json.loads((self.folder / 'compile_commands.json').read_text())
        self.compile = {str(pathlib.Path(c['file']).resolve().relative_to(ROOT)): c for c in commands
                        if 'gan_engine.dir' in c['command']}
        text = subprocess.run(['ninja', '-C', str(self.folder), '-t', 'commands', 'gan_cuda_theory'], check=True,
                              capture_output=True, text=True).stdout
        self.link = text.strip().splitlines()[-1]

    def compile_command(self, source, mutated, output):
        entry = self.compile[source]
        words = [w for w in shlex.split(entry['command']) if not w.endswith('ccache')]
        words[words.index('-o') + 1] = str(output)
        words[words.index('-c') + 1] = str(mutated)
        drop = {i for i, w in enumerate(words) if w in ('-MF', '-MT')}
        drop |= {i + 1 for i in drop} | {i for i, w in enumerate(words) if w == '-MD'}
        return [w for i, w in enumerate(words) if i not in drop and 'Werror' not in w], entry['directory']

    def link_command(self, mutated, output):
        words = shlex.split(self.link.replace(': && ', '', 1).removesuffix(' && :'))
        words[words.index('-o') + 1] = str(output)
        first = next(i for i, w in enumerate(words) if w.endswith('.o'))
        return words[:first] + [str(mutated)] + words[first:]


def judge(build, mutant):
    """(verdict, detail): 'caught', 'survived' or 'broken' (did not compile, or ended otherwise: no mutant at all)."""
    with tempfile.TemporaryDirectory(prefix='mutant-') as scratch:
        scratch = pathlib.Path(scratch)
        changed = scratch / pathlib.Path(mutant.source).name
        changed.write_text((ROOT / mutant.source).read_text().replace(mutant.original, mutant.replacement))
        command, directory = build.compile_command(mutant.source, changed, scratch / 'mutant.o')
        for words, where in ((command, directory), (build.link_command(scratch / 'mutant.o', scratch / 'theory'), build.folder)):
            done = subprocess.run(words, cwd=where, capture_output=True, text=True)
            if done.returncode:
                return 'broken', done.stderr.strip().splitlines()[-1][:200]
        done = subprocess.run([scratch / 'theory', *mutant.tags, '--quick', '--out', scratch / 'out'], capture_output=True,
                              text=True, timeout=TEST_SECONDS)
        if done.returncode == 0:
            return 'survived', ''
        failing = [line.strip() for line in done.stdout.splitlines() if line.startswith('  FAILS')]
        return ('caught', failing[0][:140]) if failing else ('broken', done.stderr.strip()[:200])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--only', default='', help='mutants whose source, reason or place contains this')
    options = parser.parse_args()
    mutants = [m for path in sorted(LISTS.glob('*.mutants')) for m in read_mutants(path)]
    mutants = [m for m in mutants if options.only in f'{m.source} {m.why} {m.where}']
    build = Build(options.build)
    counts = {'caught': 0, 'survived': 0, 'broken': 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, (verdict, detail) in zip(mutants, pool.map(lambda m: judge(build, m), mutants)):
            counts[verdict] += 1
            print(f'{verdict:9} {mutant.where:20} {mutant.why} | {detail}', flush=True)
    print(f"{counts['caught']} caught, {counts['survived']} survived, {counts['broken']} did not build or run")
    return 0 if mutants and counts['caught'] == len(mutants) else 1


if __name__ == '__main__':
    sys.exit(main())
