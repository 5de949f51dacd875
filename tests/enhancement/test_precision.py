"""The precision of a loaded network, and its error against float32."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.backends.base import Batch, Waveform
from seinfer.core.errors import BackendError
from seinfer.enhancement.precision import MAX_SNR_DB, Precision, set_precision, snr_db


class Reducible:
    """Halves the signal; in 16 bits the result is `factor` times as large."""

    sample_rate = 16_000

    def __init__(self, factor: float) -> None:
        self.precision = "float32"
        self._factor = np.float32(factor)

    def set_precision(self, precision: str) -> None:
        self.precision = precision

    def enhance(self, batch: Batch) -> list[Waveform]:
        factor = np.float32(0.5) if self.precision == "float32" else np.float32(0.5) * self._factor
        return [row * factor for row in batch.rows()]


class Float32Only:
    sample_rate = 16_000

    def enhance(self, batch: Batch) -> list[Waveform]:
        return list(batch.rows())


def test_set_precision_bf16_measures_the_error_against_float32() -> None:
    enhancer = Reducible(1.01)
    found = set_precision(enhancer, "bf16", "net")
    assert (found.name, found.note, enhancer.precision) == ("bf16", "", "bf16")
    assert found.snr_db == pytest.approx(40, abs=0.1)  # an error of a hundredth


def test_set_precision_states_the_lowest_signal_to_noise_ratio_of_several_clips() -> None:
    class WorseForOneClip(Reducible):
        n_calls = 0

        def enhance(self, batch: Batch) -> list[Waveform]:
            self.n_calls += 1
            self._factor = np.float32(1.1 if self.n_calls % 5 == 0 else 1.001)
            return super().enhance(batch)

    found = set_precision(WorseForOneClip(1), "fp16", "net")
    assert found.snr_db == pytest.approx(20, abs=0.1)


def test_set_precision_float32_leaves_the_network_alone() -> None:
    enhancer = Reducible(1.01)
    assert set_precision(enhancer, "float32", "net") == Precision()
    assert enhancer.precision == "float32"


def test_set_precision_network_in_float32_only_notes_it() -> None:
    found = set_precision(Float32Only(), "fp16", "net")
    assert found == Precision("float32", None, "net computes in float32 only")


def test_set_precision_result_that_is_not_finite_is_a_backend_error() -> None:
    with pytest.raises(BackendError, match=r"net cannot compute in fp16 here .*use --precision float32"):
        set_precision(Reducible(float("nan")), "fp16", "net")


def test_snr_db_equal_results_have_the_largest_value() -> None:
    assert snr_db(np.ones((1, 4), np.float32), np.ones((1, 4), np.float32)) == MAX_SNR_DB
