"""Where a model is loaded, what it says when it cannot be, and that a wrong backend is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.devices import find_gpu
from seinfer.core.errors import BackendError, IntegrityError, MissingExtraError, RegistryError, UsageError
from seinfer.core.records import ModelSpec
from seinfer.enhancement.loading import load_enhancer, load_on
from seinfer.models.registry import load_registry

SPEC = replace(load_registry().specs["noisy"], name="evil")


def spec(function: str) -> ModelSpec:
    return replace(SPEC, backend=f"tests.enhancement.misbehaving:{function}")


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine look as if it had a GPU."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'Fake GPU 9000'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_find_gpu_with_a_driver_names_it(gpu: None) -> None:
    assert find_gpu() == "Fake GPU 9000"


def test_find_gpu_without_a_driver_is_empty(no_gpu: None) -> None:
    assert find_gpu() == ""


def test_find_gpu_with_a_driver_that_fails_is_empty(tmp_path: Path, gpu: None) -> None:
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho broken >&2\nexit 9\n")
    assert find_gpu() == ""


def test_load_on_auto_takes_the_gpu_where_there_is_one(gpu: None) -> None:
    loaded = load_on(spec("load_on_gpu"), device="auto", threads=1)
    assert (loaded.device, loaded.note) == ("cuda", "")


def test_load_on_auto_without_gpu_says_why_it_is_on_the_cpu(no_gpu: None) -> None:
    loaded = load_on(spec("load_on_gpu"), device="auto", threads=1)
    assert (loaded.device, loaded.note) == ("cpu", "no NVIDIA GPU found")


def test_load_on_auto_where_the_framework_sees_no_gpu_says_so(gpu: None) -> None:
    loaded = load_on(spec("load_without_gpu"), device="auto", threads=1)
    assert (loaded.device, loaded.note) == ("cpu", "evil: this framework sees no GPU")


def test_load_on_auto_a_model_for_the_cpu_alone_says_so(gpu: None) -> None:
    loaded = load_on(spec("load"), device="auto", threads=1)
    assert (loaded.device, loaded.note) == ("cpu", "evil runs on the cpu only")


def test_load_on_cuda_where_there_is_none_is_an_error(no_gpu: None) -> None:
    with pytest.raises(UsageError, match="sees no GPU"):
        load_on(spec("load_without_gpu"), device="cuda", threads=1)


def test_load_on_auto_wrong_weights_are_no_reason_to_try_the_cpu(gpu: None) -> None:
    with pytest.raises(IntegrityError, match="shopping list"):
        load_on(spec("load_that_fails"), device="auto", threads=1)


def test_load_enhancer_what_is_no_enhancer_is_refused() -> None:
    with pytest.raises(BackendError, match="returned a PosixPath; expected an object with"):
        load_enhancer(spec("load_a_path"))


def test_load_enhancer_without_its_extra_gives_the_install_line() -> None:
    wanting = replace(SPEC, extra="deepfilternet-of-tomorrow", distribution="seinfer")
    assert load_enhancer(wanting)  # an extra that nobody declared asks for nothing
    absent = replace(
        SPEC,
        extra="torch",
        distribution="made-up-package",
        backend="tests.enhancement.misbehaving:load_that_needs_a_package",
    )
    with pytest.raises(MissingExtraError, match=r"no_such_module.*pip install .*made-up-package\[torch\]"):
        load_enhancer(absent)


def test_load_enhancer_a_backend_that_is_not_there_is_named() -> None:
    with pytest.raises(RegistryError, match="cannot be loaded"):
        load_enhancer(replace(SPEC, backend="nowhere:load"))
