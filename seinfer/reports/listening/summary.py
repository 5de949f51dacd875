"""What `seinfer blind make` prints: sizes of the test, the key, and what its user must know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...analysis.results import Results
from ...core.counts import counted, verb
from .make import Made
from .request import MakeRequest
from .stimuli import FADE_S

_MAX_EXCLUDED = 20
_NARROW_HZ = 16_000
_LARGE_PAGE_MB = 80
_LONG_PADDING_S = 2.0


def summary_document(made: Made, request: MakeRequest) -> dict[str, Any]:
    """Return the facts of a test as JSON values."""
    n_trials = [len(trials) for trials in made.plan.sessions]
    return {
        "test_id": made.test.test_id,
        "key_sha256": made.test.key_sha256,
        "out": str(request.out),
        "key": str(request.key),
        "design": made.test.design,
        "models": list(made.key.models),
        "n_clips": len(made.sources.clips),
        "n_clips_per_session": made.plan.n_clips_each,
        "n_sessions": len(n_trials),
        "n_trials_per_session": max(n_trials),
        "minutes_per_session": round(made.plan.minutes, 1),
        "n_stimuli": len(made.key.items),
        "sample_rate": made.test.sample_rate,
        "n_samples": made.test.n_samples,
        "level": made.key.level,
        "common_gain_db": round(made.rendered.common_gain_db, 3),
        "excluded": dict(made.sources.excluded),
    }


def summary_lines(made: Made, request: MakeRequest) -> Iterator[str]:
    """Yield the lines of the summary."""
    facts = summary_document(made, request)
    yield (
        f"{counted(facts['n_sessions'], 'session')} of {counted(facts['n_trials_per_session'], 'trial')}, about "
        f"{made.plan.minutes:.0f} minutes each: {facts['design']}, {counted(len(made.key.models), 'model')}, "
        f"{counted(facts['n_clips'], 'clip')} ({facts['n_clips_per_session']} in each session)"
    )
    yield (
        f"{counted(facts['n_stimuli'], 'stimulus file')}, {made.test.sample_rate} Hz, "
        f"{made.test.n_samples / made.test.sample_rate:.2f} s each, level {made.key.level}"
    )
    yield f"test folder: {request.out}"
    yield f"key: {request.key} (keep it away from raters until all ratings are there)"
    yield f"key_sha256: {made.test.key_sha256}"


def remarks(made: Made, request: MakeRequest, results: Results) -> Iterator[str]:
    """Yield warnings, notes and the next steps."""
    excluded = list(made.sources.excluded.items())
    for clip_id, reason in excluded[:_MAX_EXCLUDED]:
        yield f"excluded: {clip_id}: {reason}"
    if len(excluded) > _MAX_EXCLUDED:
        yield f"excluded: {len(excluded) - _MAX_EXCLUDED} more, see --json"
    yield from _bandwidth(made, request, results)
    yield from _notes(made)
    yield f"next: seinfer blind check {request.out} --key {request.key}"
    yield f"then: open {request.out / 'index.html'}, and give each rater one session"


def _bandwidth(made: Made, request: MakeRequest, results: Results) -> Iterator[str]:
    rates = {model: results.header["models"][model].get("sample_rate") or 0 for model in made.key.models}
    narrow = [model for model, rate in rates.items() if 0 < rate <= _NARROW_HZ]
    used = {clip.sample_rate for clip in results.clips if clip.clip_id in made.sources.clips}
    if request.band == "native" and narrow and max(used) > _NARROW_HZ:
        yield (
            f"warning: {', '.join(narrow)} {verb(len(narrow), 'end')} at 8 kHz, and the clips do not: a rater can hear "
            "which stimuli these are. Make a second test with --band 8k, and report both"
        )


def _late_models(made: Made) -> dict[str, float]:
    """Return model -> longest delay in seconds, of the models whose delay the fades do not hide."""
    found: dict[str, float] = {}
    for item in made.key.items:
        delay_s = abs(item.delay_samples) / made.test.sample_rate
        if delay_s > FADE_S:
            found[item.model] = max(delay_s, found.get(item.model, 0.0))
    return found


def _page_mb(made: Made) -> float:
    """Return the size of the largest session page in MB; its stimuli are base64, four bytes for three."""
    heard = [{one for trial in trials for one in (*trial.stimuli, trial.reference)} for trials in made.plan.sessions]
    return max(map(len, heard)) * made.test.n_samples * 2 * 4 / 3 / 1e6


def _notes(made: Made) -> Iterator[str]:
    if (page_mb := _page_mb(made)) > _LARGE_PAGE_MB:
        yield f"note: a session page has {page_mb:.0f} MB; a lower --rate or --max-minutes makes it smaller"
    if made.rendered.longest_padding_s > _LONG_PADDING_S:
        yield (
            f"note: stimuli of short clips end with up to {made.rendered.longest_padding_s:.1f} s of silence, because "
            "all have the same length; clips of similar length avoid that"
        )
    for model, delay_s in _late_models(made).items():
        yield (
            f"note: the files of {model} are up to {delay_s * 1000:.0f} ms late or early; this is removed, and as much "
            "of their end or beginning is silent"
        )
    if made.rendered.n_approximate:
        yield (
            f"note: the speech level of {counted(made.rendered.n_approximate, 'stimulus file')} is approximate: the "
            "clip has no clean file, or the model changed the speech too much to compare with it"
        )
    if made.rendered.common_gain_db < 0:
        yield f"note: all stimuli are {-made.rendered.common_gain_db:.1f} dB lower, so that no peak exceeds -1 dBFS"
    if made.plan.n_neighbours:
        yield (
            f"note: in all sessions together, a trial follows one of the same clip or model "
            f"{counted(made.plan.n_neighbours, 'time')}; more clips avoid that"
        )
    if set(made.sources.controls) <= set(made.sources.clips):
        yield "note: training, gold and trap trials use clips under test, because the run has no others"
