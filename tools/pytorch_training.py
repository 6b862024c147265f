"""Training iterations in PyTorch, replayed from what gan_cuda recorded: objectives, optimisers, algorithms.

Each is a table below; a new objective, optimiser or algorithm is one function or one line there.
"""

import contextlib
import json
import math
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.spectral_norm import SpectralNorm

from pytorch_kinks import Kinks
from pytorch_networks import build_network

NETWORKS = ("generator", "discriminator")


# ---- objectives: logits -> losses, written by another formula than the engine's fused kernel -------------------------


@dataclass
class Objective:
    """d(real, fake, h) and g(real, fake, h) return the losses that the step adds up, in the order in which the engine
    computes them. `real` and `fake` are logits, h the hyper-parameters; g's `real` is None unless the objective pairs.
    `d_mean`, `g_mean`: what the engine records the mean of beside D's and G's losses, by its name there. `paired`: a loss
    reads both kinds of logits at once, G's step too. `algorithm`: how it is played."""

    d: Callable
    g: Callable
    d_mean: str = "mean_sigmoid"
    g_mean: str = "mean_sigmoid"
    paired: bool = False
    algorithm: str = "gan"


def _cross_entropy(logits, target):
    """-[t log D(x) + (1 - t) log(1 - D(x))], mean over the batch. Through logsigmoid: PyTorch's own cross-entropy adds 1 to
    exp(-|logit|) before the logarithm, which leaves nothing of a loss below 1e-16, in float64, too."""
    return -(target * functional.logsigmoid(logits) + (1 - target) * functional.logsigmoid(-logits)).mean()


def _cross_entropy_d(real, fake, h):
    return _cross_entropy(real, 1 - h["label_smoothing"]), _cross_entropy(fake, 0.0)


def _squared_distance(logits, target):
    """Half the mean squared distance from a target, as LSGAN has it."""
    return functional.mse_loss(logits, torch.full_like(logits, target)) / 2


def _preference(preferred, other):
    """-log of the probability that, of a pair, the preferred image is the real one."""
    return functional.soft_margin_loss(preferred - other, torch.ones_like(other))


OBJECTIVES = {
    "non-saturating": Objective(_cross_entropy_d, lambda real, fake, h: [-functional.logsigmoid(fake).mean()]),
    "minimax": Objective(_cross_entropy_d, lambda real, fake, h: [functional.logsigmoid(-fake).mean()]),
    "least-squares": Objective(
        lambda real, fake, h: (_squared_distance(real, 1.0), _squared_distance(fake, 0.0)),
        lambda real, fake, h: [_squared_distance(fake, 1.0)],
        d_mean="mean_logit",
        g_mean="mean_logit",
    ),
    "hinge": Objective(
        lambda real, fake, h: (functional.relu(1 - real).mean(), functional.relu(1 + fake).mean()),
        lambda real, fake, h: [-fake.mean()],
        d_mean="mean_logit",
        g_mean="",
    ),
    "relativistic": Objective(
        lambda real, fake, h: [_preference(real, fake)],
        lambda real, fake, h: [_preference(fake, real)],
        paired=True,
    ),
} | {
    name: Objective(
        lambda real, fake, h: (-real.mean(), fake.mean()),
        lambda real, fake, h: [-fake.mean()],
        d_mean="",
        g_mean="",
        algorithm=name,
    )
    for name in ("wgan", "wgan-gp")
}


# ---- optimisers ------------------------------------------------------------------------------------------------------


@dataclass
class Optimizer:
    """`make(parameters, lr, h)` gives PyTorch's optimiser; `state(h)` names what it keeps for each parameter, the same in
    PyTorch and in our files."""

    make: Callable
    state: Callable


