"""A file that is small on the disk and hours long: no process unpacks it as a whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from benchmarks.processes import measure
from tests.helpers import SEINFER, rows

HOURS_S, SAMPLE_RATE = 3 * 3600, 1_000
# As float32 at 16 kHz, the rate of the metrics, the clip has 659 MiB; scoring it took 5 times as much.
LIMIT_MIB = 300


def hours_of_silence(path: Path) -> None:
    """Write a FLAC of a low rate, which is fast to encode."""
    path.parent.mkdir()
    soundfile.write(path, np.zeros(HOURS_S * SAMPLE_RATE, np.int16), SAMPLE_RATE, "PCM_16")
    assert path.stat().st_size < 1_000_000


def test_compare_of_hours_in_a_small_file_has_an_estimate_and_names_the_limit_of_the_scores(tmp_path: Path) -> None:
    for side in ("noisy", "clean"):
        hours_of_silence(tmp_path / side / "a.flac")
    out = tmp_path / "out"
    command = [*SEINFER, "compare", "--no-cost", "--models", "noisy", "--metrics", "si_sdr", "--out", str(out)]
    found = measure([*command, str(tmp_path)], allowed=(0, 5))
    assert set(found.peak_mib) >= {"parent", "model", "scorer"}
    assert max(found.peak_mib.values()) < LIMIT_MIB
    [row] = rows(out / "per_clip.csv")
    assert soundfile.info(out / "audio" / "noisy" / "a.wav").frames == HOURS_S * SAMPLE_RATE
    assert "too_long" in row["ref_status"]
    assert "expected at most 625.0 s" in row["ref_status"]


def test_mix_of_hours_in_a_small_file_refuses_it_with_the_limit(tmp_path: Path) -> None:
    hours_of_silence(tmp_path / "speech" / "a.flac")
    (tmp_path / "noise").mkdir()
    soundfile.write(tmp_path / "noise" / "n.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    folders = ["--speech", str(tmp_path / "speech"), "--noise", str(tmp_path / "noise")]
    found = measure([*SEINFER, "mix", *folders, "--rate", "16000", "--out", str(tmp_path / "out")], allowed=[2])
    assert found.peak_mib["parent"] < LIMIT_MIB
