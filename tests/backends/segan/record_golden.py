"""Record outputs of a reference of SEGAN+: writes golden/generator.ckpt and golden/outputs.npz in this folder.

    python -m tests.backends.segan.record_golden

The reference is the generator in torch's own layers and the loop over the windows, written from the description of the
network and of the authors' script (see seinfer/backends/segan/__init__.py), without anything of seinfer. It runs in
float64: the rounding of float32 depends on the processor, and torch's conv_transpose1d in float32 is wrong on some.
The weights are random ones of ours, in a checkpoint of the authors' form.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from scipy.signal import lfilter
from torch import nn

FOLDER = Path(__file__).with_name("golden")
FEATURES, Z_DIM, KERNEL, STRIDE = (2, 3, 4, 5, 6), 6, 31, 4
WINDOW_SAMPLES, N_SAMPLES = 16_384, 17_500
KEPT = slice(None, None, 4)
"""Which samples of an output are stored, to keep the file small. De-emphasis carries an error into those after it."""


class Encoding(nn.Module):
    """A strided convolution over reflected edges, and its activation."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv1d(n_in, n_out, KERNEL, STRIDE), nn.PReLU(n_out)

    def forward(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the activated and the plain result."""
        edges = (KERNEL // 2 - 1, KERNEL // 2)
        plain = self.conv(nn.functional.pad(samples, edges, mode="reflect"))
        return self.act(plain), plain


class Decoding(nn.Module):
    """A transposed convolution that drops its last sample, and its activation."""

    def __init__(self, n_in: int, n_out: int, is_last: bool) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose1d(n_in, n_out, KERNEL, STRIDE, padding=(KERNEL - STRIDE) // 2)
        self.act: nn.Module = nn.Tanh() if is_last else nn.PReLU(n_out)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        return self.act(self.deconv(samples)[:, :, :-1])


class Skip(nn.Module):
    """A learned factor for each channel."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.skip_k = nn.Parameter(torch.ones(1, n_channels, 1))


class Generator(nn.Module):
    """The generator: shape (window, 1, time) and a latent code (window, channel, position) -> (window, 1, time)."""

    def __init__(self) -> None:
        super().__init__()
        pairs = zip((1, *FEATURES[:-1]), FEATURES, strict=True)
        self.enc_blocks = nn.ModuleList(Encoding(n_in, n_out) for n_in, n_out in pairs)
        inward = FEATURES[::-1]
        inputs, outputs = (Z_DIM + inward[0], *(2 * n for n in inward[1:])), (*inward[1:], 1)
        self.dec_blocks = nn.ModuleList(
            Decoding(n_in, n_out, n_out == 1) for n_in, n_out in zip(inputs, outputs, strict=True)
        )
        for layer, n_channels in enumerate(FEATURES[:-1]):
            self.add_module(f"alpha_{layer}", Skip(n_channels))

    def forward(self, samples: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        plains = []
        for encode in self.enc_blocks:
            samples, plain = encode(samples)
            plains.append(plain)
        samples = torch.cat((z, samples), 1)
        for index, decode in enumerate(self.dec_blocks):
            if index:
                layer = len(FEATURES) - 1 - index
                skip = self.get_submodule(f"alpha_{layer}").skip_k * plains[layer]
                samples = torch.cat((samples, skip), 1)
            samples = decode(samples)
        return samples


def generate(generator: Generator, pcm: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Enhance 16-bit samples, as the authors' script does but with the same z for every window."""
    normalised = (2.0 * pcm + 1.0) / 65_535.0
    emphasised = lfilter([1.0, -0.95], [1.0], normalised).astype(np.float32)
    canvas = np.zeros(0)
    for start in range(0, len(emphasised), WINDOW_SAMPLES):
        window = emphasised[start : start + WINDOW_SAMPLES]
        padded = np.pad(window, (0, WINDOW_SAMPLES - len(window))).astype(np.float64)
        with torch.no_grad():
            made = generator(torch.from_numpy(padded[None, None]), torch.from_numpy(z))
        canvas = np.concatenate([canvas, made[0, 0, : len(window)].numpy()])
    return np.asarray(lfilter([1.0], [1.0, -0.95], canvas))


def main() -> None:
    """Draw the weights and the signal, and run the reference."""
    random = np.random.RandomState(0)
    generator = Generator()
    for name, values in generator.named_parameters():
        low, high = (0.1, 0.9) if "act" in name else (0.5, 1.5) if "skip_k" in name else (-1.0, 1.0)
        gain = (3 / np.prod(values.shape[1:])) ** 0.5 if name.endswith(("conv.weight",)) else 1.0
        gain = 0.05 if name.endswith("bias") else gain
        drawn = gain * random.uniform(low, high, tuple(values.shape))
        values.data = torch.from_numpy(drawn.astype(np.float32))
    torch.save({"step": 0, "state_dict": generator.state_dict()}, FOLDER / "generator.ckpt")
    generator.double()
    pcm = np.round(1_000 * random.standard_normal(N_SAMPLES)).astype(np.int16)
    shape = (1, Z_DIM, WINDOW_SAMPLES // STRIDE ** len(FEATURES))
    drawn = np.random.RandomState(0).standard_normal(shape).astype(np.float32).astype(np.float64)
    outputs = {name: generate(generator, pcm, z) for name, z in (("drawn", drawn), ("zero", np.zeros(shape)))}
    kept = {name: values[KEPT].astype(np.float32) for name, values in outputs.items()}
    np.savez_compressed(FOLDER / "outputs.npz", pcm=pcm, **kept)


if __name__ == "__main__":
    main()
