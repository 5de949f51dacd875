"""The options of a SEGAN+ table: the shape of its generator, and its latent code.

The defaults are the official model's, after ckpt_segan+/train.opts of santi-pdp/segan_pytorch@0522387. The rule: an
option that is unknown, or with which no generator can be built, is an error and never ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...core.errors import RegistryError
from ...core.records import ModelSpec

WINDOW_SAMPLES = 16_384
"""Samples in a window, in training and in the authors' script."""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Options:
    """The options of a table.

    Attributes:
        features: channels of each encoder layer (genc_fmaps).
        kernel: taps of each convolution (gkwidth).
        pooling: stride of each convolution (genc_poolings, all of them equal).
        z_dim: channels of the latent code, 0 for none (z_dim, no_z).
        skip_type: "alpha": a learned factor per channel, the encoder's channels behind the decoder's (skip_merge
            concat).
        preemphasis: coefficient of the pre-emphasis filter (preemph).
        z: "drawn" once for the model, from a normal distribution, or "zero".
        seed: of the random latent code.
    """

    features: tuple[int, ...] = (64, 128, 256, 512, 1024)
    kernel: int = 31
    pooling: int = 4
    z_dim: int = 1024
    skip_type: str = "alpha"
    preemphasis: float = 0.95
    z: str = "drawn"
    seed: int = 0

    @property
    def n_layers(self) -> int:
        """Layers of the encoder, and of the decoder."""
        return len(self.features)

    @property
    def code_length(self) -> int:
        """Positions of the code of a window."""
        return int(WINDOW_SAMPLES // self.pooling**self.n_layers)

    @property
    def encoder_channels(self) -> list[tuple[int, int]]:
        """(in, out) of each encoder layer."""
        return list(zip((1, *self.features[:-1]), self.features, strict=True))

    @property
    def decoder_channels(self) -> list[tuple[int, int]]:
        """(in, out) of each decoder layer: first latent code and code, then a layer and a skip."""
        outward = self.features[::-1]
        inputs = (self.z_dim + outward[0], *(2 * n for n in outward[1:]))
        return list(zip(inputs, (*outward[1:], 1), strict=True))


DEFAULT_OPTIONS: Mapping[str, Any] = {field.name: field.default for field in fields(Options)}
"""Every option of a table, with the value that it has if the table does not state it."""


def tensor_shapes(options: Options) -> Shapes:
    """Return the name and shape of every tensor of the generator, in the order of its checkpoints."""
    kernel, last = options.kernel, options.n_layers - 1
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (n_in, n_out) in enumerate(options.encoder_channels):
        shapes[f"enc_blocks.{layer}.conv.weight"] = (n_out, n_in, kernel)
        shapes[f"enc_blocks.{layer}.conv.bias"] = (n_out,)
        shapes[f"enc_blocks.{layer}.act.weight"] = (n_out,)
    for layer, n_out in enumerate(options.features[:-1]):
        shapes[f"alpha_{layer}.skip_k"] = (1, n_out, 1)
    for layer, (n_in, n_out) in enumerate(options.decoder_channels):
        shapes[f"dec_blocks.{layer}.deconv.weight"] = (n_in, n_out, kernel)
        shapes[f"dec_blocks.{layer}.deconv.bias"] = (n_out,)
        if layer < last:
            shapes[f"dec_blocks.{layer}.act.weight"] = (n_out,)
    return shapes


def read_options(spec: ModelSpec) -> Options:
    """Return the options of a model; the defaults are the official model's.

    Raises:
        RegistryError: an option is unknown, or no generator can be built with it.
    """
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in spec.options.items()
    }
    for name, value in values.items():
        if name not in DEFAULT_OPTIONS:
            raise RegistryError(f"{spec.name}: unknown option {name!r}; expected one of {', '.join(DEFAULT_OPTIONS)}")
        if not _fits(value, type(DEFAULT_OPTIONS[name])):
            raise RegistryError(f"{spec.name}: the option {name} is {value!r}, expected {_EXPECTED[name]}")
    options = Options(**values)
    for name, is_right in _conditions(options):
        if not is_right:
            raise RegistryError(
                f"{spec.name}: the option {name} is {getattr(options, name)!r}, expected {_EXPECTED[name]}"
            )
    return options


_EXPECTED = {
    "features": "a list of at least two positive whole numbers",
    "pooling": f"an even whole number whose power to the number of layers divides {WINDOW_SAMPLES}",
    "kernel": "a whole number from the pooling to the samples of the input of the last encoder layer",
    "z_dim": "a whole number, 0 for a generator without a latent code",
    "skip_type": "'alpha': the other skips of the authors' code are not supported",
    "preemphasis": "a number from 0 to less than 1",
    "z": "'drawn' or 'zero'",
    "seed": "a whole number from 0 to 2**32 - 1",
}


def _fits(value: Any, wanted: type) -> bool:
    return isinstance(value, (int, float) if wanted is float else wanted) and not isinstance(value, bool)


def _conditions(options: Options) -> Iterator[tuple[str, bool]]:
    """Yield an option and whether it is right. Each may rely on those before it."""
    yield "features", options.n_layers > 1 and all(type(n) is int and n > 0 for n in options.features)
    stride = options.pooling
    yield "pooling", stride > 0 and stride % 2 == 0 and WINDOW_SAMPLES % stride**options.n_layers == 0
    yield "kernel", stride <= options.kernel <= stride * options.code_length
    yield "z_dim", options.z_dim >= 0
    yield "skip_type", options.skip_type == "alpha"
    yield "preemphasis", 0 <= options.preemphasis < 1
    yield "z", options.z in ("drawn", "zero")
    yield "seed", 0 <= options.seed < 2**32
