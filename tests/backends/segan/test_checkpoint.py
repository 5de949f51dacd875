"""Loading SEGAN+: which checkpoints are read, which are refused, and where to get one."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Streaming
from seinfer.backends.segan import model as segan
from seinfer.core.errors import DownloadError, IntegrityError, MissingExtraError, UsageError
from seinfer.models import weights
from seinfer.models.extras import install_line
from tests.backends.waveforms import alone
from tests.helpers import speech_like
from tests.models.download.bad_server import BadServer, run_bad_server
from tests.models.toy_models import write

from .models import SLIM, SPEC, load_file, random_state, saved, spec_with, torch

State = dict[str, Any]


@pytest.fixture
def state() -> State:
    return random_state()


@pytest.fixture
def server(weights_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BadServer]:
    with run_bad_server(monkeypatch) as running:
        yield running


@pytest.mark.parametrize("mode", ["404", "hangup"])
def test_pull_from_the_dead_link_names_the_command_for_a_file_of_the_user(
    server: BadServer, weights_folder: Path, tmp_path: Path, mode: str
) -> None:
    file = dataclasses.replace(SPEC.files[0], url=server.url(mode, SPEC.files[0].name))
    spec = dataclasses.replace(SPEC, files=(file,))
    with pytest.raises(DownloadError) as caught:
        weights.pull(spec)
    message = str(caught.value)
    assert file.url in message
    # A folder would not work: no hash is published by which the file in it could be found.
    assert "`seinfer models pull segan+ --from FILE`" in message
    assert mode != "404" or "the server answers 404 Not Found" in message
    own = write(tmp_path / "mine.ckpt", b"a checkpoint, let us say")
    pulled = weights.pull(spec, sources=[own])
    assert weights.locate(spec) == pulled
    pulled[file.name].write_bytes(b"another checkpoint")
    with pytest.raises(IntegrityError, match="pinned"):
        weights.locate(spec)


# What is loaded -----------------------------------------------------------------------------------------------------


def old_names(state: State) -> State:
    """Return the tensors by the names that the authors' converter changes."""
    return {
        name.replace("enc_blocks", "gen_enc").replace("dec_blocks", "gen_dec").replace("deconv", "conv"): value
        for name, value in state.items()
    }


@pytest.mark.parametrize(
    "pack",
    [
        lambda state: state,
        lambda state: {"step": 7, "state_dict": state},
        lambda state: {"step": 7, "state_dict": state, "optimizer": {"state": {}, "param_groups": [{"lr": 5e-5}]}},
        lambda state: {"step": 7, "state_dict": old_names(state)},
        old_names,
        lambda state: dict(reversed(state.items())),
    ],
    ids=["bare", "with step", "with optimizer", "old names", "old names, bare", "other order"],
)
def test_load_of_every_layout_gives_the_same_generator(
    tmp_path: Path, state: State, pack: Callable[[State], State]
) -> None:
    clip = speech_like(1.5, 16_000)
    expected = alone(load_file(saved(tmp_path, state)), clip)
    assert np.array_equal(alone(load_file(saved(tmp_path, pack(state))), clip), expected)


@pytest.mark.parametrize("name", ["slim_generator.ckpt", "slim_generator_with_optimizer.ckpt"])
def test_load_of_a_file_of_the_authors_code_works(shared: Path, name: str) -> None:
    model = load_file(shared / "golden/segan" / name)
    assert isinstance(model, Streaming)
    assert model.sample_rate == SPEC.sample_rate


def test_load_of_a_legacy_file_that_is_not_a_zip_works(tmp_path: Path, state: State) -> None:
    load_file(saved(tmp_path, state, _use_new_zipfile_serialization=False))


def test_load_of_a_generator_without_latent_code_works(tmp_path: Path, state: State) -> None:
    state["dec_blocks.0.deconv.weight"] = state["dec_blocks.0.deconv.weight"][64:].clone()
    assert np.isfinite(alone(load_file(saved(tmp_path, state), z_dim=0), speech_like(1.0, 16_000))).all()


