#!/usr/bin/env python3
"""tools/pytorch_networks.py and the tables of tools/pytorch_training.py: chains, graphs, names, and what they refuse."""

import sys
import unittest
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import pytorch_networks  # noqa: E402
import pytorch_training  # noqa: E402


LINEAR = {"type": "linear", "in_features": 3, "out_features": 3}


def network(nodes):
    return pytorch_networks.Network({"name": "test", "input": [3], "modules": nodes})


class NetworkTest(unittest.TestCase):
    def test_a_chain_reads_the_node_before(self):
        chain = network([LINEAR, {"type": "relu"}, LINEAR])
        x, (first, second) = torch.randn(5, 3), (chain.main.get_submodule(i) for i in "02")
        self.assertEqual([name for name, _ in chain.named_parameters()],
                         ["main.0.weight", "main.0.bias", "main.2.weight", "main.2.bias"])
        self.assertTrue(torch.equal(chain(x), second(first(x).relu())))

    def test_a_value_may_be_read_twice(self):
        block = network([
            LINEAR | {"name": "block.narrow"},
            {"type": "tanh", "name": "block.tanh"},
            {"type": "add", "name": "block.sum", "inputs": ["block.tanh", "input"]},
        ])
        x = torch.randn(5, 3)
        self.assertEqual([name for name, _ in block.named_parameters()], ["block.narrow.weight", "block.narrow.bias"])
        self.assertTrue(torch.equal(block(x), block.block.narrow(x).tanh() + x))

    def test_images_grow_and_shrink(self):
        x = torch.arange(16.0).reshape(1, 4, 2, 2)
        modules = [
            {"type": "upsample", "scale_factor": 2},
            {"type": "avg_pool2d", "kernel_size": 2},
            {"type": "pixel_shuffle", "upscale_factor": 2},
            {"type": "global_pool", "reduction": "sum"},
        ]
        for modules, want in [(modules[:1], x.repeat_interleave(2, 2).repeat_interleave(2, 3)), (modules[:2], x),
                              (modules[2:3], x.reshape(2, 2, 2, 2).permute(2, 0, 3, 1).reshape(1, 1, 4, 4)),
                              (modules[3:], x.sum((2, 3), keepdim=True))]:
            net = pytorch_networks.Network({"name": "test", "input": [4, 2, 2], "modules": modules})
            self.assertTrue(torch.equal(net(x), want))

    def test_spectral_norm_is_pytorch_s(self):
        net = network([LINEAR | {"spectral_norm": True}])
        self.assertEqual(sorted(net.state_dict()),
                         [f"main.0.{name}" for name in ("bias", "weight_orig", "weight_u", "weight_v")])
        net.load_state_dict(net.state_dict())
        [(module, hook)] = pytorch_training.spectrally_normalized(net)
        u = module.weight_u.clone()
        x = torch.randn(5, 3)
        self.assertTrue(torch.equal(net(x), net(x)) and torch.equal(module.weight_u, u))  # a forward leaves u alone
        for _ in range(100):
            hook.compute_weight(module, do_power_iteration=True)
        weight = module.weight_orig / torch.linalg.matrix_norm(module.weight_orig, 2)
        self.assertTrue(torch.allclose(net(x), x @ weight.T + module.bias, atol=1e-6))

    def test_norms_of_every_sample_have_our_files_names(self):
        net = pytorch_networks.Network({"name": "test", "input": [4, 3, 2], "modules": [
            {"type": "instance_norm2d", "num_features": 4},
            {"type": "group_norm", "num_groups": 1, "num_channels": 4},
        ]})
        self.assertEqual(list(net.state_dict()), ["main.0.weight", "main.0.bias", "main.1.weight", "main.1.bias"])
        self.assertAlmostEqual(net(torch.randn(5, 4, 3, 2)).flatten(1).mean(1).abs().max().item(), 0, places=5)

    def test_what_is_unknown_is_named(self):
        with self.assertRaisesRegex(ValueError, "layer type 'attention' is unknown here; known are linear,"):
            network([{"type": "attention"}])
        with self.assertRaisesRegex(ValueError, "node 'main.0' reads 'later', which is no node before it"):
            network([LINEAR | {"inputs": ["later"]}, LINEAR | {"name": "later"}])
        with self.assertRaisesRegex(ValueError, "objective 'bigan' is unknown here; known are non-saturating, minimax"):
            pytorch_training.chosen(pytorch_training.OBJECTIVES, "objective", "bigan")


if __name__ == "__main__":
    unittest.main()
