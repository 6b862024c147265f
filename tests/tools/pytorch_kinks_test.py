#!/usr/bin/env python3
"""tools/pytorch_kinks.py: gradients of a network some of whose activations are within rounding of their kink."""

import sys
import unittest
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from pytorch_kinks import Kinks  # noqa: E402


class Turnable(nn.Module):
    """A perceptron whose inputs to the activation are shifted: `turned` ones get the slope of the other side."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.activation, self.last = nn.Linear(6, 40).double(), nn.LeakyReLU(0.2), nn.Linear(40, 1).double()

    def forward(self, x, shift, turned=None):
        hidden = self.first(x) - shift
        if turned is None:
            return self.last(self.activation(hidden))
        above = (hidden > 0) ^ turned
        return self.last(torch.where(above, hidden, 0.2 * hidden))


class KinksTest(unittest.TestCase):
    def setUp(self):
        self.network = Turnable()
        self.x = torch.randn(8, 6, dtype=torch.float64)
        hidden = self.network.first(self.x).detach()
        self.shift = torch.zeros_like(hidden)
        self.near = torch.zeros_like(hidden, dtype=torch.bool)
        for place, distance in (((0, 3), 1e-7), ((2, 11), -2e-7), ((5, 11), 1e-9), ((7, 39), -1e-8)):
            self.shift[place] = hidden[place] - distance
            self.near[place] = True

    def gradients(self, turned):
        """As a computation gives them that has these activations on their other side."""
        loss = self.network(self.x, self.shift, turned).square().sum()
        return dict(zip(self.network.parameters(), torch.autograd.grad(loss, list(self.network.parameters()))))

    def settled(self, recorded):
        kinks = Kinks([self.network])
        self.network(self.x, self.shift).square().sum().backward(retain_graph=True)
        gradients = {p: p.grad for p in self.network.parameters()}
        kinks.settle(gradients, recorded)
        errors = [(gradients[p] - recorded[p]).norm() / recorded[p].norm() for p in recorded]
        return kinks, max(errors).item()

    def test_those_that_were_turned_are_found(self):
        turned = self.near.clone()
        turned[2, 11] = turned[7, 39] = False
        kinks, error = self.settled(self.gradients(turned))
        self.assertEqual((kinks.candidates, kinks.turned), (4, 2))
        self.assertLess(error, 1e-6)

    def test_a_right_gradient_needs_nothing(self):
        kinks, error = self.settled(self.gradients(torch.zeros_like(self.near)))
        self.assertEqual((kinks.candidates, kinks.turned, error), (0, 0, 0))

    def test_another_error_remains(self):
        turned = torch.zeros_like(self.near)
        turned[1, 1] = True  # not near the kink: this gradient is wrong
        recorded = self.gradients(turned)
        kinks, error = self.settled(recorded)
        self.assertGreater(error, 1e-3)
        recorded = {p: 1.01 * g for p, g in self.gradients(torch.zeros_like(self.near)).items()}
        self.assertGreater(self.settled(recorded)[1], 5e-3)


if __name__ == "__main__":
    unittest.main()
