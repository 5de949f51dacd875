"""Making one pair: its files, its row of the manifest, and its errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.errors import AudioError
from seinfer.mixing.pair_maker import COLUMNS, PairMaker

from .mixtures import RATE, pair, pink, speech, write, write_sources


def test_make_writes_two_files_and_returns_the_row_of_the_manifest(tmp_path: Path) -> None:
    request = write_sources(tmp_path)
    maker = PairMaker(request)
    planned = next(planned for planned in maker.plan() if planned.clip_id == "clip4")
    row = maker.make(planned)
    assert tuple(row) == COLUMNS
    assert (row["clip_id"], row["noisy"], row["clean"]) == ("clip4", "noisy/clip4.wav", "clean/clip4.wav")
    assert (row["speech_source"], row["noise"], row["rir"]) == ("clip4.wav", planned.noises[0], "")
    assert (row["sample_rate"], row["duration_s"], row["snr_db"]) == (RATE, 1.1, f"{planned.snr_db:g}")
    noisy, clean = pair(request.out, {key: str(value) for key, value in row.items()})
    assert len(noisy) == len(clean) == round(1.1 * RATE)


def test_make_of_unusable_speech_writes_nothing(tmp_path: Path) -> None:
    request = write_sources(tmp_path)
    write(request.speech / "clip4.wav", pink(100))
    maker = PairMaker(request)
    planned = next(planned for planned in maker.plan() if planned.clip_id == "clip4")
    with pytest.raises(AudioError) as caught:
        maker.make(planned)
    assert caught.value.reason == "too_short"
    assert not request.out.exists()


def test_make_counts_recordings_with_a_lower_rate(tmp_path: Path) -> None:
    request = write_sources(tmp_path)
    write(request.speech / "high.wav", speech(1.0, 2 * RATE), 2 * RATE)
    maker = PairMaker(replace(request, sample_rate=2 * RATE))
    for planned in maker.plan():
        maker.make(planned)
    assert maker.n_upsampled == {"speech": 10, "noise": 11}