OPTIMIZERS = {
    "adam": Optimizer(
        lambda parameters, lr, h: torch.optim.Adam(
            parameters, lr, (h["beta1"], h["beta2"]), h.get("epsilon", 1e-8), h["weight_decay"]
        ),
        lambda h: ("exp_avg", "exp_avg_sq"),
    ),
    "rmsprop": Optimizer(
        lambda parameters, lr, h: torch.optim.RMSprop(
            parameters, lr, alpha=h["beta2"], eps=1e-8, weight_decay=h["weight_decay"]
        ),
        lambda h: ("square_avg",),
    ),
    "sgd": Optimizer(
        lambda parameters, lr, h: torch.optim.SGD(parameters, lr, h["momentum"], weight_decay=h["weight_decay"]),
        lambda h: ("momentum_buffer",) if h["momentum"] else (),
    ),
}

# How learning rates fall: the factor in an iteration, of which `share` of the run's length are done.
SCHEDULES = {
    "constant": lambda share: 1.0,
    "linear": lambda share: 1 - share,
    "cosine": lambda share: (1 + math.cos(math.pi * share)) / 2,
}


# ---- algorithms: one iteration, in the words of Replay ---------------------------------------------------------------


def gan_iteration(r):
    """Goodfellow et al. 2014, Algorithm 1: k updates of D, each on fresh data and noise, then one of G on fresh noise."""
    h = r.hyper_parameters
    for step in range(1, h["d_steps"] + 1):
        images = discriminator_gradients(r, step)
        for name, at in zip(("r1", "r2"), images):
            if h.get(name, 0) > 0:  # gamma / 2 E[|grad D|^2] at real, at generated images (Mescheder et al. 2018)
                gradient = input_gradient(r, at)
                r.add_gradient(h[name] / 2 * gradient.flatten(1).square().sum(1).mean())
        r.update("discriminator")
    generator_step(r)


def wgan_iteration(r):
    """Arjovsky et al. 2017, Algorithm 1: the critic's weights are clipped after each of its updates."""
    for step in range(1, r.hyper_parameters["d_steps"] + 1):
        discriminator_gradients(r, step)
        r.update("discriminator")
        r.clip("discriminator")
    generator_step(r)


def wgan_gp_iteration(r):
    """Gulrajani et al. 2017, Algorithm 1: a penalty on the norm of the critic's gradient between real and generated."""
    h = r.hyper_parameters
    for step in range(1, h["d_steps"] + 1):
        real, fake = discriminator_gradients(r, step)
        share = r.given("t").view(-1, *[1] * (real.dim() - 1))
        gradient = input_gradient(r, share * real + (1 - share) * fake.view_as(real))
        axes = gradient.flatten(1) if h.get("gp_norm", "sample") == "sample" else gradient
        excess = axes.norm(2, 1) - 1
        if h["gp_side"] == "one":
            excess = excess.clamp_min(0)
        r.add_gradient(h["lambda"] * excess.square().mean())
        r.update("discriminator")
    generator_step(r)


def input_gradient(r, at):
    """The gradient of D's output at the images `at`, which autograd can differentiate again."""
    at = at.detach().requires_grad_()
    with r.kinks.pause() if r.kinks else contextlib.nullcontext():
        verdict = r.discriminator(at).sum()
    (gradient,) = torch.autograd.grad(verdict, at, create_graph=True)
    return gradient


def discriminator_gradients(r, step):
    """Begins D's update number `step` with the gradients of its losses; returns the real and the generated images."""
    r.phase(f"D step {step}")
    r.normalize_weights("discriminator")
    with contextlib.nullcontext() if r.hyper_parameters.get("reuse_noise") else torch.no_grad():
        r.last_made = r.generator(r.given("z"))
    images = r.last_made.detach()  # G is not trained here
    x = r.given("x")
    real, fake = r.discriminator(x), r.discriminator(images)
    r.backward([real, fake], r.objective.d(real, fake, r.hyper_parameters), r.objective.d_mean)
    return x, images


