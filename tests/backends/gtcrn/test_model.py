"""GTCRN behind the contract: golden outputs, streams, the end of a clip, and files that are refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import pad, run_stream
from seinfer.core.errors import IntegrityError, MissingExtraError
from tests.backends.waveforms import alone
from tests.helpers import snr_db, speech_like

from .models import NETWORKS, SPECS, load_path, load_published, load_random, random_state, read, saved, torch

MIRRORED_END = 512
"""Samples at the end of the authors' output that depend on their mirrored end."""
BLOCKS = [256, 1_000, 4_801, 16_000]


def test_enhance_published_clip_equals_the_authors_output_to_65_db(shared: Path) -> None:
    theirs = read(shared / "golden/gtcrn/enhanced.wav")
    noisy = read(shared / "golden/gtcrn/noisy.wav")
    ours = alone(load_published(shared, "gtcrn"), noisy)
    assert len(ours) == len(noisy)
    # 71.1 dB: the authors' file has 16 bits.
    assert snr_db(reference=theirs, estimate=ours[: len(theirs)]) > 70
    rounded = np.floor(ours[: len(theirs) - MIRRORED_END] * 32_768)
    off = np.abs(rounded - theirs[:-MIRRORED_END] * 32_768)
    assert off.max() <= 1
    assert (off == 0).mean() > 0.999


@pytest.mark.parametrize("clip", ["p287_001", "p287_004"])
@pytest.mark.parametrize(
    ("name", "stored"), [("gtcrn", "dns3_e96"), ("gtcrn-e87", "dns3_e87"), ("gtcrn-vctk", "vctk_e92")]
)
def test_enhance_equals_the_authors_code_to_110_db_except_for_the_mirrored_end(
    shared: Path, name: str, stored: str, clip: str
) -> None:
    with np.load(shared / f"golden/gtcrn/{clip}.npz") as file:
        noisy, theirs = file["noisy"], file[stored]
    ours = alone(load_published(shared, name), noisy)[: len(theirs)]
    assert snr_db(reference=theirs[:-MIRRORED_END], estimate=ours[:-MIRRORED_END]) > 110
    assert snr_db(reference=theirs, estimate=ours) > 65


@pytest.mark.parametrize("number", [1, 2])
def test_enhance_micro_published_clip_equals_the_authors_output_in_16_bits(shared: Path, number: int) -> None:
    noisy = read(shared / f"golden/gtcrn-micro/noisy{number}.wav")
    theirs = read(shared / f"golden/gtcrn-micro/enh{number}.wav")
    ours = alone(load_published(shared, "gtcrn-micro"), noisy)
    # Their output is whole hops: 128 samples less.
    assert (len(ours), len(noisy) - len(theirs)) == (len(noisy), 128)
    off = np.abs(np.floor(ours[: len(theirs)] * 32_768) - theirs * 32_768)[:-MIRRORED_END]
    assert off.max() <= 1
    assert (off == 0).mean() > 0.999


def test_enhance_other_checkpoint_of_the_same_name_is_far_from_the_published_output(shared: Path) -> None:
    theirs = read(shared / "golden/gtcrn/enhanced.wav")
    ours = alone(load_published(shared, "gtcrn-e87"), read(shared / "golden/gtcrn/noisy.wav"))
    assert 20 < snr_db(reference=theirs, estimate=ours[: len(theirs)]) < 30


@pytest.mark.parametrize("block_samples", BLOCKS)
@pytest.mark.parametrize("name", ["gtcrn", "gtcrn-vctk", "gtcrn-micro"])
def test_stream_on_real_speech_equals_the_whole_clip_to_110_db(shared: Path, name: str, block_samples: int) -> None:
    noisy = read(shared / "clips/vctk16k/noisy/p287_006.wav")[:40_001]
    network = load_published(shared, name)
    streamed = run_stream(network.open_stream(), noisy, block_samples)
    assert snr_db(reference=alone(network, noisy), estimate=streamed) > 110


