"""Rebuilds a network as a PyTorch module from the JSON that checkpoints carry (engine/network/describe.h)."""

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


def _linear(m):
    return FlatLinear(m["in_features"], m["out_features"])


def _conv(m):
    return nn.Conv2d(m["in_channels"], m["out_channels"], m["kernel_size"], m["stride"], m["padding"], bias=False)


def _conv_transpose(m):
    return nn.ConvTranspose2d(
        m["in_channels"], m["out_channels"], m["kernel_size"], m["stride"], m["padding"], m["output_padding"], bias=False
    )


# A new kind of layer joins here.
MODULES = {
    "linear": _linear,
    "conv2d": _conv,
    "conv_transpose2d": _conv_transpose,
    "batch_norm2d": lambda m: nn.BatchNorm2d(m["num_features"]),
    "relu": lambda m: nn.ReLU(),
    "leaky_relu": lambda m: nn.LeakyReLU(m["negative_slope"]),
    "tanh": lambda m: nn.Tanh(),
    "sigmoid": lambda m: nn.Sigmoid(),
    "reshape": lambda m: Reshape(m["shape"]),
}


class Network(nn.Module):
    """`main` is the row of layers, so that parameters are called main.0.weight, as in our files."""

    def __init__(self, description):
        super().__init__()
        self.name = description["name"]
        self.input_shape = description["input"]
        self.main = nn.Sequential(*(MODULES[m["type"]](m) for m in description["modules"]))

    def forward(self, x):
        return self.main(x.reshape(len(x), *self.input_shape))


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