def generator_step(r):
    """G's update on fresh noise, or on the last D step's; beside fresh images where the objective pairs."""
    r.phase("G step")
    r.normalize_weights("discriminator")
    made = r.last_made if r.hyper_parameters.get("reuse_noise") else r.generator(r.given("z"))
    with torch.no_grad():  # D's verdict on real images does not depend on G
        real = r.discriminator(r.given("x")) if r.objective.paired else None
    fake = r.discriminator(made)
    logits = [fake] if real is None else [real, fake]
    r.backward(logits, r.objective.g(real, fake, r.hyper_parameters), r.objective.g_mean)
    r.update("generator")


ALGORITHMS = {"gan": gan_iteration, "wgan": wgan_iteration, "wgan-gp": wgan_gp_iteration}


def spectrally_normalized(network):
    """The modules of a network that have torch.nn.utils.spectral_norm, with their hooks, in evaluation mode: a forward then
    divides by u^T W v, differentiably, and leaves u and v as they are."""
    found = []
    for module in network.modules():
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm):
                found.append((module.eval(), hook))
    return found


def chosen(table, what, name):
    """The entry of one of the tables above. Raises ValueError for a name that is not in it."""
    if name not in table:
        raise ValueError(f"{what} '{name}' is unknown here; known are {', '.join(table)}")
    return table[name]


# ---- the replay ------------------------------------------------------------------------------------------------------


