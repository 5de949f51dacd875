"""A reference and an estimate, with a cache of the results that several metrics or estimates share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from .errors import MetricError
from .signals import Signal, check, common_length

T = TypeVar("T")
Resample = Callable[[npt.NDArray[np.float64], int, int], npt.ArrayLike]
"""(waveform of shape (time,), its rate in Hz, wanted rate in Hz) -> waveform."""


class _Memory:
    """A cache: computes each result once."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = make()
        return cast("T", self._known[key])


class Reference:
    """A clean signal. It is created once and compared with many estimates.

    Attributes:
        samples: the signal; empty if there is a problem.
        sample_rate: Hz.
        problem: why nothing can be compared with it; None for a usable signal.
    """

    def __init__(self, samples: npt.ArrayLike, sample_rate: int) -> None:
        """Check a signal.

        Args:
            samples: shape (time,), float. It is not copied if it is float64 already, and never modified.
            sample_rate: Hz.

        Raises:
            UsageError: it is not one channel of floating-point samples.
        """
        self.sample_rate = sample_rate
        self.problem: MetricError | None = None
        self._memory = _Memory()
        try:
            self.samples = check(samples, "reference")
        except MetricError as error:
            self.samples, self.problem = Signal(np.zeros(0)), error

    def usable(self) -> Reference:
        """Return the reference itself.

        Raises:
            MetricError: its problem.
        """
        if self.problem is not None:
            raise self.problem.with_traceback(None)
        return self

    def remember(self, prepare: Callable[[Signal, int], T]) -> T:
        """Return prepare(samples, sample_rate), computed the first time only."""
        return self._memory.once(prepare, lambda: prepare(self.samples, self.sample_rate))

    def first(self, n_samples: int) -> Reference:
        """Return the reference cut to its first samples, with its own cache."""
        if n_samples == self.samples.size:
            return self
        return self._memory.once(n_samples, lambda: Reference(self.samples[:n_samples], self.sample_rate))

    def at(self, sample_rate: int, resample: Resample) -> Reference:
        """Return the reference at another rate, with its own cache."""

        def make() -> Reference:
            return Reference(resample(self.samples, self.sample_rate, sample_rate), sample_rate)

        return self._memory.once((resample, sample_rate), make)


class Pair:
    """A reference and an estimate of the same length and rate.

    Attributes:
        estimate: the signal to score.
        sample_rate: Hz.
        values: metric name -> value of the metrics computed so far, for metrics that are computed from others.
        remarks: metric name -> remark on its value. A metric adds its own.
        crashed: names of metrics that crashed the process on this clip before; a metric that has a safer way uses it.
        clean: the clean signal of the clip for a metric that works without one, None if there is none. It may have
            another length.
        transcript: the words that are said in the clip; empty if they are not known.
    """

    def __init__(
        self,
        reference: Reference | None,
        estimate: Signal,
        sample_rate: int,
        values: Mapping[str, float],
        remarks: dict[str, str] | None = None,
        crashed: frozenset[str] = frozenset(),
        *,
        clean: Reference | None = None,
        transcript: str = "",
    ) -> None:
        self.estimate = estimate
        self.sample_rate = sample_rate
        self.values = values
        self.remarks = {} if remarks is None else remarks
        self.crashed = crashed
        self.clean = clean
        self.transcript = transcript
        self._reference = reference
        self._memory = _Memory()

    @property
    def reference(self) -> Reference:
        """The clean signal.

        Raises:
            MetricError: no_reference.
        """
        if self._reference is None:
            raise MetricError("no_reference")
        return self._reference

    def remember(self, make: Callable[[Pair], T]) -> T:
        """Return make(pair), computed the first time only, for results that several metrics share."""
        return self._memory.once(make, lambda: make(self))

    def at(self, sample_rate: int, resample: Resample | None) -> Pair:
        """Return the pair at another rate; it shares `values` and `remarks`.

        Raises:
            MetricError: sample_rate, if there is no resampler.
        """
        if sample_rate == self.sample_rate:
            return self
        if resample is None:
            raise MetricError("sample_rate", f"expected {sample_rate} Hz, got {self.sample_rate} Hz and no resampler")
        return self._memory.once(sample_rate, lambda: self._resampled(sample_rate, resample))

    def _resampled(self, sample_rate: int, resample: Resample) -> Pair:
        estimate = check(resample(self.estimate, self.sample_rate, sample_rate), "estimate")
        reference = self._reference.at(sample_rate, resample).usable() if self._reference else None
        clean = self.clean.at(sample_rate, resample) if self.clean and self.clean.problem is None else self.clean
        known = (self.values, self.remarks, self.crashed)
        return Pair(reference, estimate, sample_rate, *known, clean=clean, transcript=self.transcript)


def pair_of(
    *,
    reference: npt.ArrayLike,
    estimate: npt.ArrayLike,
    sample_rate: int,
    values: Mapping[str, float] | None = None,
) -> Pair:
    """Check two waveforms, which must have the same length, and return them as a pair.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz of both.
        values: values of other metrics, for metrics that are computed from them.

    Raises:
        UsageError: a signal is not one channel of floating-point samples.
        MetricError: a signal is empty, not finite or silent, or the lengths differ.
    """
    known, signal = Reference(reference, sample_rate).usable(), check(estimate, "estimate")
    if known.samples.size != signal.size:
        raise MetricError(
            "length_mismatch", f"the reference has {known.samples.size} samples, the estimate {signal.size}"
        )
    return Pair(known, signal, sample_rate, values or {})


def trimmed_pair(
    reference: Reference,
    estimate: npt.ArrayLike,
    sample_rate: int,
    values: Mapping[str, float] | None = None,
    crashed: frozenset[str] = frozenset(),
) -> Pair:
    """Check two signals whose lengths differ by up to 40 ms, cut them to the shorter one and return them as a pair.

    Args:
        reference: clean signal.
        estimate: signal to score, shape (time,), float.
        sample_rate: Hz of both.
        values: values of other metrics; the pair keeps this mapping and sees what is added to it.
        crashed: names of metrics that crashed the process on this clip before.

    Raises:
        UsageError: the estimate is not one channel of floating-point samples.
        MetricError: a signal is empty, not finite or silent (also after the cut), or the lengths differ by more.
    """
    whole, signal = reference.usable().samples, check(estimate, "estimate")
    length = common_length(whole.size, signal.size, sample_rate)
    if signal.size > length:
        signal = check(signal[:length], "estimate")
    known = {} if values is None else values
    return Pair(reference.first(length).usable(), signal, sample_rate, known, crashed=crashed)
