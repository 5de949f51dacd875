from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.core.errors import IntegrityError
from tests.backends.waveforms import alone

from .models import CAUSAL, NONCAUSAL, load, package, torch

FORMS = ("legacy", "best", "checkpoint")
ARGUMENTS = {"hidden": 2, "sample_rate": 16_000}


class Mine:
    """Runs code when it is unpickled with `weights_only=False`."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._trace),)


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    return {name: values.clone() for name, values in package.Demucs(**ARGUMENTS).state_dict().items()}


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(content: Any, **how: Any) -> Path:
        torch.save(content, tmp_path / "mine.th", **how)
        return tmp_path / "mine.th"

    return save


def packed(state: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"class": package.Demucs, "args": args, "kwargs": {**ARGUMENTS, **kwargs}, "state": state}


def run(folder: Path, path: Path) -> Any:
    return alone(load(folder, path, hidden=2), np.sin(np.arange(2_000, dtype=np.float32)))


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("where", ["whole file", "state dict", "package", "class", "training run"])
def test_code_in_a_checkpoint_is_refused_and_never_runs(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any], where: str, is_zip: bool
) -> None:
    mine = Mine(tmp_path / "trace")
    content = {
        "whole file": mine,
        "state dict": {**state, "encoder.0.0.bias": mine},
        "package": {**packed(state), "class": "Demucs", "args": mine},
        "class": {**packed(state), "class": mine},
        "training run": {"model": {**packed(state), "class": 0}, "best_state": state, "history": [mine]},
    }[where]
    path = saved(content, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(IntegrityError, match=r"mine\.th cannot be read .*mkdir.*; nothing in it was run"):
        load(tmp_path, path, hidden=2)
    assert not (tmp_path / "trace").exists()
    torch.load(path, weights_only=False)  # shows that the file would have run code
    assert (tmp_path / "trace").exists()


def test_class_that_a_package_names_is_not_the_real_one_and_cannot_be_built(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Call:
        def __reduce__(self) -> tuple[Any, ...]:
            return package.Demucs, (1, 1, 2)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was built by the file")

    path = saved({**packed(state), "args": Call()})
    monkeypatch.setattr(package.Demucs, "__init__", refuse)
    with pytest.raises(IntegrityError, match="it contains a package of a Demucs with other arguments"):
        load(tmp_path, path, hidden=2)


def test_training_run_with_settings_of_hydra_and_numbers_of_numpy_is_read(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any]
) -> None:
    from omegaconf import OmegaConf

    settings = OmegaConf.create({"demucs": {"hidden": 2}, "dset": {"train": ["a", None, 1.5]}, "lr": 3e-4})
    network = package.Demucs(**ARGUMENTS)
    content = {
        "model": packed({name: 0 * values for name, values in state.items()}),
        "optimizer": torch.optim.Adam(network.parameters()).state_dict(),
        "history": [{"train": 1.0, "stoi": np.float64(0.9), "pesq": np.float32(2.5)}],
        "best_state": state,
        "args": settings,
    }
    from_run = run(tmp_path, saved(content))
    assert from_run.any()
    assert np.array_equal(from_run, run(tmp_path, saved(state)))


def test_package_without_a_best_state_around_it_gives_its_own_state(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any]
) -> None:
    assert np.array_equal(run(tmp_path, saved({"model": packed(state)})), run(tmp_path, saved(state)))
    assert np.array_equal(run(tmp_path, saved(packed(state, 1, 1))), run(tmp_path, saved(state)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kept", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_truncated_file_is_refused_by_name(shared: Path, tmp_path: Path, form: str, kept: float) -> None:
    content = (shared / f"golden/denoiser/fmt_h2_{form}.th").read_bytes()
    path = tmp_path / "cut.th"
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(IntegrityError, match=r"cut\.th cannot be read as a checkpoint of mine"):
        load(tmp_path, path, hidden=2)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol:UserWarning")
@pytest.mark.parametrize("form", FORMS)
def test_file_overwritten_anywhere_is_refused_or_has_only_other_numbers(
    shared: Path, tmp_path: Path, form: str
) -> None:
    content = (shared / f"golden/denoiser/fmt_h2_{form}.th").read_bytes()
    random, path, n_refused = np.random.default_rng(0), tmp_path / "hit.th", 0
    for _ in range(60):
        hit = bytearray(content)
        for at in random.integers(0, 3_000, 3):
            hit[at] = random.integers(256)
        path.write_bytes(hit)
        try:
            load(tmp_path, path, hidden=2)
        except IntegrityError:
            n_refused += 1
    assert n_refused > 30


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG" + bytes(5_000), b"<html>404</html>" * 100, b"PK\x03\x04" + b"x" * 99]
)
def test_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.th"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"net\.th cannot be read as a checkpoint of mine"):
        load(tmp_path, path, hidden=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: {**state, "extra.weight": torch.ones(2)}, "extra.weight is not part of the network"),
        (lambda state: {k: v for k, v in state.items() if k != "lstm.lstm.bias_hh_l1"}, "bias_hh_l1 is missing"),
        (
            lambda state: {**state, "decoder.4.2.bias": torch.ones(3)},
            r"decoder.4.2.bias has shape \(3,\), expected \(1,\)",
        ),
        (lambda state: {**state, "decoder.4.2.bias": "one"}, r"decoder.4.2.bias has shape \(\), expected \(1,\)"),
    ],
)
@pytest.mark.parametrize("is_package", [False, True])
def test_tensors_that_do_not_fit_are_refused_by_name(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any], change: Any, message: str, is_package: bool
) -> None:
    content = packed(change(state)) if is_package else change(state)
    with pytest.raises(IntegrityError, match=rf"mine\.th does not fit mine: .*{message}"):
        load(tmp_path, saved(content), hidden=2)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tiny_causal_h8", {"hidden": 48}),
        ("tiny_causal_h8", NONCAUSAL),
        ("tiny_nc_h4", CAUSAL),
        ("tiny_nc_h4", {"hidden": 4}),
    ],
)
def test_checkpoint_of_another_model_is_refused(shared: Path, tmp_path: Path, name: str, options: Any) -> None:
    with pytest.raises(IntegrityError, match=rf"{name}\.th does not fit mine: .* another model's checkpoint"):
        load(tmp_path, shared / f"golden/denoiser/{name}.th", **options)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"hidden": 4}, "made with hidden = 4, and the table says 2"),
        ({"causal": False}, "made with causal = False, and the table says True"),
        ({"stride": 2}, "made with stride = 2, and the table says 4"),
        ({"resample": 2}, "made with resample = 2, and the table says 4"),
        ({"floor": 0.1}, "made with floor = 0.1, and the table says 0.001"),
        ({"normalize": False}, "made with normalize = False, and the table says True"),
        ({"sample_rate": 48_000}, "made with sample_rate = 48000, and the table says 16000"),
        ({"chin": 2}, "made with chin = 2, and the table says 1"),
        ({"resample": "4"}, "made with resample = '4', and the table says 4"),
    ],
)
def test_package_made_with_other_arguments_than_the_table_says_is_refused(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any], kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises(IntegrityError, match=rf"mine\.th does not fit mine: it was {message}"):
        load(tmp_path, saved(packed(state, **kwargs)), hidden=2)


def test_package_with_positional_arguments_is_compared_with_the_table_too(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any]
) -> None:
    content = {**packed(state), "args": (1, 1, 64), "kwargs": {}}
    with pytest.raises(IntegrityError, match="made with hidden = 64, and the table says 2"):
        load(tmp_path, saved(content), hidden=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda pack: [pack], "it contains a list"),
        (lambda pack: {"model": 3, "best_state": {}}, "it contains as model a int"),
        (
            lambda pack: {**pack, "class": torch.nn.Parameter},
            "it contains a package of <class 'torch.nn.parameter.Parameter'>",
        ),
        (lambda pack: {k: v for k, v in pack.items() if k != "kwargs"}, "it contains a package without 'kwargs'"),
        (lambda pack: {**pack, "state": None}, "it contains as state a NoneType"),
        (lambda pack: {"model": pack, "best_state": None}, "it contains as state a NoneType"),
        (lambda pack: {**pack, "kwargs": {"colour": 3}}, "other arguments .*colour"),
        (lambda pack: {**pack, "kwargs": None}, "a package of a Demucs with other arguments"),
    ],
)
def test_content_of_another_form_is_refused_and_described(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any], change: Any, message: str
) -> None:
    with pytest.raises(IntegrityError, match=rf"mine\.th is not a checkpoint of denoiser for mine: .*{message}"):
        load(tmp_path, saved(change(packed(state))), hidden=2)


def test_package_of_before_torch_1_6_holds_source_code_and_is_refused(
    tmp_path: Path, saved: Callable[..., Path], state: dict[str, Any]
) -> None:
    path = saved(packed(state), _use_new_zipfile_serialization=False)
    with pytest.raises(IntegrityError, match=r"mine\.th cannot be read .*Only persistent_load of storage is allowed"):
        load(tmp_path, path, hidden=2)
