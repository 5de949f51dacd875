"""The functions that the torch backends share. `load_strictly` and refused files are tested with each family."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from seinfer.backends.torch import inert, open_torch, read_checkpoint, strict_tensors
from seinfer.core.errors import IntegrityError, UsageError
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


def packed(source: Path, target: Path, compression: int) -> Path:
    """Write the members of a checkpoint to another zip file."""
    with zipfile.ZipFile(source) as bundle, zipfile.ZipFile(target, "w", compression) as packed:
        for member in bundle.infolist():
            packed.writestr(member.filename, bundle.read(member))
    return target


def test_read_checkpoint_that_unpacks_to_more_than_its_size_is_integrity_error_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"weight": torch.zeros(1_000_000)}, tmp_path / "good.th")
    bomb = packed(tmp_path / "good.th", tmp_path / "bomb.th", zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 10_000
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(IntegrityError, match=r"its [\d,]+ bytes unpack to 4,00\d,\d+, expected no more"):
        read_checkpoint(torch, bomb, SPECS["denoiser-dns64"])


def test_read_checkpoint_that_stores_its_members_is_read(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(1_000)}, tmp_path / "good.th")
    stored = packed(tmp_path / "good.th", tmp_path / "stored.th", zipfile.ZIP_STORED)
    assert read_checkpoint(torch, stored, SPECS["denoiser-dns64"])["weight"].sum() == 1_000


def test_strict_tensors_with_dotted_names_are_returned_in_float32() -> None:
    state = {"net.0.weight": torch.arange(2.0), "net.0.count": torch.tensor(3)}
    made = strict_tensors(state, {"net.0.weight": (2,), "net.0.count": ()}, Path("file"), SPECS["segan+"])
    assert {name: (tensor.dtype, tensor.tolist()) for name, tensor in made.items()} == {
        "net.0.weight": (torch.float32, [0, 1]),
        "net.0.count": (torch.float32, 3),
    }


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "weight is missing"),
        ({"weight": torch.zeros(3)}, r"shape \(3,\), expected \(2,\)"),
        ({"weight": torch.tensor([0, torch.inf])}, "contains NaN or infinite numbers"),
    ],
)
def test_strict_tensors_that_do_not_fit_are_integrity_errors(state: dict[str, object], message: str) -> None:
    with pytest.raises(IntegrityError, match=message):
        strict_tensors(state, {"weight": (2,)}, Path("file"), SPECS["segan+"])
