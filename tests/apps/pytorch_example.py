#!/usr/bin/env python3
"""Our checkpoint in the networks of PyTorch's DCGAN example (pytorch/examples/dcgan): the same images, the same logits.

    write_images RUN IMAGES; pytorch_example.py RUN IMAGES

RUN: of `gan_cuda_train --model dcgan --image-size 64 --width W --latent Z`. The layer lists below are the example's own,
with its names and hyper-parameters nz, ngf, ndf, nc; only its sigmoid at the end is left out of the comparison of logits.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from pytorch_networks import state_dict  # noqa: E402
from safetensors_file import SafetensorsFile  # noqa: E402

TOLERANCE = 1e-5  # largest difference, absolute, of images in [-1, 1] and of logits relative to the largest logit


class Generator(nn.Module):
    def __init__(self, nz, ngf, nc):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 8),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 8, ngf * 4, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 4),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    def __init__(self, nc, ndf):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(nc, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, ndf * 4, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 4),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 4, ndf * 8, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 8, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, images):
        return self.main(images)


def main():
    run, images_file = Path(sys.argv[1]), SafetensorsFile(sys.argv[2])
    newest = max((run / "checkpoints").glob("step-*.safetensors"), key=lambda p: int(p.stem.split("-")[1]))
    checkpoint = SafetensorsFile(newest)
    nz, wide = checkpoint["average.main.0.weight"].shape[:2]
    nc = images_file["images"].shape[1]
    generator, discriminator = Generator(nz, wide // 8, nc), Discriminator(nc, wide // 8)
    # What training keeps moving is "generator."; the samples come from its running average.
    Generator(nz, wide // 8, nc).load_state_dict(state_dict(checkpoint, "generator."), strict=True)
    generator.load_state_dict(state_dict(checkpoint, "average."), strict=True)
    discriminator.load_state_dict(state_dict(checkpoint, "discriminator."), strict=True)

    with torch.no_grad():  # in training mode, as the example draws its samples: statistics of this batch
        images = generator(torch.from_numpy(images_file["latents"].copy()).reshape(-1, nz, 1, 1))
        logits = discriminator.main[:-1](images).reshape(-1, 1)
    failed = False
    for name, theirs in (("images", images.numpy()), ("logits", logits.numpy())):
        ours = images_file[name]
        error = np.abs(ours - theirs).max() / (np.abs(theirs).max() if name == "logits" else 1)
        bad = ours.shape != theirs.shape or not error <= TOLERANCE or np.ptp(theirs) < 1e-3
        failed |= bad
        print(f"{name} {ours.shape}: largest difference {error:.1e}{' FAILED' if bad else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
