"""Why a metric has no value, and what may be noted next to a value. Standard library only.

The rule: a value is right, or it is absent with a reason. No metric returns a substitute for a failure (0, 1e-5, -7,
nan), because such substitutes have ended up in published means.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import RegistryError, SeinferError

REASONS: Mapping[str, str] = {
    "silent_ref": "the reference is silent",
    "silent_est": "the estimate is silent, or a whole piece of it in which the reference has speech",
    "nonfinite": "a signal contains NaN or infinity",
    "too_short": "the clip is shorter than the metric needs",
    "too_long": "the clip is longer than a scoring process has memory for; the figures follow",
    "not_enough_speech": "the clip is long enough, but its reference does not contain enough speech",
    "length_mismatch": "the lengths of reference and estimate differ by more than 40 ms",
    "no_reference": "the metric compares with a reference, and there is none",
    "no_transcript": "the clip has no transcript, and no clean file in which words are recognised",
    "sample_rate": "the metric is not defined at the sample rate of the signals",
    "undefined": "the metric has no finite value for these signals",
    "not_computed": "another metric that this one is computed from has no value",
    "channels": "reference and estimate have different numbers of channels, and neither has one channel",
    "unreadable": "a file cannot be decoded; the error follows",
    "not_installed": "packages or weights of the metric are not installed; the details follow",
    "model_file": "a file of the metric is missing or has different content; the details follow",
    "pesq_error": "the pesq package reported an error, which follows",
    "pesq_crash": "the process crashed in the pesq package",
    "metric_error": "the metric raised an error, which follows",
    "metric_crash": "the process crashed in the metric",
}
"""Reason code -> meaning. After unreadable, too_long, not_computed, not_installed, model_file, pesq_error and
metric_error, a detail follows."""

REMARKS: Mapping[str, str] = {
    "identical": "the estimate equals the reference sample by sample; the value is the metric's bound or its maximum",
    "clamped": "the value was outside the bounds of the metric and is shown as the bound",
    "asr_reference": "the words are compared with those recognised in the clean file, because there is no transcript",
    "mean": "the value is the mean over pieces of the clip; the number of pieces follows",
}
"""Remark code -> meaning, for values that are present. A remark begins with its code."""

AFTER_CRASH = " after a crash"
"""End of a remark: the pieces are the second try, after the process crashed on the whole clip."""


def remark_on_pieces(n_averaged: int, n_pieces: int) -> str:
    """Return the remark on a value that is the mean over pieces of a clip.

    Args:
        n_averaged: number of pieces that are part of the mean.
        n_pieces: number of pieces of the clip.
    """
    return f"mean of {n_pieces if n_averaged == n_pieces else f'{n_averaged} of {n_pieces}'} pieces"


def is_in_pieces(remark: str) -> bool:
    """Return whether a remark says that a value is a mean over pieces."""
    return remark.startswith("mean of ")


CAUGHT_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, OSError, RegistryError),
    *(RuntimeError, SyntaxError, TypeError, ValueError),
)
"""Errors of a faulty metric or plug-in. They become a reason in the table and do not end the run."""


class MetricError(SeinferError):
    """A metric cannot be computed for a pair of signals.

    Attributes:
        reason: a key of REASONS.
        detail: the message of a third-party package; empty for our own checks.
    """

    def __init__(self, reason: str, message: str = "", *, detail: str = "") -> None:
        super().__init__(message or f"{REASONS[reason]}{': ' if detail else ''}{detail}")
        self.reason = reason
        self.detail = detail

    @property
    def status(self) -> str:
        """The text for a table: the reason, followed by the detail if there is one."""
        return f"{self.reason}: {self.detail}" if self.detail else self.reason
