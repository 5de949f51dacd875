"""The number of utterances is that of the package, and with it the package stays within its tables."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from seinfer.metrics import pesq_utterances
from seinfer.metrics.pesq import MAX_UTTERANCES
from seinfer.metrics.pesq_utterances import count_utterances
from tests.helpers import ROOT, speech_like

from .pesq_package import utterances_of_package
from .signals import SAMPLE_RATE, Floats, bursts, noise_syllables

MODES = pytest.mark.parametrize("mode", ["wb", "nb"])


@MODES
@pytest.mark.parametrize("n", [1, 10, 45, 49, 50, 51, 80])
def test_count_utterances_of_bursts_is_their_number(mode: str, n: int) -> None:
    assert count_utterances(bursts(n, 60), mode=mode) == n


@MODES
@pytest.mark.parametrize("n", [2, 20, 49])
def test_count_utterances_of_bursts_equals_the_package(mode: str, n: int) -> None:
    reference = bursts(n, 40)
    assert count_utterances(reference, mode=mode) == utterances_of_package(reference, mode)


@MODES
def test_count_utterances_of_real_speech_equals_the_package(vctk: list[tuple[Floats, Floats]], mode: str) -> None:
    clips = [clean for clean, _ in vctk]
    for reference in (*clips, np.concatenate(clips)):
        assert count_utterances(reference, mode=mode) == utterances_of_package(reference, mode)


@MODES
def test_count_utterances_of_noisy_speech_equals_the_package(vctk: list[tuple[Floats, Floats]], mode: str) -> None:
    reference = np.concatenate([noisy for _, noisy in vctk])
    assert count_utterances(reference, mode=mode) == utterances_of_package(reference, mode)


@pytest.mark.parametrize(("burst_s", "n"), [(0.1, 0), (0.17, 0), (0.22, 20)])
def test_count_utterances_short_bursts_are_none(burst_s: float, n: int) -> None:
    reference = bursts(20, 30, burst_s)
    reference[-SAMPLE_RATE // 2 :] += 0.1 * np.random.default_rng(1).standard_normal(SAMPLE_RATE // 2)
    assert count_utterances(reference, mode="wb") == n + 1


def test_count_utterances_short_pauses_join_bursts() -> None:
    reference = bursts(20, 10, burst_s=0.35)  # pauses of 0.15 s
    reference[:SAMPLE_RATE] *= 1e-5
    assert count_utterances(reference, mode="wb") == 1


@MODES
@pytest.mark.parametrize("gain", [1e-3, 0.5, 1.7])
def test_count_utterances_does_not_depend_on_the_level(mode: str, gain: float) -> None:
    reference = noise_syllables(30)
    assert count_utterances(gain * reference, mode=mode) == count_utterances(reference, mode=mode)


def test_count_utterances_does_not_modify_the_reference() -> None:
    reference = speech_like(20, SAMPLE_RATE).astype(np.float64)
    kept = reference.copy()
    reference.flags.writeable = False
    assert count_utterances(reference, mode="wb") == count_utterances(reference, mode="wb")
    np.testing.assert_array_equal(reference, kept)


@pytest.fixture
def fresh_library() -> Iterator[None]:
    """Open the library anew in this test, and again after it."""
    pesq_utterances._library.cache_clear()
    yield
    pesq_utterances._library.cache_clear()


@pytest.mark.usefixtures("fresh_library")
def test_count_utterances_other_release_of_the_package_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pesq_utterances, "version_of", lambda name: "0.0.5")
    assert count_utterances(bursts(3, 5), mode="wb") is None


@pytest.mark.usefixtures("fresh_library")
def test_count_utterances_library_without_the_functions_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pesq_utterances, "_FUNCTIONS", ("no_such_function",))
    assert count_utterances(bursts(3, 5), mode="wb") is None


# Bursts of random number, duration and distance. A clip is given to the package only if it is computed whole. With
# equal signals the package gives its maximum, unless its tables are overwritten.
MANY_BURSTS = f"""
import json, sys
import numpy as np
from pesq import pesq
from seinfer.metrics.pesq import prepare
from seinfer.metrics.signals import Signal
from tests.metrics.signals import SAMPLE_RATE, with_noise
found = []
for seed in map(int, sys.argv[1:]):
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(rng.integers(20, {2 * MAX_UTTERANCES})):
        parts.append(rng.uniform(0.02, 0.2) * rng.standard_normal(int(rng.uniform(0.1, 0.7) * SAMPLE_RATE)))
        parts.append(1e-5 * rng.standard_normal(int(rng.uniform(0.1, 0.7) * SAMPLE_RATE)))
    reference = np.concatenate(parts)
    for mode in ("wb", "nb"):
        if prepare(Signal(reference), SAMPLE_RATE, mode=mode).n_pieces == 1:
            same = pesq(SAMPLE_RATE, reference, reference, mode)
            noisy = pesq(SAMPLE_RATE, reference, np.roll(with_noise(reference, 5, seed), seed * 37), mode)
            found.append([len(reference) / SAMPLE_RATE, mode, same, noisy])
        else:
            found.append([len(reference) / SAMPLE_RATE, mode, None, None])
print(json.dumps(found))
"""


def test_prepare_what_is_computed_whole_never_exceeds_the_tables_of_the_package() -> None:
    seeds = [str(seed) for seed in range(12)]
    done = subprocess.run(
        [sys.executable, "-c", MANY_BURSTS, *seeds], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    whole = [row for row in found if row[2] is not None]
    assert 4 <= len(whole) < len(found), "both ways occur"
    assert max(duration_s for duration_s, *_ in whole) > 25
    for _, mode, same, noisy in whole:
        assert same == pytest.approx({"wb": 4.644, "nb": 4.549}[mode], abs=0.001)
        assert 1 < noisy < same
