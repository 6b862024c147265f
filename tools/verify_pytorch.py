#!/usr/bin/env python3
"""Checks a training run against PyTorch, number by number.

    gan_cuda_train --data shapes --iterations 3 --trace 3 --out RUN ...
    tools/verify_pytorch.py RUN

`--trace N` recorded the first N iterations: the images and noise that went in, the logits, losses and gradients that
came out, the parameters and the optimiser's state after every update. This program rebuilds both networks in PyTorch from
the recording alone, replays the same updates with autograd and torch.optim in float64, and compares every recorded tensor.
Gradients follow from the recorded inputs and parameters, updates from the recorded gradients (--chained: from PyTorch's).
The same replay in float32 is shown beside ours: what an error of that size means, PyTorch's own rounding tells.

The error of a tensor is ||x - exact|| / ||exact||, Euclidean norms over all its elements, `exact` the float64 replay.

Sums can cancel. u = 6e-8 being float32's rounding, a sum built in steps s1, s2, .. sn (gradients over the losses of a phase,
parameters and moments over updates) carries up to u (|s1| + .. + |sn|) however small sn is: relative to |sn| no bound holds,
an exact reference or not; relative to the largest |si| it is n u. So such a tensor is within the tolerance as well if its
error is so relative to the largest norm that it had in float64 since the step before; the mean of logits, which have both
signs (a Wasserstein loss is one), if it is so relative to the mean of their magnitudes; the gradient of a layer's bias,
which is a sum over samples and pixels (of nothing but rounding, where a norm follows the layer), to the sum of its terms'
magnitudes. It is listed, marked ~.

Inputs of ReLU and LeakyReLU within rounding of zero may be on either side: tools/pytorch_kinks.py puts them where the
recorded gradients say, and the summary counts them.

Exit code 0: every tensor of ours is within the tolerance; 1: one is not, is missing, has another shape, is not finite, or
was recorded but not replayed; 2: RUN holds no trace, or one that this program cannot replay; 3: numpy or torch is missing.
"""

import argparse
import sys
from pathlib import Path

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"verify_pytorch: {missing}; tools/python_setup installs PyTorch and numpy and prints the Python that has them",
          file=sys.stderr)
    sys.exit(3)

from pytorch_training import NETWORKS, replay
from safetensors_file import SafetensorsFile


class Comparison:
    """One tensor: our error, and that of PyTorch's float32. `problem` says why there is no error to speak of."""

    def __init__(self, iteration, name, ours, exact, single, peak=0.0):
        self.iteration, self.name = iteration, name
        self.error = self.peak_error = self.single_error = float("inf")
        self.problem = self.worst = ""
        if ours is None:
            self.problem = "missing in the trace"
        elif exact is None:
            self.problem = "recorded, but not part of the replay"
        elif squeezed(ours.shape) != squeezed(exact.shape):
            self.problem = f"shape {ours.shape}, should be {exact.shape}"
        elif not np.isfinite(ours).all() or not np.isfinite(exact).all():
            self.problem = "not finite" if not np.isfinite(ours).all() else "not finite in PyTorch"
        else:
            exact = exact.reshape(ours.shape)
            norm = np.linalg.norm(exact)
            difference = np.abs(ours.astype(np.float64) - exact)
            self.error = relative(np.linalg.norm(difference), norm)
            self.peak_error = relative(np.linalg.norm(difference), max(norm, peak))
            self.single_error = relative(np.linalg.norm(single.reshape(ours.shape) - exact), norm)
            at = np.unravel_index(np.argmax(difference), difference.shape)
            where = "[" + ",".join(map(str, at)) + "]"
            self.worst = f"{difference[at]:8.1e}  {float(ours[at]):+.6e} {exact[at]:+.6e}  {where}"

    def mark(self, tolerance):
        """" ": within the tolerance; "~": within it but for cancellation; "!": not."""
        if self.problem or not self.peak_error <= tolerance:
            return "!"
        return " " if self.error <= tolerance else "~"

    def row(self, tolerance):
        mark = self.mark(tolerance)
        cancelled = f"  ({self.peak_error:.1e} before it cancelled)" if mark == "~" else ""
        return (f"{mark} {self.name:<58} {self.error:9.2e} {self.single_error:9.2e} {self.iteration:>4}  "
                f"{self.problem or self.worst}{cancelled}")


def squeezed(shape):
    """Logits may be (N, 1) or (N, 1, 1, 1): extents of 1 carry nothing."""
    return tuple(extent for extent in shape if extent != 1)


def relative(difference, norm):
    return 0.0 if difference == 0 else float("inf") if norm == 0 else float(difference / norm)


