#!/usr/bin/env python3
"""How good a generator of Fashion-MNIST is: the Frechet distance of its samples from the test images, in the 64 features of
a small classifier, and what share of the samples each kind of garment has.

    tools/judge_samples.py CHECKPOINT.safetensors|SAMPLES.npy|real ...     one line each
        --count 4096       samples of a checkpoint, from its average generator where there is one
        --judge FOLDER     where the trained classifier is kept (default build/judge); trained where missing, one minute

For features with mean m and covariance S (of the samples) and m', S' (of the 10,000 test images) the distance is
|m - m'|^2 + tr(S + S' - 2 (S S')^(1/2)) (Heusel et al. 2017, equation 6, with our classifier for theirs): figures are only
comparable with others of this judge. `real` draws as many training images: the distance of a perfect generator. The judge
is trained from a fixed seed; batch norm generators sample with their running statistics.
"""

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
import torch
from pytorch_networks import Network, state_dict
from safetensors_file import SafetensorsFile
from torch import nn
from torch.nn import functional as F

KINDS = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
FOLDERS = [Path("/usr/share/datasets/fashion-mnist")]
FEATURES = 64


def read_idx(name):
    """The array of one of Fashion-MNIST's four files."""
    for folder in FOLDERS:
        path = folder / f"{name}.gz"
        if path.exists():
            data = gzip.decompress(path.read_bytes())
            shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
            return np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)
    sys.exit(f"judge_samples: no {name}.gz in {FOLDERS[0]}; install Debian's package dataset-fashion-mnist")


def at_size(images, size):
    """(N, H, W) bytes to (N, 1, size, size) in [-1, 1], resampled with the triangle filter that training uses."""
    x = torch.from_numpy(images.astype(np.float32))[:, None]
    if x.shape[-2:] != (size, size):
        x = F.interpolate(x, (size, size), mode="bilinear", align_corners=False, antialias=True)
    return x.round().clamp(0, 255) / 127.5 - 1


class Judge(nn.Module):
    """Three strided convolutions and a linear layer to 64 features, from which ten kinds are told."""

    def __init__(self):
        super().__init__()
        widths = [1, 32, 64, 128]
        layers = []
        for i in range(3):
            layers += [nn.Conv2d(widths[i], widths[i + 1], 3, 2, 1), nn.BatchNorm2d(widths[i + 1]), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten())
        self.features = nn.Linear(128 * 16, FEATURES)
        self.kinds = nn.Linear(FEATURES, len(KINDS))

    def forward(self, x):
        features = F.relu(self.features(self.body(x)))
        return features, self.kinds(features)


def train_judge(size):
    """A judge of images of this size. Prints how often it is right on the test images."""
    torch.manual_seed(20)
    judge = Judge()
    images, labels = at_size(read_idx("train-images-idx3-ubyte"), size), read_idx("train-labels-idx1-ubyte")
    labels = torch.from_numpy(labels.astype(np.int64))
    epochs, batch = 4, 128
    optimizer = torch.optim.Adam(judge.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=epochs * (len(images) // batch))
    for _ in range(epochs):
        order = torch.randperm(len(images))
        for first in range(0, len(images) - batch + 1, batch):
            some = order[first : first + batch]
            optimizer.zero_grad()
            F.cross_entropy(judge(images[some])[1], labels[some]).backward()
            optimizer.step()
            schedule.step()
    judge.eval()
    test = torch.from_numpy(read_idx("t10k-labels-idx1-ubyte").astype(np.int64))
    right = (look_at(judge, at_size(read_idx("t10k-images-idx3-ubyte"), size))[1] == test.numpy()).mean()
    print(f"judge of {size}x{size} images trained: right on {100 * right:.1f} % of the test images", file=sys.stderr)
    return judge


def load_judge(folder, size):
    path = Path(folder) / f"judge-{size}.pt"
    if not path.exists():
        judge = train_judge(size)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(judge.state_dict(), path)
    judge = Judge()
    judge.load_state_dict(torch.load(path))
    return judge.eval()


@torch.no_grad()
def look_at(judge, images):
    """The features (N, 64) in double, and the kind of each image."""
    looks = [judge(images[i : i + 500]) for i in range(0, len(images), 500)]
    features = torch.cat([f for f, _ in looks]).double().numpy()
    return features, torch.cat([k for _, k in looks]).argmax(1).numpy()


def frechet_distance(a, b):
    """Between the Gaussians that fit the rows of `a` and of `b`."""
    root = np.linalg.cholesky(np.cov(a, rowvar=False) + 1e-9 * np.eye(a.shape[1]))
    spread = np.cov(b, rowvar=False)
    # tr (S S')^(1/2) through the eigenvalues of the symmetric L^T S' L, S = L L^T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root.T @ spread @ root), 0)).sum()
    apart = a.mean(0) - b.mean(0)
    return apart @ apart + np.trace(np.cov(a, rowvar=False)) + np.trace(spread) - 2 * shared


@torch.no_grad()
def samples_of(source, count):
    """(N, 1, H, W) in [-1, 1]: a checkpoint's samples, a file's, or training images."""
    if source == "real":
        return None
    if source.endswith(".npy"):
        images = np.load(source)
        return torch.from_numpy(images.reshape(len(images), 1, *images.shape[1:3]).astype(np.float32)) / 127.5 - 1
    checkpoint = SafetensorsFile(source)
    import json

    generator = Network(json.loads(checkpoint.metadata["generator"]))
    average = state_dict(checkpoint, "average.")
    generator.load_state_dict(average if average else state_dict(checkpoint, "generator."))
    generator.eval()
    torch.manual_seed(4096)
    z = torch.randn(count, *json.loads(checkpoint.metadata["generator"])["input"])
    images = torch.cat([generator(z[i : i + 256]) for i in range(0, count, 256)])
    return ((images + 1) * 127.5).round().clamp(0, 255) / 127.5 - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--count", type=int, default=4096)
    parser.add_argument("--judge", default=str(Path(__file__).resolve().parent.parent / "build" / "judge"))
    parser.add_argument("--size", type=int, default=32, help="of the images that `real` draws")
    options = parser.parse_args()

    judges = {}
    for source in options.sources:
        images = samples_of(source, options.count)
        size = options.size if images is None else images.shape[-1]
        if size not in judges:
            judge = load_judge(options.judge, size)
            judges[size] = judge, look_at(judge, at_size(read_idx("t10k-images-idx3-ubyte"), size))[0]
        judge, test = judges[size]
        if images is None:
            drawn = np.random.default_rng(0).permutation(60000)[: options.count]
            images = at_size(read_idx("train-images-idx3-ubyte")[drawn], size)
        features, kinds = look_at(judge, images)
        shares = np.bincount(kinds, minlength=len(KINDS)) / len(kinds)
        rarest = shares.argmin()
        print(
            f"{source}: distance {frechet_distance(features, test):.2f}, "
            f"rarest kind {KINDS[rarest]} {100 * shares[rarest]:.1f} % (an even share is {100 / len(KINDS):.0f} %)"
        )


if __name__ == "__main__":
    main()
