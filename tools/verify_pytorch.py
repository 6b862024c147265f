#!/usr/bin/env python3
"""Checks a training run against PyTorch, number by number.

    gan_cuda_train --data shapes --iterations 3 --trace 3 --out RUN ...
    tools/verify_pytorch.py RUN

`--trace N` recorded the first N iterations: the images and noise that went in, the logits, losses and gradients that
came out, the parameters and Adam's moments after every update. This program rebuilds both networks in PyTorch from the
recording alone, replays the same updates with autograd and torch.optim.Adam, and compares every recorded tensor.

The error of a tensor is ||ours - theirs|| / ||theirs||, Euclidean norms over all its elements. Exit code 0: every tensor
is within the tolerance; 1: one is not, is missing, has another shape, is not finite, or was recorded but not replayed;
2: RUN holds no trace.

Sums can cancel: a bias that an update brings from 1e-3 to within 1e-6 of zero consists of what rounding left of 1e-3, in
PyTorch as here. So what is summed up in steps (gradients over the losses of a phase, parameters and exp_avg over
updates) is within the tolerance as well if its error is so relative to the largest norm it had in PyTorch from the step
before to the step itself. Such tensors are listed, marked ~, with both errors, and counted in the summary.

PyTorch computes in float32 as we do, so both sides round. Where a tensor is out of tolerance the replay is repeated in
float64 and says whose rounding it is: an error of ours there, or of PyTorch's own float32.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from pytorch_networks import build_network
from safetensors_file import SafetensorsFile

NETWORKS = ("generator", "discriminator")


# ---- objectives: logits -> loss, written by another formula than the engine's fused kernel -------------------------


def cross_entropy_real(logits, h):
    """-[t log D(x) + (1 - t) log(1 - D(x))], t = 1 - label smoothing."""
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, 1 - h["label_smoothing"]))


def cross_entropy_fake(logits, h):
    """-log(1 - D(G(z)))."""
    return functional.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))


OBJECTIVES = {
    # name: (D on real, D on fake, G on fake)
    "non-saturating": (cross_entropy_real, cross_entropy_fake, lambda logits, h: -functional.logsigmoid(logits).mean()),
    "minimax": (cross_entropy_real, cross_entropy_fake, lambda logits, h: functional.logsigmoid(-logits).mean()),
}


# ---- algorithms: one iteration, in the words of Replay -------------------------------------------------------------


def gan_iteration(r):
    """Goodfellow et al. 2014, Algorithm 1: k updates of D, each on fresh data and noise, then one of G on fresh noise."""
    d_real, d_fake, g_fake = OBJECTIVES[r.hyper_parameters["objective"]]
    for step in range(1, r.hyper_parameters["d_steps"] + 1):
        r.phase(f"D step {step}")
        with torch.no_grad():  # G is not trained here
            fake = r.generator(r.given("z"))
        r.backward(d_real, r.discriminator(r.given("x")))
        r.backward(d_fake, r.discriminator(fake))
        r.update("discriminator")
    r.phase("G step")
    r.backward(g_fake, r.discriminator(r.generator(r.given("z"))))
    r.update("generator")


ALGORITHMS = {"gan": gan_iteration}  # hyper_parameters["algorithm"]; gan where it says nothing


# ---- the replay ----------------------------------------------------------------------------------------------------


class Replay:
    """Both networks and their optimisers in PyTorch, and what they made of the iteration under way."""

    def __init__(self, start, hyper_parameters, dtype):
        self.dtype = dtype
        self.hyper_parameters = hyper_parameters
        self.networks = {name: build_network(start, name, dtype) for name in NETWORKS}
        self.generator, self.discriminator = (self.networks[name] for name in NETWORKS)
        h = hyper_parameters
        self.optimizers = {
            name: torch.optim.Adam(
                self.networks[name].parameters(),
                lr=h["g_lr"] if name == "generator" else h["d_lr"],
                betas=(h["beta1"], h["beta2"]),
                eps=h.get("epsilon", 1e-8),
                weight_decay=h["weight_decay"],
            )
            for name in NETWORKS
        }
        self.updates = {name: 0 for name in NETWORKS}
        self.load_state(lambda name, parameter: (
            start[f"{name}.{parameter}"],
            start[f"optimizer.{name}.{parameter}.exp_avg"],
            start[f"optimizer.{name}.{parameter}.exp_avg_sq"],
        ))

    def load_state(self, find):
        """Sets parameters and moments to find(network, parameter) = (value, exp_avg, exp_avg_sq)."""
        for name in NETWORKS:
            for parameter, tensor in self.networks[name].named_parameters():
                value, exp_avg, exp_avg_sq = (torch.from_numpy(a.copy()).to(self.dtype) for a in find(name, parameter))
                tensor.data.copy_(value)
                self.optimizers[name].state[tensor] = {
                    "step": torch.tensor(float(self.updates[name])), "exp_avg": exp_avg, "exp_avg_sq": exp_avg_sq
                }

    def load_state_after(self, trace):
        """Goes on from what the engine had after the iteration that `trace` recorded."""
        last = {}
        for recorded in trace.tensors:
            phase, kind, *rest = recorded.split("/")
            if kind == "parameter":
                last.setdefault(rest[0], []).append(phase)

        def find(name, parameter):
            full = f"{name}.{parameter}"
            phase = max(last[full], key=lambda p: (len(p), p))  # "D step 2" < "D step 10"
            return tuple(trace[f"{phase}/{kind}/{full}"] for kind in ("parameter", "exp_avg", "exp_avg_sq"))

        self.load_state(find)

    def iteration(self, trace):
        """Replays the iteration that `trace` recorded; returns {name: tensor} of all it made."""
        self.trace, self.made, self.inputs, self.peaks = trace, {}, set(), {}
        ALGORITHMS[self.hyper_parameters.get("algorithm", "gan")](self)
        return {name: tensor.detach().double().numpy() for name, tensor in self.made.items()}

    # -- what algorithms are written with --

    def phase(self, name):
        self.prefix, self.losses = name + "/", 0
        for network in self.networks.values():
            network.zero_grad(set_to_none=True)
        self.note_peaks()

    def given(self, name):
        """A recorded input: a batch of images, or a random draw."""
        self.inputs.add(self.prefix + name)
        return torch.from_numpy(self.trace[self.prefix + name].copy()).to(self.dtype)

    def backward(self, objective, logits):
        """Computes the phase's next loss and adds its gradients to those of all parameters."""
        logits.retain_grad()
        loss = objective(logits, self.hyper_parameters)
        loss.backward()
        made = {"logits": logits, "loss": loss, "dlogits": logits.grad, "mean_sigmoid": torch.sigmoid(logits).mean()}
        for name, tensor in made.items():
            self.made[f"{self.prefix}{name}.{self.losses}"] = tensor.detach().clone()
        self.losses += 1
        self.note_peaks()

    def update(self, name):
        """One step of the network's optimiser."""
        self.optimizers[name].step()
        self.updates[name] += 1
        self.made |= {key: tensor.detach().clone() for key, tensor in self.sums(name)}

    # -- bookkeeping --

    def sums(self, name):
        """What a network's training adds up, under the names of the trace."""
        for parameter, tensor in self.networks[name].named_parameters():
            state = self.optimizers[name].state[tensor]
            moments = {kind: state[kind] for kind in ("exp_avg", "exp_avg_sq")}
            for kind, value in ({"gradient": tensor.grad, "parameter": tensor} | moments).items():
                if value is not None:
                    yield f"{self.prefix}{kind}/{name}.{parameter}", value

    def note_peaks(self):
        """Keeps the largest norm that each sum has had in the phase."""
        for name in NETWORKS:
            for key, tensor in self.sums(name):
                self.peaks[key] = max(self.peaks.get(key, 0.0), tensor.detach().double().norm().item())


