"""Rebuilds a network as a PyTorch module from the JSON that checkpoints carry (describe() in engine/network/graph.h).

A network's "modules" are nodes {"type": ..., "name": ..., "inputs": [...]} and what the type needs. `inputs` names nodes that
stand before it, or "input", the network's own; without it a node reads the node before it. `name` is the module's path, to
which ".weight" and the like are added in our files; without it the node at place i is "main.i". The last node is the output.
`spectral_norm` wraps the module in torch.nn.utils.spectral_norm, whose "weight_orig", "weight_u" and "weight_v" our files have.
"""

import json

import torch
from torch import nn


class Reshape(nn.Module):
    """(N, ...) to (N, C, H, W)."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(len(x), *self.shape)


class FlatLinear(nn.Linear):
    """A linear layer on whatever shape its input has, read in PyTorch's order (C, H, W)."""

    def forward(self, x):
        return super().forward(x.flatten(1))


class BatchNorm(nn.BatchNorm2d):
    """Of the channels of (N, C, H, W), or of the features of (N, C), as nn.BatchNorm1d."""

    def _check_input_dim(self, x):
        pass


class Add(nn.Module):
    """The sum of two values of one shape."""

    def forward(self, x, y):
        return x + y


class GlobalPool(nn.Module):
    """All pixels of a channel to one: their "sum" or "mean"."""

    def __init__(self, reduction):
        super().__init__()
        self.reduce = {"sum": torch.sum, "mean": torch.mean}[reduction]

    def forward(self, x):
        return self.reduce(x, dim=(2, 3), keepdim=True)


def _conv(m):
    sizes = m["in_channels"], m["out_channels"], m["kernel_size"], m["stride"], m["padding"]
    return nn.Conv2d(*sizes, bias=m.get("bias", False))


def _conv_transpose(m):
    sizes = m["in_channels"], m["out_channels"], m["kernel_size"], m["stride"], m["padding"], m["output_padding"]
    return nn.ConvTranspose2d(*sizes, bias=m.get("bias", False))


# A new kind of layer joins here: node -> module, called with one argument for each of the node's inputs.
LAYERS = {
    "linear": lambda m: FlatLinear(m["in_features"], m["out_features"], m.get("bias", True)),
    "conv2d": _conv,
    "conv_transpose2d": _conv_transpose,
    "batch_norm2d": lambda m: BatchNorm(m["num_features"]),
    "instance_norm2d": lambda m: nn.InstanceNorm2d(m["num_features"], affine=True),
    "group_norm": lambda m: nn.GroupNorm(m["num_groups"], m["num_channels"]),
    "relu": lambda m: nn.ReLU(),
    "leaky_relu": lambda m: nn.LeakyReLU(m["negative_slope"]),
    "tanh": lambda m: nn.Tanh(),
    "sigmoid": lambda m: nn.Sigmoid(),
    "reshape": lambda m: Reshape(m["shape"]),
    "add": lambda m: Add(),
    "upsample": lambda m: nn.Upsample(scale_factor=m["scale_factor"], mode="nearest"),
    "avg_pool2d": lambda m: nn.AvgPool2d(m["kernel_size"]),
    "pixel_shuffle": lambda m: nn.PixelShuffle(m["upscale_factor"]),
    "global_pool": lambda m: GlobalPool(m["reduction"]),
}


def build_layer(node):
    """The module of one node. Raises ValueError for a type that LAYERS does not know."""
    if node["type"] not in LAYERS:
        raise ValueError(f"layer type '{node['type']}' is unknown here; known are {', '.join(LAYERS)}")
    module = LAYERS[node["type"]](node)
    return nn.utils.spectral_norm(module) if node.get("spectral_norm", False) else module


class Network(nn.Module):
    """The graph of a description; its parameters have the names of our files."""

    def __init__(self, description):
        super().__init__()
        self.name = description["name"]
        self.input_shape = description["input"]
        self.nodes = []  # (name, names of its inputs), each after its inputs
        known = {"input"}
        previous = "input"
        for i, node in enumerate(description["modules"]):
            name, inputs = node.get("name", f"main.{i}"), node.get("inputs", [previous])
            for source in inputs:
                if source not in known:
                    raise ValueError(f"{self.name}: node '{name}' reads '{source}', which is no node before it")
            self._add(name, build_layer(node))
            self.nodes.append((name, inputs))
            known.add(name)
            previous = name

    def _add(self, path, module):
        """Registers `module` so that its parameters' names begin with `path`."""
        *parents, last = path.split(".")
        owner = self
        for parent in parents:
            if not hasattr(owner, parent):
                owner.add_module(parent, nn.Module())
            owner = getattr(owner, parent)
        owner.add_module(last, module)

    def forward(self, x):
        values = {"input": x.reshape(len(x), *self.input_shape)}
        for name, inputs in self.nodes:
            values[name] = self.get_submodule(name)(*(values[source] for source in inputs))
        return values[self.nodes[-1][0]]


def build_network(checkpoint, name, dtype=torch.float32):
    """The network `name` ("generator", "discriminator") of a checkpoint (SafetensorsFile), with its weights, in training
    mode."""
    network = Network(json.loads(checkpoint.metadata[name])).to(dtype)
    network.load_state_dict(state_dict(checkpoint, name + "."))
    return network


def state_dict(checkpoint, prefix):
    """The tensors under `prefix` ("generator.", "average.", "discriminator."), without it."""
    return {
        name[len(prefix) :]: torch.from_numpy(values.copy())
        for name, values in checkpoint.tensors.items()
        if name.startswith(prefix)
    }
