#!/usr/bin/env python3
"""How good a generator of Fashion-MNIST is: the Frechet distance of its samples from the test images, in the 64 features of
small classifiers, and what share of the samples each kind of garment has.

    tools/judge_samples.py CHECKPOINT.safetensors|SAMPLES.npy|real ...     one line each
        --count 4096       samples in a draw, from a checkpoint's average generator where there is one
        --draws 4          the figures are means over so many draws: one of 4096 samples is 10 % off now and then
        --training NAME    of the judges: thorough (the default: four epochs, rate up to 3e-3 and down again) or simple (three
                           epochs of Adam at 1e-3), whose distances are half as large
        --judges FOLDER    where the trained classifiers are kept (default build/judges); trained where missing, a minute each

For features with mean m and covariance S (of the samples) and m', S' (of the 10,000 test images) the distance is
|m - m'|^2 + tr(S + S' - 2 (S S')^(1/2)) (Heusel et al. 2017, equation 6, with our classifiers for theirs). The scale of such
a distance, and how much it minds a fault, are accidents of the classifier, so there are three: figures are comparable with
others of the same judge only. `real` draws training images: the distance of a perfect generator. The judges are trained from
a fixed seed; batch norm generators sample with their running statistics.
"""

import argparse
import gzip
import json
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


def plain():
    """Strided convolutions, as in a DCGAN's discriminator without norm."""
    layers, widths = [], [1, 32, 64, 128]
    for i in range(3):
        layers += [nn.Conv2d(widths[i], widths[i + 1], 4, 2, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten()), 128 * 16


def pooled():
    """Convolutions and maxima, as in LeNet."""
    layers, widths = [], [1, 32, 64]
    for i in range(2):
        layers += [nn.Conv2d(widths[i], widths[i + 1], 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(8), nn.Flatten()), 64 * 64


def normalised():
    """Strided convolutions with batch norm."""
    layers, widths = [], [1, 32, 64, 128]
    for i in range(3):
        layers += [nn.Conv2d(widths[i], widths[i + 1], 3, 2, 1), nn.BatchNorm2d(widths[i + 1]), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten()), 128 * 16


JUDGES = {body.__name__: body for body in (plain, pooled, normalised)}


class Judge(nn.Module):
    """A body of convolutions and a linear layer to 64 features, from which ten kinds are told."""

    def __init__(self, name):
        super().__init__()
        self.body, width = JUDGES[name]()
        self.features = nn.Linear(width, FEATURES)
        self.kinds = nn.Linear(FEATURES, len(KINDS))

    def forward(self, x):
        features = F.relu(self.features(self.body(x)))
        return features, self.kinds(features)


def train_judge(name, size, thorough):
    """A judge of images of this size. Prints how often it is right on the test images."""
    torch.manual_seed(20)
    judge = Judge(name)
    images, labels = at_size(read_idx("train-images-idx3-ubyte"), size), read_idx("train-labels-idx1-ubyte")
    labels = torch.from_numpy(labels.astype(np.int64))
    epochs, batch = 4 if thorough else 3, 128
    optimizer = torch.optim.Adam(judge.parameters(), 1e-3)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps) if thorough else None
    for _ in range(epochs):
        order = torch.randperm(len(images))
        for first in range(0, len(images) - batch + 1, batch):
            some = order[first : first + batch]
            optimizer.zero_grad()
            F.cross_entropy(judge(images[some])[1], labels[some]).backward()
            optimizer.step()
            if schedule:
                schedule.step()
    judge.eval()
    test = torch.from_numpy(read_idx("t10k-labels-idx1-ubyte").astype(np.int64))
    right = (look_at(judge, at_size(read_idx("t10k-images-idx3-ubyte"), size))[1] == test.numpy()).mean()
    print(f"{name} judge of {size}x{size} images: right on {100 * right:.1f} % of the test images", file=sys.stderr)
    return judge


def load_judge(folder, name, size, thorough):
    path = Path(folder) / f"{name}-{size}{'' if thorough else '-simple'}.pt"
    if not path.exists():
        judge = train_judge(name, size, thorough)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(judge.state_dict(), path)
    judge = Judge(name)
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


class Source:
    """Where images come from: a checkpoint, a file of samples, or the training images."""

    def __init__(self, name, size):
        self.generator, self.images = None, None
        if name == "real":
            self.images = at_size(read_idx("train-images-idx3-ubyte"), size)
            self.images = self.images[np.random.default_rng(0).permutation(len(self.images))]
        elif name.endswith(".npy"):
            pixels = np.load(name)
            self.images = torch.from_numpy(pixels.reshape(len(pixels), 1, *pixels.shape[1:3]).astype(np.float32)) / 127.5 - 1
        else:
            checkpoint = SafetensorsFile(name)
            description = json.loads(checkpoint.metadata["generator"])
            self.latent = description["input"]
            self.generator = Network(description)
            average = state_dict(checkpoint, "average.")
            self.generator.load_state_dict(average if average else state_dict(checkpoint, "generator."))
            self.generator.eval()

    @torch.no_grad()
    def draw(self, count, number):
        """(count, 1, H, W) in [-1, 1], others for every `number`; None when there are no more."""
        if self.images is not None:
            drawn = self.images[number * count : (number + 1) * count]
            return drawn if len(drawn) == count or number == 0 else None
        z = torch.randn(count, *self.latent, generator=torch.Generator().manual_seed(4096 + number))
        images = torch.cat([self.generator(z[i : i + 256]) for i in range(0, count, 256)])
        return ((images + 1) * 127.5).round().clamp(0, 255) / 127.5 - 1


class Bench:
    """The judges of one size of images, and what they see in the test images."""

    def __init__(self, folder, size, thorough):
        self.judges = {name: load_judge(folder, name, size, thorough) for name in JUDGES}
        test = at_size(read_idx("t10k-images-idx3-ubyte"), size)
        self.test = {name: look_at(judge, test)[0] for name, judge in self.judges.items()}

    def verdict(self, images):
        """The distance by each judge, and the shares of the kinds by the last."""
        distances = {}
        for name, judge in self.judges.items():
            features, kinds = look_at(judge, images)
            distances[name] = frechet_distance(features, self.test[name])
        return distances, np.bincount(kinds, minlength=len(KINDS)) / len(kinds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--count", type=int, default=4096)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--training", choices=["thorough", "simple"], default="thorough")
    parser.add_argument("--judges", default=str(Path(__file__).resolve().parent.parent / "build" / "judges"))
    parser.add_argument("--size", type=int, default=32, help="of the images that `real` draws")
    options = parser.parse_args()
    torch.set_flush_denormal(True)  # a collapsed generator's are slow beyond measure

    benches = {}
    for name in options.sources:
        source = Source(name, options.size)
        verdicts = []
        for number in range(options.draws):
            images = source.draw(options.count, number)
            if images is None:
                break
            size = images.shape[-1]
            if size not in benches:
                benches[size] = Bench(options.judges, size, options.training == "thorough")
            verdicts.append(benches[size].verdict(images))
        shares = np.mean([shares for _, shares in verdicts], axis=0)
        rarest = shares.argmin()
        print(
            f"{name}: distance "
            + ", ".join(f"{np.mean([d[judge] for d, _ in verdicts]):.2f} {judge}" for judge in JUDGES)
            + f"; rarest kind {KINDS[rarest]} {100 * shares[rarest]:.1f} % (an even share is {100 / len(KINDS):.0f} %)",
            flush=True,
        )


if __name__ == "__main__":
    main()