@pytest.mark.parametrize("name", NETWORKS)
def test_stream_random_network_equals_the_whole_clip_to_100_db(tmp_path: Path, name: str) -> None:
    network, noisy = load_random(tmp_path, name), speech_like(0.5, 16_000)
    for n_samples in (1, 256, 257, 513, len(noisy)):
        streamed = run_stream(network.open_stream(), noisy[:n_samples], 111)
        assert snr_db(reference=alone(network, noisy[:n_samples]), estimate=streamed) > 100


@pytest.mark.parametrize("name", NETWORKS)
def test_enhance_in_blocks_of_a_few_frames_equals_one_block(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, noisy = load_random(tmp_path, name), speech_like(0.5, 16_000)
    batch = pad([noisy, noisy[:700], noisy[300:]])
    whole = network.enhance(batch)
    for frames_at_once in (1, 12):
        monkeypatch.setattr(network, "_frames_at_once", frames_at_once)
        for row, expected in zip(network.enhance(batch), whole, strict=True):
            assert snr_db(reference=expected, estimate=row) > 100


@pytest.mark.parametrize("threads", [2, 3, 9])
def test_enhance_in_several_threads_returns_the_rows_in_order(tmp_path: Path, threads: int) -> None:
    noisy, path = speech_like(0.5, 16_000), saved(tmp_path, random_state("gtcrn-micro"))
    clips = [noisy[:700], noisy, noisy[300:], noisy[:1], noisy[900:]]
    network = load_path("gtcrn-micro", path, threads)
    for row, clip in zip(network.enhance(pad(clips)), clips, strict=True):
        assert snr_db(reference=alone(load_path("gtcrn-micro", path), clip), estimate=row) > 100


@pytest.mark.parametrize("name", NETWORKS)
def test_enhance_clip_followed_by_zeros_is_the_same_up_to_its_end(tmp_path: Path, name: str) -> None:
    network, noisy = load_random(tmp_path, name), speech_like(0.3, 16_000)
    longer = alone(network, np.pad(noisy, (0, 3_000)))
    assert np.abs(longer[: len(noisy)] - alone(network, noisy)).max() < 1e-6


def test_stream_without_samples_returns_none(tmp_path: Path) -> None:
    assert load_random(tmp_path, "gtcrn").open_stream().finish().shape == (0,)


def test_load_plain_state_dict_equals_the_authors_checkpoint(tmp_path: Path) -> None:
    noisy = speech_like(0.2, 16_000)
    expected = alone(load_random(tmp_path, "gtcrn"), noisy)
    plain = load_path("gtcrn", saved(tmp_path, random_state("gtcrn")))
    assert np.array_equal(alone(plain, noisy), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("dpgrnn1.intra_fc.bias"), "dpgrnn1.intra_fc.bias is missing"),
        (lambda state: state.update(extra=torch.zeros(1)), "extra is not part of the network"),
        (lambda state: state.update({"erb.erb_fc.weight": torch.zeros(64, 191)}), r"shape \(64, 191\), expected"),
        (lambda state: state["dpgrnn1.intra_fc.bias"].fill_(np.nan), "contains NaN"),
    ],
)
def test_load_checkpoint_that_does_not_fit_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    state = random_state("gtcrn")
    change(state)
    with pytest.raises(IntegrityError, match=message):
        load_path("gtcrn", saved(tmp_path, {"model": state}))


def test_load_checkpoint_of_the_other_network_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, {"model": random_state("gtcrn-micro")})
    with pytest.raises(IntegrityError, match="another model's checkpoint"):
        load_path("gtcrn", path)


@pytest.mark.parametrize("content", [[1, 2], {"model": 3}])
def test_load_file_with_other_content_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(IntegrityError, match="expected a state dict"):
        load_path("gtcrn", saved(tmp_path, content))


def test_load_several_files_is_refused(tmp_path: Path) -> None:
    from seinfer.backends.gtcrn import load

    with pytest.raises(IntegrityError, match="expected one checkpoint"):
        load(SPECS["gtcrn"], {"a": tmp_path, "b": tmp_path}, device="cpu", threads=1)


def test_load_without_torch_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="'gtcrn'"):
        load_path("gtcrn", tmp_path / "checkpoint.tar")
