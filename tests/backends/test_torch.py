"""The functions that the torch backends share. `load_strictly` and refused files are tested with each family."""

from __future__ import annotations

import pytest

from seinfer.backends.torch import inert, open_torch
from seinfer.core.errors import UsageError
from seinfer.models.registry import load_registry

torch = pytest.importorskip("torch", reason="torch, of the extras segan and denoiser, is not installed")
SPECS = load_registry().specs


def test_inert_class_accepts_any_arguments_and_keeps_none() -> None:
    made = inert("some.module.Thing")(1, two=2)
    made.__setstate__({"three": 3})
    assert (type(made).__module__, type(made).__qualname__, made.__dict__) == ("some.module", "Thing", {})


def test_device_cuda_is_refused_without_a_gpu_and_turns_tf32_off_with_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="sees no GPU"):
        open_torch(SPECS["denoiser-dns64"], device="cuda", threads=1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    _, device = open_torch(SPECS["denoiser-dns64"], device="cuda", threads=1)
    assert device.type == "cuda"
    assert not torch.backends.cudnn.allow_tf32