# ---- comparison ----------------------------------------------------------------------------------------------------


class Comparison:
    """One tensor, ours against theirs. `problem` says why there is no error to speak of; `peak_error` is relative to the
    largest norm that the tensor had on its way."""

    def __init__(self, iteration, name, ours, theirs, peak=0.0):
        self.iteration, self.name = iteration, name
        self.error = self.peak_error = float("inf")
        self.problem = self.worst = ""
        if ours is None:
            self.problem = "missing in the trace"
        elif theirs is None:
            self.problem = "recorded, but not part of the replay"
        elif squeezed(ours.shape) != squeezed(theirs.shape):
            self.problem = f"shape {ours.shape}, should be {theirs.shape}"
        elif not np.isfinite(ours).all() or not np.isfinite(theirs).all():
            self.problem = "not finite" if not np.isfinite(ours).all() else "not finite in PyTorch"
        else:
            theirs = theirs.reshape(ours.shape)
            difference = np.abs(ours.astype(np.float64) - theirs)
            self.error = relative(np.linalg.norm(difference), np.linalg.norm(theirs))
            self.peak_error = relative(np.linalg.norm(difference), max(np.linalg.norm(theirs), peak))
            at = np.unravel_index(np.argmax(difference), difference.shape)
            where = "[" + ",".join(map(str, at)) + "]"
            self.worst = f"{difference[at]:8.1e}  {float(ours[at]):+.6e} {theirs[at]:+.6e}  {where}"

    def mark(self, tolerance):
        """" ": within the tolerance; "~": within it but for cancellation; "!": not."""
        if self.problem or not self.peak_error <= tolerance:
            return "!"
        return " " if self.error <= tolerance else "~"

    def row(self, tolerance):
        mark = self.mark(tolerance)
        cancelled = f"  ({self.peak_error:.1e} before it cancelled)" if mark == "~" else ""
        return f"{mark} {self.name:<58} {self.error:9.2e} {self.iteration:>4}  {self.problem or self.worst}{cancelled}"


def squeezed(shape):
    """Logits may be (N, 1) or (N, 1, 1, 1): extents of 1 carry nothing."""
    return tuple(extent for extent in shape if extent != 1)


def relative(difference, norm):
    return 0.0 if difference == 0 else float("inf") if norm == 0 else float(difference / norm)


