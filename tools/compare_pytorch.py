#!/usr/bin/env python3
"""Times whole training iterations of gan_cuda and of PyTorch, taking turns on the same machine.

    tools/compare_pytorch.py --device cpu --threads 2

Both do the same work, in fp32 unless told otherwise: Algorithm 1 with k = 1 (a D step on real and on fake images; a G step
on fresh noise through a D whose own gradients are not computed), two Adam updates, the same networks, batch and threads,
data in memory; or WGAN-GP's with k = 5 (Gulrajani et al. 2017), whose penalty PyTorch differentiates with create_graph. Every
contestant is a process of its own that iterates when it is told to; they take turns of a fraction of a second each, and
the medians over all turns are compared. Turns during which other processes used more than 8 % of a core are left out, as
long as enough others remain. On a busy machine --realtime keeps others off the cores during the turns.

PyTorch runs at its best, which takes some care with Debian's package:
- OpenBLAS 0.3.21 takes recent processors for old ones and picks SSE3 kernels: OPENBLAS_CORETYPE names the right ones.
- Its own thread pool and OpenMP's fight for the cores: the OpenMP flavour of the library is fetched with apt (not
  installed) and put before the other; where that is impossible, waiting threads are told to sleep instead.
- Contiguous and channels-last memory, Adam parameter by parameter and in batches (foreach), and with --compile
  torch.compile, are tried; the fastest counts. --python, given repeatedly, tries several installations of PyTorch.

--precision bf16 lets gan_cuda multiply in bf16 and tries PyTorch with torch.autocast, too.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WORKLOADS = {
    # name: what gan_cuda_bench is told
    "dcgan 32x32x1, width 32, batch 64": "--model dcgan --image-size 32 --channels 1 --width 32 --batch 64",
    "dcgan 64x64x3, width 64, batch 16": "--model dcgan --image-size 64 --channels 3 --width 64 --batch 16",
    "mlp 28x28x1, width 64, batch 128": "--model mlp --image-size 28 --channels 1 --width 64 --batch 128",
    "points on the line, two hidden layers of 64, batch 128":
        "--data gaussian-1d --model mlp --latent 1 --width 64 --batch 128",
    "wgan-gp, dcgan 32x32x1, width 32, batch 64, k = 5":
        "--model dcgan --image-size 32 --channels 1 --width 32 --batch 64 --objective wgan-gp --norm none --d-steps 5",
    "wgan-gp, mlp 28x28x1, width 64, batch 128, k = 5":
        "--model mlp --image-size 28 --channels 1 --width 64 --batch 128 --objective wgan-gp --d-steps 5",
}
FOREIGN_LOAD = 0.08  # of a core, during a turn
CLEAN_TURNS = 3  # at least so many, or all turns count


# ---- PyTorch's side: a process that iterates on demand -------------------------------------------------------------


def autocast(network):
    """The network with products in bf16 and an fp32 result."""
    import torch

    def forward(x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = network(x)
        return y.float()

    return forward


def pytorch_iteration(networks, batch, variant, wgan_gp):
    """The training iteration as a function without arguments: WGAN-GP's with k = 5, or Algorithm 1 with k = 1."""
    import torch
    from torch.nn import functional

    from pytorch_networks import Network

    torch.manual_seed(1)
    generator, discriminator = (Network(networks[name]) for name in ("generator", "discriminator"))
    layout = torch.channels_last if "channels-last" in variant else torch.contiguous_format
    for network in (generator, discriminator):
        network.to(memory_format=layout)
        for module in network.modules():
            if hasattr(module, "inplace"):
                module.inplace = True
    g, d = (torch.compile(n) if "compile" in variant else n for n in (generator, discriminator))
    if "bf16" in variant:
        g, d = autocast(g), autocast(d)
    adam = {"lr": 2e-4, "betas": (0.5, 0.999)} | ({"foreach": True} if "foreach" in variant else {})
    g_optimizer = torch.optim.Adam(generator.parameters(), **adam)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), **adam)
    data = [(torch.rand(batch, *networks["discriminator"]["input"]) * 2 - 1).contiguous(memory_format=layout)
            for _ in range(4)]
    latent = networks["generator"]["input"]
    state = {"step": 0}

    def loss(logits, target):
        return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    def iterate():
        real = data[state["step"] % len(data)]
        state["step"] += 1
        d_optimizer.zero_grad(set_to_none=True)
        loss(d(real), 1.0).backward()
        with torch.no_grad():
            fake = g(torch.randn(batch, *latent))
        loss(d(fake), 0.0).backward()
        d_optimizer.step()
        g_optimizer.zero_grad(set_to_none=True)
        discriminator.requires_grad_(False)
        loss(d(g(torch.randn(batch, *latent))), 1.0).backward()
        discriminator.requires_grad_(True)
        g_optimizer.step()

    def critic_step():
        real = data[state["step"] % len(data)]
        state["step"] += 1
        d_optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            fake = g(torch.randn(batch, *latent))
        share = torch.rand(batch, 1, 1, 1)
        between = (share * real + (1 - share) * fake.view_as(real)).requires_grad_()
        (gradient,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
        penalty = (gradient.flatten(1).norm(2, 1) - 1).square().mean()
        (d(fake).mean() - d(real).mean() + 10 * penalty).backward()
        d_optimizer.step()

    def iterate_wgan_gp():
        for _ in range(5):
            critic_step()
        g_optimizer.zero_grad(set_to_none=True)
        discriminator.requires_grad_(False)
        (-d(g(torch.randn(batch, *latent))).mean()).backward()
        discriminator.requires_grad_(True)
        g_optimizer.step()

    return iterate_wgan_gp if wgan_gp else iterate


def matrix_product(size=2048):
    import torch

    x, y = torch.randn(size, size), torch.randn(size, size)
    return lambda: torch.mm(x, y)


def serve(request):
    """Announces itself, then times one call for every line on standard input."""
    import torch

    torch.set_num_threads(request["threads"])
    if "networks" in request:
        call = pytorch_iteration(request["networks"], request["batch"], request["variant"], request["wgan_gp"])
    else:
        call = matrix_product()
    for _ in range(3):
        call()
    print("ready", torch.__version__, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        call()
        print(f"{(time.perf_counter() - start) * 1e3:.4f}", flush=True)


# ---- contestants ---------------------------------------------------------------------------------------------------


def busy_ticks():
    values = [int(v) for v in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(values) - values[3] - values[4]  # all but idle and waiting for disks


class Contestant:
    """A process that runs an iteration for every line it is sent."""

    def __init__(self, name, command, environment, arguments):
        self.name, self.clean, self.all, self.clean_turns = name, [], [], 0
        command = ["chrt", "-r", "1", *command] if arguments.realtime else command
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        answer = self.process.stdout.readline().split()
        if not answer or answer[0] != "ready":
            raise RuntimeError(f"{name}: did not start")
        self.version = answer[1] if len(answer) > 1 else ""

    def ticks(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def iterate(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def turn(self, seconds):
        self.iterate()  # brings its data back into the caches
        machine, own, start, samples = busy_ticks(), self.ticks(), time.perf_counter(), []
        while time.perf_counter() - start < seconds or len(samples) < 3:
            samples.append(self.iterate())
        foreign = (busy_ticks() - machine) - (self.ticks() - own)
        self.all += samples
        if foreign / os.sysconf("SC_CLK_TCK") / (time.perf_counter() - start) < FOREIGN_LOAD:
            self.clean += samples
            self.clean_turns += 1

    def result(self):
        samples = self.clean if self.clean_turns >= CLEAN_TURNS else self.all
        return {"median": statistics.median(samples), "min": min(samples), "max": max(samples), "samples": len(samples),
                "clean_turns": self.clean_turns}

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def openblas_with_openmp(cache):
    """The folder of OpenBLAS's OpenMP flavour, fetched if need be; None where apt cannot."""
    folder = next(cache.glob("usr/lib/*/openblas-openmp"), None)
    if folder:
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    quiet = {"cwd": cache, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run(["apt-get", "download", "libopenblas0-openmp"], check=True, **quiet)
        subprocess.run(["dpkg", "-x", next(cache.glob("*.deb")).name, "."], check=True, **quiet)
    except (OSError, subprocess.CalledProcessError, StopIteration):
        return None
    return next(cache.glob("usr/lib/*/openblas-openmp"), None)


def pytorch_environment(threads):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    if " avx512f " in Path("/proc/cpuinfo").read_text():
        environment["OPENBLAS_CORETYPE"] = "SKYLAKEX"
    folder = openblas_with_openmp(ROOT / "build" / "openblas")
    if folder:
        environment["LD_LIBRARY_PATH"] = f"{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    else:
        print("no OpenMP flavour of OpenBLAS to be had: PyTorch's threads sleep while they wait", file=sys.stderr)
        environment["OMP_WAIT_POLICY"] = "passive"
    return environment


def variants_of(workload, arguments):
    variants = ["plain", "foreach"]
    if "dcgan" in workload:
        variants += ["channels-last", "channels-last foreach"]
    if arguments.compile:
        variants += ["compile"]
    return variants + ([f"bf16 {variant}" for variant in variants] if arguments.precision == "bf16" else [])


def start_pytorch(arguments, environment, python, request, name):
    command = [python, str(Path(__file__).resolve()), "--serve", json.dumps(request | {"threads": arguments.threads})]
    try:
        return Contestant(name, command, environment, arguments)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return None


def race(contestants, arguments, title=""):
    for round_number in range(1, arguments.rounds + 1):
        print(f"\r{title}: round {round_number} of {arguments.rounds} ", end="", file=sys.stderr, flush=True)
        for contestant in contestants:
            contestant.turn(arguments.turn)
    print(file=sys.stderr)
    for contestant in contestants:
        contestant.stop()


def measure_peak(arguments, environment):
    """The machine's fp32 matrix product in GFLOP/s: the better of both sides' libraries."""
    realtime = ["chrt", "-r", "1"] if arguments.realtime else []
    command = [*realtime, arguments.bench, "--peak", "--threads", str(arguments.threads)]
    bench = json.loads(subprocess.check_output(command))
    peaks = {"oneDNN in gan_cuda": bench["sgemm_gflops"]}
    for python in arguments.python:
        contestant = start_pytorch(arguments, environment, python, {}, "torch.mm")
        if contestant:
            race([contestant], argparse.Namespace(rounds=2, turn=arguments.turn), "matrix product")
            peaks[f"torch.mm, PyTorch {contestant.version}"] = 2 * 2048**3 / min(contestant.all) * 1e-6
    return peaks


def measure(workload, arguments, environment):
    options = WORKLOADS[workload].split()
    options += ["--threads", str(arguments.threads), "--device", arguments.device, "--precision", arguments.precision]
    networks = json.loads(subprocess.check_output([arguments.bench, *options, "--networks"]))
    gflop = json.loads(subprocess.check_output([arguments.bench, *options, "--iterations", "1"]))["gflop"]
    batch = int(options[options.index("--batch") + 1])
    ours = Contestant("gan_cuda", [arguments.bench, *options, "--on-demand"], dict(os.environ), arguments)
    theirs = [
        start_pytorch(arguments, environment, python,
                      {"networks": networks, "batch": batch, "variant": variant, "wgan_gp": "wgan-gp" in options}, variant)
        for python in arguments.python
        for variant in variants_of(workload, arguments)
    ]
    theirs = [contestant for contestant in theirs if contestant]
    race([ours, *theirs], arguments, workload)
    return {"workload": workload, "gflop": gflop, "ours": ours.result(),
            "theirs": {f"PyTorch {c.version}, {c.name}": c.result() for c in theirs}}


# ---- report --------------------------------------------------------------------------------------------------------


def print_report(results, peaks, arguments):
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    peak = max(peaks.values())
    print(f"{model}, {arguments.threads} threads; matrix product 2048^3: "
          + ", ".join(f"{value:.0f} GFLOP/s ({name})" for name, value in peaks.items()) + "\n")
    print("| iteration | GFLOP | gan_cuda ms (min) | best PyTorch ms (min) | ratio | gan_cuda GFLOP/s | of the peak |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for r in results:
        best_name, best = min(r["theirs"].items(), key=lambda item: item[1]["median"])
        ours, rate = r["ours"], r["gflop"] / r["ours"]["median"] * 1e3
        print(f"| {r['workload']} | {r['gflop']:.2f} | {ours['median']:.1f} ({ours['min']:.1f}) "
              f"| {best['median']:.1f} ({best['min']:.1f}) {best_name} | **{ours['median'] / best['median']:.2f}** "
              f"| {rate:.0f} | {rate / peak:.0%} |")
    print("\n| iteration | variant | median ms | min ms | samples | clean turns |")
    print("|---|---|--:|--:|--:|--:|")
    for r in results:
        for name, result in [("gan_cuda", r["ours"]), *r["theirs"].items()]:
            print(f"| {r['workload']} | {name} | {result['median']:.2f} | {result['min']:.2f} | {result['samples']} "
                  f"| {result['clean_turns']} of {arguments.rounds} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu"], default="cpu")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="of products")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bench", default=str(ROOT / "build" / "bin" / "gan_cuda_bench"), help="path of gan_cuda_bench")
    parser.add_argument("--python", action="append", default=[], help="a Python with torch; may be given repeatedly")
    parser.add_argument("--compile", action="store_true", help="try torch.compile, too (PyTorch 2 and a C++ compiler)")
    parser.add_argument("--rounds", type=int, default=12, help="turns of each contestant (12)")
    parser.add_argument("--turn", type=float, default=0.4, help="seconds a turn (0.4)")
    parser.add_argument("--realtime", action="store_true", help="run all contestants with real-time priority (as root)")
    parser.add_argument("--only", default="", help="only workloads whose name contains this")
    parser.add_argument("--json", type=Path, help="write all figures here, too")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(json.loads(arguments.serve))
        return 0
    if not Path(arguments.bench).is_file():
        print(f"compare_pytorch: no program at {arguments.bench}; --bench PATH says where it is", file=sys.stderr)
        return 2
    if not arguments.python:
        arguments.python = [subprocess.check_output([ROOT / "tools" / "python_setup"], text=True).strip()]
    environment = pytorch_environment(arguments.threads)
    peaks = measure_peak(arguments, environment)
    results = [measure(w, arguments, environment) for w in WORKLOADS if arguments.only in w]
    print_report(results, peaks, arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps({"peaks": peaks, "results": results}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
