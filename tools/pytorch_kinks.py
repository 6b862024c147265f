"""Which side of its kink an activation is on, where rounding decides.

ReLU and LeakyReLU are continuous, their slopes are not. An input within float32's rounding of zero may have either sign in
a computation that is right, and with it either slope: the outputs agree, the gradients do not. In a large batch there are
always some: of N inputs with a density of about 0.4 at zero, 0.8 d N lie within d of it. So a gradient in float64 is
compared with ours only after the sides have been settled: of the inputs within NEAR of zero, those are put on their other
side that bring the gradient to the recorded one. Each contributes a vector of its own to millions of elements, taken wholly
or not at all: an error of another kind is no sum of such vectors.
"""

import contextlib
from dataclasses import dataclass

import torch
from torch import nn

# Relative to the inputs' root mean square: what u sqrt(K) comes to for a sum of K = 4096 products, u = 6e-8.
NEAR = 4e-6
SUSPICIOUS = 1e-5  # smaller errors of a gradient need no explanation
SAMPLES = 2000  # elements of a tensor that the sides are settled by


@dataclass
class Activation:
    """One call of an activation: its input and output in the graph, and the inputs near the kink (flat indices)."""

    x: torch.Tensor
    y: torch.Tensor
    near: torch.Tensor
    slope: float


class Kinks:
    """Watches the activations of networks; settles their sides."""

    def __init__(self, networks):
        self.activations, self.candidates, self.turned = [], 0, 0
        self.paused = False
        for network in networks:
            for module in network.modules():
                if isinstance(module, (nn.ReLU, nn.LeakyReLU)):
                    module.register_forward_hook(self._note)

    def forget(self):
        """Before a computation whose gradients have nothing to do with those of the last."""
        self.activations = []

    @contextlib.contextmanager
    def pause(self):
        """While a pass runs whose gradient is differentiated again: what retains gradients of first order is in the way of
        those of second order, and a side would count in both."""
        self.paused = True
        try:
            yield
        finally:
            self.paused = False

    def settle(self, gradients, recorded, scales=None):
        """Adds to `gradients`, {parameter: tensor}, what turning activations to their other side changes. `recorded`: the
        gradients to come to, by the same keys. `scales`: by the same keys, the norm that an error is seen against, where it
        is larger than the gradient's own, which may have cancelled. The graph of the losses must still be there."""
        parameters = list(gradients)
        norms = {p: max(gradients[p].norm().item(), (scales or {}).get(p, 0.0), 1e-300) for p in parameters}
        errors = {p: recorded[p] - gradients[p] for p in parameters}
        if all(errors[p].norm() <= SUSPICIOUS * norms[p] for p in parameters):
            return
        near = [(a, i) for a in self.activations if a.y.grad is not None for i in a.near]
        self.candidates += len(near)
        if not near:
            return
        dice = torch.Generator().manual_seed(1)
        picked = {p: torch.randint(p.numel(), (min(SAMPLES, p.numel()),), generator=dice).to(p.device) for p in parameters}

        def sampled(tensors):
            parts = [tensors[p].flatten()[picked[p]] / norms[p] for p in parameters]
            return torch.cat(parts).cpu()

        columns = torch.stack([sampled(change_of_turning(*place, parameters)) for place in near], dim=1)
        shares = torch.linalg.lstsq(columns, sampled(errors)[:, None], driver="gelsd").solution.flatten()
        for place, share in zip(near, shares):
            if share > 0.5:
                self.turned += 1
                for p, change in change_of_turning(*place, parameters).items():
                    gradients[p] += change

    def _note(self, module, inputs, output):
        x = inputs[0]
        if self.paused or not x.requires_grad:
            return
        size = x.detach().abs()
        near = (size <= NEAR * size.square().mean().sqrt()).flatten().nonzero().flatten()
        if len(near):
            output.retain_grad()
            self.activations.append(Activation(x, output, near, getattr(module, "negative_slope", 0.0)))


def change_of_turning(activation, i, parameters):
    """What the other slope at input `i` of an activation adds to the gradients: {parameter: tensor}."""
    x = activation.x.detach().flatten()
    turned = torch.zeros_like(x)
    turned[i] = (activation.slope - 1 if x[i] > 0 else 1 - activation.slope) * activation.y.grad.flatten()[i]
    change = torch.autograd.grad(activation.x, parameters, turned.reshape(activation.x.shape), retain_graph=True,
                                 allow_unused=True)
    return {p: torch.zeros_like(p) if c is None else c for p, c in zip(parameters, change)}
