"""The check of SEGAN+'s arithmetic: accepts correct layers and refuses every wrong one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seinfer.backends.segan.arithmetic_check import refuse_wrong_arithmetic
from seinfer.backends.segan.network import Downsampling, Generator, Upsampling
from seinfer.backends.segan.options import Options, tensor_shapes
from seinfer.core.errors import BackendError

from .models import SPEC, load_file, random_state, saved, torch

if TYPE_CHECKING:
    from torch import Tensor

WRONG = 1e-4
"""Error that counts as wrong, relative to the largest value: rounding is a hundred times smaller."""


def spoil_one_sample(made: Tensor) -> Tensor:
    made = made.clone()
    made[0, 5, -1] += 1e-3 * made.abs().max()
    return made


def lose_the_last_position(made: Tensor) -> Tensor:
    made = made.clone()
    made[0, -1] = 0
    return made


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("segan"), random_state())


FAULTS: dict[str, Callable[[Tensor], Tensor]] = {
    "one sample a thousandth off": spoil_one_sample,
    "last position lost": lose_the_last_position,
    "a position late": lambda made: made.roll(1, 1),
    "negated": lambda made: -made,
    "not a number": lambda made: made * float("nan"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
@pytest.mark.parametrize("layer", range(5))
@pytest.mark.parametrize("kind", [Downsampling, Upsampling])
def test_load_with_one_layer_computed_wrongly_is_refused(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, kind: Any, layer: int, fault: Callable[[Tensor], Tensor]
) -> None:
    right, calls = kind.__call__, iter(range(5))

    def wrong(self: Any, *args: Any) -> Tensor:
        made = right(self, *args)
        return fault(made) if next(calls) == layer else made

    monkeypatch.setattr(kind, "__call__", wrong)
    name = f"enc_blocks.{layer}.conv" if kind is Downsampling else f"dec_blocks.{layer}.deconv"
    with pytest.raises(BackendError, match=rf"segan\+: this machine computes the layer {name} wrongly: .* threads"):
        load_file(checkpoint)


def test_load_with_the_part_of_the_latent_code_computed_wrongly_is_refused(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Upsampling.begin
    monkeypatch.setattr(Upsampling, "begin", lambda self, samples: 1.001 * right(self, samples))
    with pytest.raises(BackendError, match=r"dec_blocks\.0\.deconv"):
        load_file(checkpoint)


# The official size --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """Random tensors of the official shapes."""
    draw = torch.Generator().manual_seed(0)
    shapes = tensor_shapes(Options())
    return {name: torch.empty(shape).uniform_(-0.02, 0.02, generator=draw) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def generator(state: dict[str, Tensor]) -> Generator:
    return Generator(Options(), state)


@pytest.fixture(params=[1, 2])
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


class TorchsOwn:
    """A layer of the decoder as torch's own transposed convolution, which records its largest error."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight, self._bias = weight, bias
        self.error = 0.0

    def begin(self, samples: Tensor) -> Tensor:
        return samples

    def __call__(self, samples: Tensor, begun: Tensor | None = None) -> Tensor:
        whole = (samples if begun is None else torch.cat((begun, samples), 2)).transpose(1, 2)
        made = self._run(whole, self._weight, self._bias)
        true = self._run(whole.double(), self._weight.double(), self._bias.double())
        self.error = float((made - true).abs().max() / true.abs().max())
        return made[:, :, :-1].transpose(1, 2)

    @staticmethod
    def _run(samples: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return torch.nn.functional.conv_transpose1d(samples, weight, bias, stride=4, padding=13)


@pytest.mark.usefixtures("_threads")
def test_official_layers_are_computed_correctly(generator: Generator, state: dict[str, Tensor]) -> None:
    refuse_wrong_arithmetic(SPEC, Options(), generator, state, torch.device("cpu"))


@pytest.mark.usefixtures("_threads")
def test_transposed_convolution_of_torch_is_refused_if_it_is_wrong(
    generator: Generator, state: dict[str, Tensor]
) -> None:
    theirs = copy.copy(generator)
    names = [f"dec_blocks.{layer}.deconv" for layer in range(5)]
    layers = [TorchsOwn(state[f"{name}.weight"], state[f"{name}.bias"]) for name in names]
    theirs.decoder = layers  # type: ignore[assignment]
    refused = ""
    try:
        refuse_wrong_arithmetic(SPEC, Options(), theirs, state, torch.device("cpu"))
    except BackendError as error:
        refused = str(error)
    wrong = [name for name, layer in zip(names, layers, strict=True) if layer.error > WRONG]
    # Whether it is wrong depends on the release of torch, the processor and the threads; the check must detect it
    # always.
    assert [name for name in names if name in refused] == wrong[:1]
