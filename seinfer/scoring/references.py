"""References of a scoring process: decoded, resampled, with the results that depend on the reference alone.

Models usually run one after the other, so the estimates of a clip arrive at different times. A reference that is kept
saves about a third of the time of SDR, PESQ, STOI and ESTOI for a further estimate. Each result is the same with and
without it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from ..audio import resampling
from ..audio.reading import Audio
from ..core.errors import AudioError
from ..metrics.pair import Reference

QUALITY = "HQ"
"""Of the resampling to the rate of the metrics."""
MAX_KEPT_SAMPLES = 5_000_000
"""Of all references that are kept, in samples at the scoring rate: about 5 minutes at 16 kHz, 40 bytes per sample."""

_Key = tuple[str, int, int, int]


class References:
    """The reference file of a task: its channels at the scoring rate, each with its own cache."""

    def __init__(self, decoded: Audio, sample_rate: int) -> None:
        self.n_samples = decoded.samples.shape[1]
        self.file_rate = decoded.sample_rate
        self.sample_rate = sample_rate or decoded.sample_rate
        samples = resampling.resample(decoded.samples, decoded.sample_rate, self.sample_rate, QUALITY)
        self._channels = [Reference(channel, self.sample_rate) for channel in samples]
        self._mean = Reference(samples.mean(0), self.sample_rate) if len(samples) > 1 else self._channels[0]

    def for_channels(self, n_channels: int) -> Sequence[Reference]:
        """Return one reference for each channel of an estimate.

        Raises:
            AudioError: the numbers of channels differ, and neither is one.
        """
        if n_channels == len(self._channels):
            return self._channels
        if n_channels == 1:
            return [self._mean]
        if len(self._channels) == 1:
            return self._channels * n_channels
        raise AudioError("channels", f"the reference has {len(self._channels)} channels, the estimate {n_channels}")

    @property
    def size(self) -> int:
        """Samples of all channels, at the scoring rate."""
        return sum(channel.samples.size for channel in self._channels)


class ReferenceCache:
    """Keeps references while they fit into a limit.

    When it is full, every second new reference, at random, takes the place of another, at random. Each model goes
    through the clips in the same order: with the oldest dropped, a cache for half of the clips would never find one;
    this one finds a third of them, and most if the models run at the same time.
    """

    def __init__(self, max_samples: int = MAX_KEPT_SAMPLES) -> None:
        """Prepare an empty cache for so many samples."""
        self._max_samples = max_samples
        self._kept: dict[_Key, References] = {}
        self._random = random.Random(0)

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, path: str, sample_rate: int, read: Callable[[], Audio]) -> References:
        """Return the reference of a file; it is read again if the file has changed.

        Args:
            path: the file.
            sample_rate: Hz at which to score; 0 for the rate of the file.
            read: decodes the file.

        Raises:
            AudioError: as `read` does.
        """
        try:
            facts = Path(path).stat()
        except OSError:  # `read` reports it
            return References(read(), sample_rate)
        key = (path, sample_rate, facts.st_mtime_ns, facts.st_size)
        found = self._kept.get(key)
        if found is None:
            found = References(read(), sample_rate)
            self._keep(key, found)
        return found

    def _keep(self, key: _Key, references: References) -> None:
        if references.size > self._max_samples:
            return
        is_full = self._n_samples() + references.size > self._max_samples
        if is_full and self._random.random() < 0.5:
            return
        while self._n_samples() + references.size > self._max_samples:
            del self._kept[self._random.choice(list(self._kept))]
        self._kept[key] = references

    def _n_samples(self) -> int:
        return sum(kept.size for kept in self._kept.values())
