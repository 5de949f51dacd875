"""The first sentence of a recommendation: what the clips show about the recommended model and the unprocessed audio."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.counts import counted, verb
from ..stats import MIN_CLIPS
from .verdicts import BETTER, EQUAL, NOT_PROVEN, PROBABLY_EQUAL, WORSE, Verdict

UNPROCESSED = "the unprocessed audio"


def on_model(model: str, against_noisy: Sequence[Verdict]) -> tuple[str, bool]:
    """Return the sentence on a recommended model, and whether it is proven to be better than noisy.

    Args:
        model: the recommended model.
        against_noisy: its verdicts against noisy, one per metric.
    """
    names = {text: [v.metric for v in against_noisy if v.verdict == text] for text in (BETTER, WORSE, NOT_PROVEN)}
    if not names[BETTER]:
        return _not_proven(model, against_noisy), False
    others = [f"{text} in {', '.join(names[text])}" for text in (WORSE, NOT_PROVEN) if names[text]]
    rest = f" ({'; '.join(others)})" if others else ""
    return f"{model} is better than {UNPROCESSED} in {', '.join(names[BETTER])}{rest}", not names[WORSE]


def on_noisy(best: str, against_noisy: Sequence[Verdict]) -> str:
    """Return the sentence if no model is worth its time.

    Args:
        best: the model with the best quality.
        against_noisy: its verdicts against noisy, one per metric.
    """
    if is_practically_equal(against_noisy):
        probably = "probably " if any(verdict.verdict == PROBABLY_EQUAL for verdict in against_noisy) else ""
        return f"{probably}no practical difference between {best}, the best model, and {UNPROCESSED}"
    return f"no model is better than {UNPROCESSED} on average; {best} is the closest"


def is_practically_equal(verdicts: Sequence[Verdict]) -> bool:
    """Return whether there is no practical difference in any metric, at least probably."""
    return bool(verdicts) and all(verdict.verdict in (EQUAL, PROBABLY_EQUAL) for verdict in verdicts)


def _not_proven(model: str, verdicts: Sequence[Verdict]) -> str:
    """Return that the clips are too few, and how many more would show an improvement in one of the metrics."""
    n = min((verdict.n for verdict in verdicts), default=0)
    counts = [v.n_more for v in verdicts if v.n_more is not None and v.verdict == NOT_PROVEN]
    claim = f"not proven: {counted(n, 'clip')} {verb(n, 'are')} too few to show that {model} beats {UNPROCESSED}"
    if not counts:
        return f"{claim}; no practical number of clips would"
    about = "at least" if n < MIN_CLIPS else "about"
    return f"{claim}; {about} {min(counts)} more would"