class Replay:
    """Both networks and their optimisers in PyTorch, and what they made of the iteration under way.

    `start` and the traces are SafetensorsFiles; `dtype` is what PyTorch computes in, on `device`. Updates are made of the
    recorded gradients, or of the replay's own if `chained`.
    """

    def __init__(self, start, hyper_parameters, dtype, device="cpu", chained=False):
        self.dtype, self.device, self.hyper_parameters, self.chained = dtype, device, hyper_parameters, chained
        h = hyper_parameters
        self.objective = chosen(OBJECTIVES, "objective", h["objective"])
        self.algorithm = chosen(ALGORITHMS, "algorithm", self.objective.algorithm)
        self.optimizer = chosen(OPTIMIZERS, "optimizer", h.get("optimizer", "adam"))
        self.networks = {name: build_network(start, name, dtype).to(device) for name in NETWORKS}
        self.generator, self.discriminator = (self.networks[name] for name in NETWORKS)
        self.spectral = {name: spectrally_normalized(network) for name, network in self.networks.items()}
        self.kept = self.optimizer.state(h)
        self.schedule = chosen(SCHEDULES, "learning-rate schedule", h.get("lr_schedule", "constant"))
        self.rates = {"generator": h["g_lr"], "discriminator": h["d_lr"]}
        self.optimizers = {n: self.optimizer.make(self.networks[n].parameters(), self.rates[n], h) for n in NETWORKS}
        self.iterations = 0
        self.updates = {name: 0 for name in NETWORKS}
        self.kinks = Kinks(self.networks.values()) if dtype == torch.float64 and not chained else None
        self.bias_terms = {}
        for name in NETWORKS:
            self._watch_biases(name)
        self.load_state(
            lambda name: start[name],
            lambda name, kind: start[f"optimizer.{name}.{kind}"],
        )

    def _watch_biases(self, network):
        """Adds up the magnitudes of what each bias's gradient is the sum of: the gradients of its layer's outputs, over
        samples and pixels. Before a norm they cancel to nothing."""

        def hook(name):
            def note(gradient):
                axes = [axis for axis in range(gradient.dim()) if axis != 1]
                terms = gradient.detach().double().abs().sum(axes)
                self.bias_terms[name] = self.bias_terms.get(name, 0) + terms

            def on_forward(_, __, output):
                if output.requires_grad:
                    output.register_hook(note)

            return on_forward

        for name, module in self.networks[network].named_modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)) and module.bias is not None:
                module.register_forward_hook(hook(f"{network}.{name}.bias"))

    def load_state(self, parameter, state):
        """Sets every parameter NAME to parameter(NAME), and its optimiser's state to state(NAME, KIND)."""
        for network in NETWORKS:
            for name, tensor in self.networks[network].named_parameters():
                full = f"{network}.{name}"
                tensor.data.copy_(self.tensor(parameter(full)))
                self.optimizers[network].state[tensor] = {
                    "step": torch.tensor(float(self.updates[network]))
                } | {kind: self.tensor(state(full, kind)) for kind in self.kept}

    def load_state_after(self, trace):
        """Goes on from what the engine had after the iteration that `trace` recorded."""
        last = {}
        for recorded in trace.tensors:
            phase, kind, *rest = recorded.split("/")
            if kind == "parameter":
                last.setdefault(rest[0], []).append(phase)

        def find(full, kind):
            phase = max(last[full], key=lambda p: (len(p), p))  # "D step 2" < "D step 10"
            return trace[f"{phase}/{kind}/{full}"]

        self.load_state(lambda full: find(full, "parameter"), find)
        if self.objective.algorithm == "wgan":
            self.clip("discriminator")  # recorded were the parameters that the update left

    def iteration(self, trace):
        """Replays the iteration that `trace` recorded; returns {name: float64 array} of all it made."""
        self.trace, self.made, self.inputs, self.peaks = trace, {}, set(), {}
        self.hyper_parameters = json.loads(trace.metadata["hyper_parameters"])  # d_steps, r1 and r2 may vary
        length = self.hyper_parameters.get("iterations", 0)
        factor = self.schedule(self.iterations / length if length else 0.0)
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.rates[name] * factor
        self.algorithm(self)
        self.iterations += 1
        return {name: tensor.detach().double().cpu().numpy() for name, tensor in self.made.items()}

    def tensor(self, array):
        return torch.from_numpy(array.copy()).to(self.device, self.dtype)

    # -- what algorithms are written with --

    def phase(self, name):
        """Begins a phase of the schedule, with gradients of zero."""
        self.prefix = name + "/"
        self.bias_terms.clear()
        for network in self.networks.values():
            network.zero_grad(set_to_none=True)
        if self.kinks:
            self.kinks.forget()
        self.note_peaks()

    def normalize_weights(self, name):
        """One power iteration of every spectrally normalised weight of a network: once an update, where PyTorch's hook alone
        would do one in every forward, so that all of an update's passes go through the same network."""
        with torch.no_grad():
            for module, hook in self.spectral[name]:
                hook.compute_weight(module, do_power_iteration=True)

    def given(self, name):
        """A recorded input: a batch of images, or a random draw."""
        self.inputs.add(self.prefix + name)
        return self.tensor(self.trace[self.prefix + name])

    def backward(self, logits, losses, mean):
        """Adds up the gradients of the phase's losses through one batch of logits after the other, as the engine does.
        `mean` names what is recorded beside each loss: of the logits, or of the differences of a pair."""
        trained = {i: tensor for i, tensor in enumerate(logits) if tensor.requires_grad}
        gradients = torch.autograd.grad(sum(losses), list(trained.values()), retain_graph=True)
        for (i, tensor), gradient in zip(trained.items(), gradients):
            tensor.backward(gradient, retain_graph=True)
            self.note_peaks()
            self.keep(f"dlogits.{i}", gradient)
        for i, tensor in enumerate(logits):
            self.keep(f"logits.{i}", tensor)
        verdicts = [logits[0] - logits[1]] if self.objective.paired else logits
        for i, verdict in enumerate(verdicts if mean else []):
            terms = torch.sigmoid(verdict) if mean == "mean_sigmoid" else verdict
            self.keep(f"{mean}.{i}", terms.mean())
            self.peaks[f"{self.prefix}{mean}.{i}"] = terms.detach().abs().mean().item()
        for i, loss in enumerate(losses):
            self.keep(f"loss.{i}", loss)
            if not mean:  # the loss itself is a mean of logits
                self.peaks[f"{self.prefix}loss.{i}"] = verdicts[i].detach().abs().mean().item()

    def add_gradient(self, loss):
        """Adds the gradient of a further loss, which has no logits of its own."""
        loss.backward(retain_graph=True)
        self.note_peaks()

    def clip(self, name):
        """Keeps a network's parameters within [-clip, clip]."""
        with torch.no_grad():
            for tensor in self.networks[name].parameters():
                tensor.clamp_(-self.hyper_parameters["clip"], self.hyper_parameters["clip"])

    def update(self, name):
        """One step of the network's optimiser. The gradients that it is made of are the recorded ones, which are compared
        by themselves: Adam divides by a gradient's own size, so what rounding left of an element near zero would come back
        in the parameter as large as any other."""
        recorded = self.recorded_gradients(name)
        if self.kinks and recorded:
            names = {tensor: parameter for parameter, tensor in self.networks[name].named_parameters()}
            scales = {t: self.peaks.get(f"{self.prefix}gradient/{name}.{names[t]}", 0.0) for t in recorded}
            self.kinks.settle({tensor: tensor.grad for tensor in recorded}, recorded, scales)
        own = {key: tensor.detach().clone() for key, tensor in self.sums(name)}
        if not self.chained:
            for tensor, gradient in recorded.items():
                tensor.grad = gradient
        self.optimizers[name].step()
        self.updates[name] += 1
        updated = {key: tensor.detach().clone() for key, tensor in self.sums(name)}
        self.made |= updated | {key: tensor for key, tensor in own.items() if key.startswith(self.prefix + "gradient/")}

    # -- bookkeeping --

    def recorded_gradients(self, name):
        """{parameter: recorded gradient} of a network; nothing unless all are there, of the right shapes, and finite."""
        found = {}
        for parameter, tensor in self.networks[name].named_parameters():
            recorded = self.trace.tensors.get(f"{self.prefix}gradient/{name}.{parameter}")
            if recorded is None or recorded.shape != tensor.shape or not np.isfinite(recorded).all():
                return {}
            found[tensor] = self.tensor(recorded)
        return found

    def keep(self, name, tensor):
        self.made[self.prefix + name] = tensor.detach().clone()

    def sums(self, name):
        """What a network's training adds up, under the names of the trace."""
        for parameter, tensor in self.networks[name].named_parameters():
            state = self.optimizers[name].state[tensor]
            kinds = {"gradient": tensor.grad, "parameter": tensor} | {kind: state[kind] for kind in self.kept}
            for kind, value in kinds.items():
                if value is not None:
                    yield f"{self.prefix}{kind}/{name}.{parameter}", value

    def note_peaks(self):
        """Keeps the largest norm that each sum has had in the phase, or that the magnitudes of its terms add up to."""
        for name in NETWORKS:
            for key, tensor in self.sums(name):
                self.peaks[key] = max(self.peaks.get(key, 0.0), tensor.detach().double().norm().item())
        for name, terms in self.bias_terms.items():
            key = f"{self.prefix}gradient/{name}"
            self.peaks[key] = max(self.peaks.get(key, 0.0), terms.norm().item())


def replay(start, traces, dtype, device="cpu", chained=False):
    """Replays all iterations; returns what each made, as [{name: array}], its inputs, its peaks, and the Replay at the end.

    `chained` lets PyTorch go on from its own gradients and state; else each update is made of the recorded gradients, and
    each iteration starts from the recorded state.
    """
    engine = Replay(start, json.loads(traces[0].metadata["hyper_parameters"]), dtype, device, chained)
    made, inputs, peaks = [], [], []
    for i, trace in enumerate(traces):
        if i > 0 and not chained:
            engine.load_state_after(traces[i - 1])
        made.append(engine.iteration(trace))
        inputs.append(engine.inputs)
        peaks.append(engine.peaks)
    return made, inputs, peaks, engine
