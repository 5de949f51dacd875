from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends import noisy
from seinfer.backends.base import Waveform, is_chunked, pad
from seinfer.backends.demucs import model as demucs
from seinfer.core.errors import IntegrityError, MissingExtraError
from seinfer.models.registry import load_registry
from tests.backends.waveforms import alone
from tests.helpers import ROOT, snr_db

from .models import NONCAUSAL, RATE, TINY, load, package, read, save_standin, tiny, torch

REGISTRY = load_registry()
SPECS = {name: spec for name, spec in REGISTRY.specs.items() if name.startswith("denoiser-")}
CLIPS = ("p287_001", "p287_003", "p287_004")
FULL_SIZE: dict[str, tuple[int, dict[str, Any]]] = {
    "dns48": (48, {"hidden": 48}),
    "dns64": (64, {"hidden": 64}),
    "valentini_nc": (64, {**NONCAUSAL, "hidden": 64}),
}


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def clips(shared: Path) -> dict[str, Waveform]:
    return {name: read(shared / f"clips/vctk16k/noisy/{name}.wav") for name in CLIPS}


@pytest.fixture(scope="module")
def long_clip(clips: dict[str, Waveform]) -> Waveform:
    return np.resize(np.concatenate(list(clips.values())), 65 * RATE)


@pytest.mark.parametrize(("dry", "kind"), [(0, "offline"), (0.25, "dry025")])
@pytest.mark.parametrize("name", list(TINY))
def test_golden_clips_equal_the_authors_output_to_2e_6(
    shared: Path, tmp_path: Path, clips: dict[str, Waveform], name: str, dry: float, kind: str
) -> None:
    enhancer = tiny(shared, tmp_path, name, dry=dry)
    with np.load(shared / "golden/denoiser/golden.npz") as golden:
        for clip_id, clip in clips.items():
            theirs = golden[f"{name}/{clip_id}/{kind}"]
            assert np.abs(alone(enhancer, clip) - theirs).max() <= 2e-6, clip_id


@pytest.mark.parametrize("name", list(FULL_SIZE))
def test_golden_clip_of_full_size_networks_equals_the_authors_output_to_2e_4(
    shared: Path, tmp_path: Path, clips: dict[str, Waveform], name: str
) -> None:
    seed, options = FULL_SIZE[name]
    path = tmp_path / f"{name}.th"
    save_standin(shared, path, seed, **options)
    enhancer = load(tmp_path, path, **options)
    path.unlink()  # up to 243 MB, and pytest keeps the folders of three runs
    with np.load(shared / "golden/denoiser/golden_fullsize.npz") as golden:
        assert np.abs(alone(enhancer, clips["p287_001"]) - golden[name]).max() <= 2e-4


@pytest.mark.parametrize("form", ["legacy", "best", "checkpoint"])
def test_golden_of_one_network_is_the_same_from_all_forms_of_checkpoint(
    shared: Path, tmp_path: Path, form: str
) -> None:
    folder = shared / "golden/denoiser"
    enhancer = load(tmp_path, folder / f"fmt_h2_{form}.th", hidden=2)
    with np.load(folder / "fmt_h2_golden.npz") as golden:
        assert np.abs(alone(enhancer, golden["x"]) - golden["y"]).max() <= 2e-6


@pytest.mark.parametrize("name", list(TINY))
def test_batch_of_unequal_clips_equals_each_alone_to_2e_6_of_the_peak(
    shared: Path, tmp_path: Path, clips: dict[str, Waveform], name: str
) -> None:
    enhancer = tiny(shared, tmp_path, name)
    noisy = clips["p287_003"]
    rows = [noisy[20_000:21_111], noisy[:1], noisy[5_000:44_321], 0.1 * noisy[:30_000], noisy, np.zeros(777, "f")]
    singles = [alone(enhancer, row) for row in rows]
    peak = max(np.abs(single).max() for single in singles)
    for order in ([0, 1, 2, 3, 4, 5], [5, 4, 2, 0], [3, 3, 1]):
        for index, row in zip(order, enhancer.enhance(pad([rows[i] for i in order])), strict=True):
            assert np.abs(row - singles[index]).max() <= 2e-6 * peak, (order, index)


@pytest.mark.parametrize("name", list(TINY))
def test_silence_and_a_single_sample_give_exact_silence(shared: Path, tmp_path: Path, name: str) -> None:
    enhancer = tiny(shared, tmp_path, name)
    rows = [np.zeros(5_000, np.float32), np.full(1, 0.5, np.float32), np.full(300, 0.25, np.float32)]
    for row, enhanced in zip(rows, enhancer.enhance(pad(rows)), strict=True):
        assert enhanced.shape == row.shape
        assert not enhanced.any()