def compare(iteration, trace, made, inputs, peaks):
    names = list(made) + [name for name in trace.tensors if name not in made and name not in inputs]
    return [Comparison(iteration, n, trace.tensors.get(n), made.get(n), peaks.get(n, 0.0)) for n in names]


def replay(start, traces, dtype, chained):
    """Replays all iterations; returns [(made, inputs, peaks)] of each, and the replay."""
    engine = Replay(start, json.loads(traces[0].metadata["hyper_parameters"]), dtype)
    results = []
    for i, trace in enumerate(traces):
        if i > 0 and not chained:
            engine.load_state_after(traces[i - 1])
        results.append((engine.iteration(trace), engine.inputs, engine.peaks))
    return results, engine


def compare_running_statistics(run, engine, iterations):
    """Batch norm's running mean and variance, where the run left a checkpoint just after the last traced iteration."""
    for path in run.glob("checkpoints/*.safetensors"):
        checkpoint = SafetensorsFile(path)
        if checkpoint.metadata.get("iteration") != str(iterations):
            continue
        return [
            Comparison(iterations, f"checkpoint/{name}.{buffer}", checkpoint.tensors.get(f"{name}.{buffer}"),
                       values.double().numpy())
            for name in NETWORKS
            for buffer, values in engine.networks[name].named_buffers()
            if not buffer.endswith("num_batches_tracked")  # ours counts iterations, theirs forward passes
        ]
    return []


def explain(failures, start, traces, results, chained):
    """Prints for every tensor out of tolerance how far both sides are from a float64 replay."""
    exact, _ = replay(start, traces, torch.float64, chained)
    print("\nout of tolerance; both sides against PyTorch in float64:")
    print(f"  {'tensor':<58} {'ours':>9} {'float32':>9}")
    for c in failures:
        reference = exact[c.iteration - 1][0].get(c.name) if not c.problem else None
        if reference is None:
            continue
        norm = np.linalg.norm(reference)
        ours = traces[c.iteration - 1].tensors[c.name].reshape(reference.shape)
        theirs = results[c.iteration - 1][0][c.name]
        errors = [relative(np.linalg.norm(side - reference), norm) for side in (ours, theirs)]
        print(f"  {c.name:<58} {errors[0]:9.2e} {errors[1]:9.2e}  iteration {c.iteration}")


def load(run):
    start = SafetensorsFile(run / "trace" / "start.safetensors")
    traces = []
    while (path := run / "trace" / f"iteration-{len(traces) + 1}.safetensors").exists():
        traces.append(SafetensorsFile(path))
    if not traces:
        raise FileNotFoundError(f"{run / 'trace'}: no iteration-1.safetensors")
    return start, traces


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder with a trace/")
    parser.add_argument("--tolerance", type=float, default=1e-4, metavar="X", help="largest accepted error (1e-4)")
    parser.add_argument("--chained", action="store_true",
                        help="let PyTorch go on from its own state; else each iteration starts from the recorded one")
    parser.add_argument("--reference", choices=("float32", "float64"), default="float32",
                        help="what PyTorch computes in (float32); float64 shows our rounding alone")
    parser.add_argument("--every-iteration", action="store_true",
                        help="a row for each iteration; else for the worst one of each tensor")
    parser.add_argument("--quiet", action="store_true", help="print only what is out of tolerance, and the summary")
    arguments = parser.parse_args()
    try:
        start, traces = load(arguments.run)
    except (OSError, ValueError) as error:
        print(f"verify_pytorch: {error}", file=sys.stderr)
        return 2

    try:
        results, engine = replay(start, traces, getattr(torch, arguments.reference), arguments.chained)
    except (KeyError, RuntimeError) as error:  # what the replay starts from is not there, or does not fit the networks
        print(f"FAILED: {error.args[0]}")
        return 1
    comparisons = [c for i, result in enumerate(results) for c in compare(i + 1, traces[i], *result)]
    comparisons += compare_running_statistics(arguments.run, engine, len(traces))
    failures = [c for c in comparisons if c.mark(arguments.tolerance) == "!"]
    cancelled = [c for c in comparisons if c.mark(arguments.tolerance) == "~"]

    rows = {}
    for c in comparisons:
        key = (c.name, c.iteration) if arguments.every_iteration else c.name
        if key not in rows or c.error > rows[key].error:
            rows[key] = c
    shown = [c for c in rows.values() if not arguments.quiet or c.mark(arguments.tolerance) != " "]
    if shown:
        print(f"  {'tensor':<58} {'error':>9} {'iter':>4}  {'worst element: difference, ours, theirs, where'}")
    for c in shown:
        print(c.row(arguments.tolerance))
    if any(not c.problem for c in failures) and arguments.reference == "float32":
        explain(failures, start, traces, results, arguments.chained)

    worst = max((c for c in comparisons if c not in cancelled), key=lambda c: c.error)
    print(
        f"{'FAILED' if failures else 'passed'}: {len(comparisons)} tensors of {len(traces)} iterations against PyTorch "
        f"{torch.__version__} ({arguments.reference}): {len(failures)} above {arguments.tolerance:g}, "
        f"{len(cancelled)} cancelled; worst {worst.error:.1e} in {worst.name}"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
