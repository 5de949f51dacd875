from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

from seinfer.backends.demucs.options import Architecture, read_options
from seinfer.core.errors import RegistryError
from seinfer.models.registry import load_registry

SPEC = load_registry().specs["denoiser-dns64"]


def with_options(**options: Any) -> Any:
    return dataclasses.replace(SPEC, causal=options.get("causal", True), options=options)


def test_options_not_given_are_the_defaults_of_the_original() -> None:
    assert read_options(with_options()).architecture == Architecture()
    assert read_options(with_options()).dry == 0


def test_defaults_and_names_are_those_of_the_package() -> None:
    package = pytest.importorskip("denoiser.demucs", reason="denoiser, of the extra denoiser, is not installed")
    theirs = {name: argument.default for name, argument in inspect.signature(package.Demucs).parameters.items()}
    ours = dataclasses.asdict(Architecture())
    assert set(theirs) - set(ours) == {"chin", "chout", "rescale", "sample_rate"}
    assert ours == {name: theirs[name] for name in ours}


def test_options_given_reach_the_architecture() -> None:
    options = read_options(with_options(hidden=4, causal=False, stride=2, resample=2, growth=1.5, glu=False, dry=0.25))
    assert options.architecture == Architecture(hidden=4, causal=False, stride=2, resample=2, growth=1.5, glu=False)
    assert options.dry == 0.25


@pytest.mark.parametrize("name", ["Hidden", "chin", "sample_rate", "rescale", "streaming"])
def test_unknown_option_is_refused_with_a_list_of_the_known_ones(name: str) -> None:
    with pytest.raises(RegistryError, match=rf"denoiser-dns64: unknown option '{name}'; expected one of hidden, .*dry"):
        read_options(with_options(**{name: 1}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("hidden", value) for value in (0, -4, 4.0, "64", True)],
        *[("depth", 0), ("kernel_size", 0), ("stride", 0), ("max_hidden", None)],
        *[("causal", 1), ("normalize", "yes"), ("glu", 0)],
        *[("resample", 3), ("resample", True), ("resample", 0)],
        *[("growth", 0), ("floor", -1e-3), ("floor", 0), ("growth", float("nan"))],
        *[("dry", value) for value in (-0.1, 1.1, "0.5", True, float("nan"), float("inf"))],
    ],
)
def test_option_value_without_a_possible_network_is_refused_with_the_value(name: str, value: Any) -> None:
    spec = dataclasses.replace(SPEC, options={name: value})
    with pytest.raises(RegistryError, match=rf"the option {name} is .*, expected"):
        read_options(spec)


@pytest.mark.parametrize("causal", [True, False])
def test_causal_of_the_table_and_of_its_options_must_agree(causal: bool) -> None:
    spec = dataclasses.replace(SPEC, causal=causal, options={"causal": not causal})
    with pytest.raises(RegistryError, match=rf"causal is {causal} in the table and {not causal} in its options"):
        read_options(spec)


def test_causal_may_be_left_out_of_the_table() -> None:
    spec = dataclasses.replace(SPEC, causal=None, options={"causal": False})
    assert not read_options(spec).architecture.causal


def test_kernel_shorter_than_the_stride_is_refused() -> None:
    with pytest.raises(RegistryError, match=r"kernel_size is 3 and stride 4"):
        read_options(with_options(kernel_size=3))
