"""Choice of the device when a model is loaded, and the errors when it cannot be loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.devices import find_gpu
from seinfer.core.errors import BackendError, IntegrityError, MissingExtraError, RegistryError, UsageError
from seinfer.core.records import ModelSpec
from seinfer.enhancement.loading import load_enhancer, load_on
from seinfer.models.registry import load_registry

SPEC = replace(load_registry().specs["noisy"], name="misbehaving")


def spec(function: str) -> ModelSpec:
    return replace(SPEC, backend=f"tests.enhancement.misbehaving:{function}")


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program nvidia-smi into PATH that reports a GPU."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'Fake GPU 9000'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_find_gpu_with_driver_returns_its_name(gpu: None) -> None:
    assert find_gpu() == "Fake GPU 9000"


def test_find_gpu_without_driver_is_empty(no_gpu: None) -> None:
    assert find_gpu() == ""


def test_find_gpu_driver_that_fails_is_empty(tmp_path: Path, gpu: None) -> None:
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho broken >&2\nexit 9\n")
    assert find_gpu() == ""


def test_load_on_auto_with_gpu_uses_it(gpu: None) -> None:
    loaded = load_on(spec("load_on_gpu"), device="auto", threads=1)
    assert (loaded.device, loaded.note) == ("cuda", "")


def test_load_on_auto_without_gpu_notes_why_the_cpu_is_used(no_gpu: None) -> None:
    loaded = load_on(spec("load_on_gpu"), device="auto", threads=1)
    assert (loaded.device, loaded.note) == ("cpu", "no NVIDIA GPU found")


def test_load_on_auto_framework_without_gpu_notes_it(gpu: None) -> None:
    loaded = load_on(spec("load_without_gpu"), device="auto", threads=1)
    assert (loaded.device, loaded.note) == ("cpu", "misbehaving: this framework finds no GPU")


def test_load_on_auto_model_for_the_cpu_only_notes_it(gpu: None) -> None:
    loaded = load_on(spec("load"), device="auto", threads=1)
    assert (loaded.device, loaded.note) == ("cpu", "misbehaving runs on the cpu only")


def test_load_on_cuda_without_gpu_is_an_error(no_gpu: None) -> None:
    with pytest.raises(UsageError, match="finds no GPU"):
        load_on(spec("load_without_gpu"), device="cuda", threads=1)


def test_load_on_auto_wrong_weights_are_an_error_and_not_tried_on_the_cpu(gpu: None) -> None:
    with pytest.raises(IntegrityError, match="these weights are wrong"):
        load_on(spec("load_with_wrong_weights"), device="auto", threads=1)


def test_load_enhancer_object_that_is_not_an_enhancer_is_refused() -> None:
    with pytest.raises(BackendError, match="returned a PosixPath; expected an object with"):
        load_enhancer(spec("load_a_path"))


def test_load_enhancer_missing_extra_prints_the_install_command() -> None:
    undeclared = replace(SPEC, extra="no-such-extra", distribution="seinfer")
    assert load_enhancer(undeclared)  # an extra that the package does not declare needs nothing
    absent = replace(
        SPEC,
        extra="torch",
        distribution="made-up-package",
        backend="tests.enhancement.misbehaving:load_with_missing_package",
    )
    with pytest.raises(MissingExtraError, match=r"no_such_module.*pip install .*made-up-package\[torch\]"):
        load_enhancer(absent)


def test_load_enhancer_missing_backend_module_is_named() -> None:
    with pytest.raises(RegistryError, match="cannot be loaded"):
        load_enhancer(replace(SPEC, backend="nowhere:load"))
