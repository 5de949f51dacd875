"""What is compared: a reference that remembers what metrics have worked out about it, and an estimate beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from .metric import MetricError
from .signals import Signal, check

T = TypeVar("T")
Resample = Callable[[npt.NDArray[np.float64], int, int], npt.ArrayLike]
"""(waveform of shape (time,), Hz that it has, Hz that is wanted) -> waveform."""


class _Memory:
    """Computes a thing once."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = make()
        return cast("T", self._known[key])


class Reference:
    """A clean signal, made once for the many estimates it is compared with.

    Attributes:
        samples: the signal; empty where there is a problem.
        sample_rate: Hz.
        problem: why nothing can be compared with it; None for a good signal.
    """

    def __init__(self, samples: npt.ArrayLike, sample_rate: int) -> None:
        """Check a signal.

        Args:
            samples: shape (time,), float. It is not copied where it is float64 already, and never modified.
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
        """Return the reference cut to its first samples, with a memory of its own."""
        if n_samples == self.samples.size:
            return self
        return self._memory.once(n_samples, lambda: Reference(self.samples[:n_samples], self.sample_rate))

    def at(self, sample_rate: int, resample: Resample) -> Reference:
        """Return the reference at another rate, with a memory of its own."""

        def make() -> Reference:
            return Reference(resample(self.samples, self.sample_rate, sample_rate), sample_rate)

        return self._memory.once((resample, sample_rate), make)


class Pair:
    """A reference and an estimate of the same length and rate, while its metrics are being computed.

    Attributes:
        estimate: the signal to judge.
        sample_rate: Hz.
        values: the metrics that are done, for those that are made of others.
    """

    def __init__(
        self, reference: Reference | None, estimate: Signal, sample_rate: int, values: Mapping[str, float]
    ) -> None:
        self.estimate = estimate
        self.sample_rate = sample_rate
        self.values = values
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
        """Return make(pair), computed the first time only, for what several metrics share."""
        return self._memory.once(make, lambda: make(self))

    def at(self, sample_rate: int, resample: Resample | None) -> Pair:
        """Return the pair at another rate; it shares `values`.

        Raises:
            MetricError: sample_rate, where there is no resampler.
        """
        if sample_rate == self.sample_rate:
            return self
        if resample is None:
            raise MetricError("sample_rate", f"expected {sample_rate} Hz, got {self.sample_rate} Hz and no resampler")
        return self._memory.once(sample_rate, lambda: self._resampled(sample_rate, resample))

    def _resampled(self, sample_rate: int, resample: Resample) -> Pair:
        estimate = check(resample(self.estimate, self.sample_rate, sample_rate), "estimate")
        reference = self._reference.at(sample_rate, resample).usable() if self._reference else None
        return Pair(reference, estimate, sample_rate, self.values)