def test_dry_of_one_gives_the_input(shared: Path, tmp_path: Path, clips: dict[str, Waveform]) -> None:
    enhancer = tiny(shared, tmp_path, "tiny_causal_h8", dry=1)
    assert np.array_equal(alone(enhancer, clips["p287_001"]), clips["p287_001"])


@pytest.mark.parametrize("name", list(TINY))
def test_clip_of_65_s_in_pieces_equals_the_whole_clip_to_100_db(
    shared: Path, tmp_path: Path, long_clip: Waveform, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    in_pieces = alone(tiny(shared, tmp_path, name), long_clip)
    monkeypatch.setattr(demucs, "BLOCK_S", {"cpu": 100.0})
    monkeypatch.setattr(demucs, "WINDOW_S", 100.0)
    whole = alone(tiny(shared, tmp_path, name), long_clip)
    # The bidirectional network was trained too little to depend on distant samples; a fully trained one would differ
    # more.
    assert snr_db(reference=whole, estimate=in_pieces) >= 100


def test_is_chunked_is_true_only_for_clips_with_an_approximate_result(shared: Path, tmp_path: Path) -> None:
    both_ways, back_only = tiny(shared, tmp_path, "tiny_nc_h4"), tiny(shared, tmp_path, "tiny_causal_h8")
    assert not is_chunked(both_ways, 30 * RATE)
    assert is_chunked(both_ways, 30 * RATE + 1)
    assert not is_chunked(back_only, 3_600 * RATE)
    assert not is_chunked(noisy.load(REGISTRY.specs["noisy"], {}, device="cpu", threads=1), 3_600 * RATE)


def test_batch_limits_on_a_cpu_are_four_clips_and_3_s(shared: Path, tmp_path: Path) -> None:
    batch_limits = tiny(shared, tmp_path, "tiny_causal_h8").batch_limits
    assert (batch_limits.max_clips, batch_limits.max_batch_s) == (4, 3.0)


def test_load_sets_the_threads_and_leaves_the_random_generator_alone(shared: Path, tmp_path: Path) -> None:
    state = torch.random.get_rng_state()
    load(tmp_path, shared / "golden/denoiser/fmt_h2_best.th", threads=2, hidden=2)
    assert torch.get_num_threads() == 2
    assert torch.equal(torch.random.get_rng_state(), state)


def test_load_and_enhance_import_neither_torchaudio_nor_hydra(shared: Path, tmp_path: Path) -> None:
    path = shared / "golden/denoiser/fmt_h2_checkpoint.th"
    code = (
        "import sys; from pathlib import Path; import numpy\n"
        "from tests.backends.demucs.models import load; from tests.backends.waveforms import alone\n"
        f"alone(load(Path({str(tmp_path)!r}), Path({str(path)!r}), hidden=2), numpy.ones(99, 'f'))\n"
        "print([name for name in ('torchaudio', 'hydra', 'omegaconf', 'julius', 'pesq') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_load_of_two_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="expected one checkpoint"):
        demucs.load(SPECS["denoiser-dns64"], {"a.th": tmp_path, "b.th": tmp_path}, device="cpu", threads=1)


@pytest.mark.parametrize("package", ["torch", "denoiser.demucs"])
def test_load_without_a_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match="extra 'denoiser'"):
        demucs.load(SPECS["denoiser-dns64"], {}, device="cpu", threads=1)


def test_alias_denoiser_names_the_network_with_64_channels_trained_on_dns() -> None:
    assert REGISTRY.find("denoiser").name == "denoiser-dns64"
    assert list(SPECS) == ["denoiser-dns48", "denoiser-dns64", "denoiser-master64", "denoiser-valentini-nc"]


@pytest.mark.parametrize("name", list(SPECS))
def test_tables_agree_with_the_network_and_its_published_file(name: str) -> None:
    spec, [file] = SPECS[name], SPECS[name].files
    architecture = dataclasses.asdict(demucs.read_options(spec).architecture)
    with torch.device("meta"):
        network = package.Demucs(**architecture)
    assert sum(values.numel() for values in network.parameters()) == spec.n_parameters
    assert file.url.endswith(f"/{file.name}")
    assert Path(file.name).stem.endswith(f"-{file.sha256}")
    assert "Non-commercial" in spec.notes