@pytest.mark.parametrize(
    "options", [{"kernel": 16}, {"kernel": 6, "pooling": 2}, {"features": [4, 6, 8], "kernel": 29}]
)
def test_load_of_another_shape_agrees_with_the_definition_layer_by_layer(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    model = load_file(saved(tmp_path, random_state(**options)), **options)
    assert len(alone(model, speech_like(1.1, 16_000))) == 17_600


# What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["enc_blocks.3.act.weight", "alpha_2.skip_k", "dec_blocks.4.deconv.bias"])
def test_load_without_a_tensor_is_refused(tmp_path: Path, state: State, name: str) -> None:
    del state[name]
    with pytest.raises(IntegrityError, match=f"{name} is missing"):
        load_file(saved(tmp_path, {"step": 7, "state_dict": state}))


def test_load_with_an_additional_tensor_is_refused(tmp_path: Path, state: State) -> None:
    state["dec_blocks.4.act.weight"] = state["alpha_0.skip_k"]
    with pytest.raises(IntegrityError, match=r"dec_blocks\.4\.act\.weight is not part of the network"):
        load_file(saved(tmp_path, state))


@pytest.mark.parametrize("name", ["enc_blocks.0.conv.weight", "alpha_0.skip_k"])
def test_load_with_a_tensor_of_another_shape_is_refused(tmp_path: Path, state: State, name: str) -> None:
    state[name] = state[name][:, :, None]
    with pytest.raises(IntegrityError, match=f"{name} has shape .*, expected"):
        load_file(saved(tmp_path, state))


def test_load_with_a_value_that_is_not_a_tensor_is_refused(tmp_path: Path, state: State) -> None:
    state["alpha_0.skip_k"] = "a string"
    with pytest.raises(IntegrityError, match=r"alpha_0\.skip_k has shape \(\)"):
        load_file(saved(tmp_path, state))


def test_load_with_nan_is_refused(tmp_path: Path, state: State) -> None:
    state["alpha_1.skip_k"] = state["alpha_1.skip_k"] * float("nan")
    with pytest.raises(IntegrityError, match=r"alpha_1\.skip_k contains NaN"):
        load_file(saved(tmp_path, state))


def test_load_of_one_tensor_by_both_names_is_refused(tmp_path: Path, state: State) -> None:
    with pytest.raises(IntegrityError, match="by an old name and by a current one"):
        load_file(saved(tmp_path, {**state, **old_names(state)}))


@pytest.mark.parametrize("content", [[1, 2], {"step": 3, "state_dict": None}, {1: 2}, 5], ids=str)
def test_load_of_other_content_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(IntegrityError, match="does not fit segan"):
        load_file(saved(tmp_path, content))


def test_load_with_the_official_options_of_a_slim_checkpoint_is_refused(tmp_path: Path, state: State) -> None:
    with pytest.raises(
        IntegrityError, match=r"enc_blocks\.0\.conv\.weight has shape \(4, 1, 31\), expected \(64, 1, 31\)"
    ):
        segan.load(SPEC, {"x.ckpt": saved(tmp_path, state)}, device="cpu", threads=1)


@pytest.mark.parametrize("other", ["tiny_causal_h8.th", "fmt_h2_checkpoint.th", "fmt_h2_legacy.th"])
def test_load_of_another_models_checkpoint_is_refused(shared: Path, other: str) -> None:
    with pytest.raises(IntegrityError, match=r"of segan\+|does not fit segan\+"):
        load_file(shared / "golden/denoiser" / other)


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_load_of_a_checkpoint_cut_anywhere_is_refused(tmp_path: Path, state: State, is_zip: bool) -> None:
    whole = saved(tmp_path, state, _use_new_zipfile_serialization=is_zip).read_bytes()
    for kept_bytes in (*range(0, 3_000, 61), 50_000, 500_000, len(whole) - 1):
        path = write(tmp_path / "cut.ckpt", whole[:kept_bytes])
        with pytest.raises(IntegrityError, match=r"cannot be read as a checkpoint of segan\+"):
            load_file(path)


def test_load_of_a_web_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        load_file(write(tmp_path / "page.ckpt", b"<!DOCTYPE html><html>404</html>" * 100))


class Trap:
    """Creates a folder when it is unpickled with `weights_only=False`."""

    def __init__(self, sprung: Path) -> None:
        self._sprung = sprung

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._sprung),)


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_load_of_a_pickle_with_code_is_refused_and_the_code_not_run(tmp_path: Path, state: State, is_zip: bool) -> None:
    content = {"step": Trap(tmp_path / "sprung"), "state_dict": state}
    path = saved(tmp_path, content, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(IntegrityError, match="nothing in it was run"):
        load_file(path)
    assert not (tmp_path / "sprung").exists()


def test_load_of_two_files_is_refused(tmp_path: Path, state: State) -> None:
    path = saved(tmp_path, state)
    with pytest.raises(IntegrityError, match="expected one checkpoint"):
        segan.load(spec_with(**SLIM), {"a.ckpt": path, "b.ckpt": path}, device="cpu", threads=1)


def test_load_without_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="extra 'segan'"):
        segan.load(SPEC, {}, device="cpu", threads=1)
    assert "[segan]" in install_line(SPEC)


def test_load_on_a_gpu_equals_the_cpu_or_is_refused_without_a_gpu(tmp_path: Path, state: State) -> None:
    path, clip = saved(tmp_path, state), speech_like(3.0, 16_000)

    def on_gpu() -> segan.Segan:
        return segan.load(spec_with(**SLIM), {path.name: path}, device="cuda", threads=1)

    if torch.cuda.is_available():
        assert np.abs(alone(on_gpu(), clip) - alone(load_file(path), clip)).max() < 2e-5
    else:
        with pytest.raises(UsageError, match="sees no GPU"):
            on_gpu()
