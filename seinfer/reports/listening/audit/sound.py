"""Leaks that are heard or measured: level, bandwidth, delay, clicks, offset, clipping.

The limits are below or near the smallest audible difference: 2 dB of speech level between models, 1 ms of delay. Noise
that a model leaves raises the level of a stimulus although its speech is matched, so that the noisy clip has a wider
limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from statistics import median

import numpy as np

from .findings import Check, Finding, shortened
from .folder import AuditedFolder
from .measure import BAND_EDGE_HZ, LOW_RATE, Stimulus

MAX_LEVEL_DB, MAX_NOISY_LEVEL_DB, MAX_SPREAD_DB = 2.0, 6.0, 12.0
MAX_DELAY_MS = 1.0
MAX_EDGE = 0.003
MAX_JUMP = 0.05
MAX_OFFSET = 0.001
HIGH_BAND_DB = -62.0
_MAX_LAG_S = 0.2
_AGAIN = "make the test folder with `seinfer blind make`"


def _levels(folder: AuditedFolder) -> Iterator[Finding]:
    if not folder.key:
        yield from _level_spread(folder)
        return
    differences: dict[str, list[float]] = {}
    for group in folder.comparable:
        middle = median(one.loud_db for one in group)
        for one in group:
            if math.isfinite(one.loud_db) and folder.items[one.stimulus_id].role in ("test", "noisy"):
                differences.setdefault(folder.items[one.stimulus_id].model, []).append(one.loud_db - middle)
    for model, values in differences.items():
        difference_db = median(values)
        limit_db = MAX_NOISY_LEVEL_DB if model == "noisy" else MAX_LEVEL_DB
        if abs(difference_db) > limit_db:
            yield _level(
                f"the stimuli of {model}", f"speech is {difference_db:+.1f} dB from that of the others", f"{limit_db:g}"
            )


def _level_spread(folder: AuditedFolder) -> Iterator[Finding]:
    for group in folder.comparable:
        levels = [one.loud_db for one in group if math.isfinite(one.loud_db)]
        if levels and max(levels) - min(levels) > MAX_NOISY_LEVEL_DB:
            where = shortened(one.path for one in group)
            yield _level(
                where, f"speech levels differ by {max(levels) - min(levels):.1f} dB", f"{MAX_NOISY_LEVEL_DB:g}"
            )
            return
    levels = [one.loud_db for one in folder.measured.values() if math.isfinite(one.loud_db)]
    if levels and max(levels) - min(levels) > MAX_SPREAD_DB:
        yield _level("stimuli", f"speech levels differ by {max(levels) - min(levels):.1f} dB", f"{MAX_SPREAD_DB:g}")


def _level(where: str, value: str, limit: str) -> Finding:
    return Finding("level", where, value, f"at most {limit} dB", "match the speech level: `blind make --level p56:-26`")


def _bandwidth(folder: AuditedFolder) -> Iterator[Finding]:
    audible = [one for one in folder.measured.values() if math.isfinite(one.loud_db)]
    if folder.band == "8k":
        if wide := [one for one in audible if one.high_db > HIGH_BAND_DB]:
            yield Finding(
                "bandwidth",
                shortened(one.path for one in wide),
                f"{len(wide)} of {len(audible)} stimuli have sound above {BAND_EDGE_HZ} Hz",
                "nothing above 8 kHz, as --band 8k promises",
                "make the test again with --band 8k",
            )
        return
    groups = _by_model(folder, audible) if folder.key else {one.path: [one] for one in audible}
    narrow = [name for name, group in groups.items() if median(one.high_db for one in group) <= HIGH_BAND_DB]
    if narrow and len(narrow) < len(groups):
        yield Finding(
            "bandwidth",
            f"the stimuli of {shortened(narrow)}" if folder.key else shortened(narrow),
            f"they have nothing above {BAND_EDGE_HZ} Hz, the others do",
            "one bandwidth; the difference is audible and identifies models of 16 kHz",
            "state it, or make a second test with --band 8k",
            "warning",
        )


def _by_model(folder: AuditedFolder, stimuli: Iterable[Stimulus]) -> dict[str, list[Stimulus]]:
    """Return model -> its stimuli under test."""
    groups: dict[str, list[Stimulus]] = {}
    for one in stimuli:
        if _role(folder, one) in ("test", "noisy"):
            groups.setdefault(folder.items[one.stimulus_id].model, []).append(one)
    return groups


def _role(folder: AuditedFolder, one: Stimulus) -> str:
    item = folder.items.get(one.stimulus_id)
    return item.role if item else ""


def _delay(folder: AuditedFolder) -> Iterator[Finding]:
    lags: dict[str, list[float]] = {}
    for group in folder.comparable:
        base = max(group, key=lambda one: (_is_reference(folder, one), one.stimulus_id))
        for one in group:
            if one is not base and len(one.low) == len(base.low):
                model = folder.items[one.stimulus_id].model if folder.key else one.path
                lags.setdefault(model, []).append(_lag_ms(base, one))
    for model, values in lags.items():
        lag_ms = median(values)
        if abs(lag_ms) > MAX_DELAY_MS:
            yield Finding(
                "delay",
                f"the stimuli of {model}" if folder.key else model,
                f"{lag_ms:+.1f} ms against the same clip of the others",
                f"at most {MAX_DELAY_MS:g} ms; a codec or a model adds more",
                _AGAIN,
            )


def _is_reference(folder: AuditedFolder, one: Stimulus) -> int:
    return {"hidden_ref": 2, "noisy": 1}.get(_role(folder, one), 0)


def _lag_ms(base: Stimulus, one: Stimulus) -> float:
    """Return by how much a stimulus is later than another: the peak of the correlation of their differences."""
    n_fft = 1 << (2 * len(base.low) - 1).bit_length()
    spectra = [np.fft.rfft(np.diff(signal, prepend=0), n_fft) for signal in (one.low, base.low)]
    correlation = np.fft.irfft(spectra[0] * np.conj(spectra[1]), n_fft)
    limit = min(round(_MAX_LAG_S * LOW_RATE), len(base.low) - 1)
    lags = np.arange(-limit, limit + 1)
    return float(lags[np.argmax(correlation[lags])]) / LOW_RATE * 1000


def _clicks(folder: AuditedFolder) -> Iterator[Finding]:
    cut = [one for one in folder.measured.values() if one.edge > MAX_EDGE]
    if cut:
        worst = max(cut, key=lambda one: one.edge)
        yield Finding(
            "clicks",
            shortened(one.path for one in cut),
            f"the first or last samples reach {worst.edge:.3f} of full scale",
            f"at most {MAX_EDGE}: each stimulus begins and ends with a fade",
            _AGAIN,
        )
    if jumping := [one for one in folder.measured.values() if one.jump > MAX_JUMP]:
        worst = max(jumping, key=lambda one: one.jump)
        yield Finding(
            "clicks",
            shortened(one.path for one in jumping),
            f"neighbouring samples differ by {worst.jump:.2f} of full scale, and none near them does",
            f"single jumps of at most {MAX_JUMP}",
            "listen to it: if the recording has no click there, leave out the clip, or make the test again",
            "warning",  # a recording can have clicks, which is then the same in all its versions
        )


def _offset(folder: AuditedFolder) -> Iterator[Finding]:
    for group in [list(folder.measured.values())] if not folder.comparable else folder.comparable:
        offsets = [one.offset for one in group]
        if offsets and max(offsets) - min(offsets) > MAX_OFFSET:
            worst = max(group, key=lambda one: abs(one.offset))
            yield Finding(
                "offset",
                worst.path,
                f"mean of the samples {worst.offset:+.4f}, others of the same clip {min(offsets, key=abs):+.4f}",
                f"means that differ by at most {MAX_OFFSET}",
                "remove the offset of the recordings, then make the test again",
            )
            return


def _clipping(folder: AuditedFolder) -> Iterator[Finding]:
    if clipped := [one for one in folder.measured.values() if one.n_full_scale]:
        worst = max(clipped, key=lambda one: one.n_full_scale)
        yield Finding(
            "clipping",
            shortened(one.path for one in clipped),
            f"up to {worst.n_full_scale} samples at full scale",
            "none",
            "lower the level of all stimuli alike: `blind make --level p56:-30`",
        )


CHECKS = (
    Check("level", "speech levels of the models, or within each trial if there is no key", _levels),
    Check("bandwidth", "sound above 8 kHz", _bandwidth),
    Check("delay", "delays between stimuli of the same clip", _delay),
    Check("clicks", "first and last samples, and jumps between samples", _clicks),
    Check("offset", "means of the samples", _offset),
    Check("clipping", "samples at full scale", _clipping),
)