def compare_iterations(traces, exact, single):
    """A Comparison for each tensor that was recorded or replayed. `exact`, `single`: what replay() returned."""
    (exact_made, exact_inputs, exact_peaks, _), (single_made, *_) = exact, single
    comparisons = []
    for i, trace in enumerate(traces):
        made, inputs = exact_made[i], exact_inputs[i]
        names = list(made) + [name for name in trace.tensors if name not in made and name not in inputs]
        comparisons += [
            Comparison(i + 1, name, trace.tensors.get(name), made.get(name), single_made[i].get(name),
                       exact_peaks[i].get(name, 0.0))
            for name in names
        ]
    return comparisons


def compare_running_statistics(run, exact, single, iterations):
    """Batch norm's running mean and variance, where the run left a checkpoint just after the last traced iteration."""
    for path in run.glob("checkpoints/*.safetensors"):
        checkpoint = SafetensorsFile(path)
        if checkpoint.metadata.get("iteration") != str(iterations):
            continue
        return [
            Comparison(iterations, f"checkpoint/{name}.{buffer}", checkpoint.tensors.get(f"{name}.{buffer}"),
                       *(engine.networks[name].get_buffer(buffer).double().cpu().numpy() for engine in (exact, single)))
            for name in NETWORKS
            for buffer, _ in exact.networks[name].named_buffers()
            if not buffer.endswith("num_batches_tracked")  # ours counts iterations, theirs forward passes
        ]
    return []


def load(run):
    """The files of a trace: the start, and one for each iteration."""
    start = SafetensorsFile(run / "trace" / "start.safetensors")
    traces = []
    while (path := run / "trace" / f"iteration-{len(traces) + 1}.safetensors").exists():
        traces.append(SafetensorsFile(path))
    if not traces:
        raise FileNotFoundError(f"{run / 'trace'}: no iteration-1.safetensors")
    return start, traces


def report(comparisons, iterations, kinks, arguments):
    """Prints the table and the verdict; whether the run passed."""
    tolerance = arguments.tolerance
    marks = [c.mark(tolerance) for c in comparisons]
    rows = {}
    for c in comparisons:
        key = (c.name, c.iteration) if arguments.every_iteration else c.name
        if key not in rows or c.error > rows[key].error:
            rows[key] = c
    shown = [c for c in rows.values() if not arguments.quiet or c.mark(tolerance) != " "]
    if shown:
        print("  error against PyTorch in float64")
        print(f"  {'tensor':<58} {'ours':>9} {'float32':>9} {'iter':>4}  our worst element: difference, ours, exact, where")
    for c in shown:
        print(c.row(tolerance))
    worst = max((c for c, mark in zip(comparisons, marks) if mark != "~"), key=lambda c: c.error)
    sound = [c for c, mark in zip(comparisons, marks) if not c.problem and mark != "~"]
    single = max(sound, key=lambda c: c.single_error, default=None)
    failed = marks.count("!")
    print(
        f"{'FAILED' if failed else 'passed'}: {len(comparisons)} tensors of {iterations} iterations against PyTorch "
        f"{torch.__version__} (float64): {failed} above {tolerance:g}, {marks.count('~')} cancelled; "
        f"worst {worst.error:.1e} in {worst.name}"
        + (f"; {kinks.turned} of {kinks.candidates} activations near their kink turned" if kinks and kinks.turned else "")
        + (f"; PyTorch's own float32: {single.single_error:.1e} in {single.name}" if single else "")
    )
    return failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder with a trace/")
    parser.add_argument("--tolerance", type=float, default=1e-4, metavar="X", help="largest accepted error (1e-4)")
    parser.add_argument("--chained", action="store_true",
                        help="let PyTorch go on from its own gradients and state; else from what was recorded")
    parser.add_argument("--device", default="cpu", help="where PyTorch computes: cpu, cuda (cpu)")
    parser.add_argument("--every-iteration", action="store_true",
                        help="a row for each iteration; else for the worst one of each tensor")
    parser.add_argument("--quiet", action="store_true", help="print only what is out of tolerance, and the summary")
    arguments = parser.parse_args()
    torch.backends.cudnn.allow_tf32 = False  # or the column "float32" would be something else on a GPU
    try:
        start, traces = load(arguments.run)
        exact, single = (
            replay(start, traces, dtype, arguments.device, arguments.chained) for dtype in (torch.float64, torch.float32)
        )
    except (OSError, ValueError) as error:
        print(f"verify_pytorch: {error}", file=sys.stderr)
        return 2
    except (KeyError, RuntimeError) as error:  # what the replay starts from is not there, or does not fit the networks
        print(f"FAILED: {error.args[0]}")
        return 1
    comparisons = compare_iterations(traces, exact, single)
    comparisons += compare_running_statistics(arguments.run, exact[-1], single[-1], len(traces))
    return 0 if report(comparisons, len(traces), exact[-1].kinks, arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
