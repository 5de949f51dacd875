"""Values that travel between the stages, and across process borders as JSON. Standard library only.

`model` is a name in models.toml, `backend` a module that runs it, `weights` its files: three different things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")

BASELINE = "noisy"
"""Model name of the unprocessed input, which every other model is compared with."""


@dataclass(frozen=True)
class WeightFile:
    """One file that a model needs.

    Attributes:
        name: file name in the weights folder.
        sha256: full digest in hex, or the prefix that the authors published.
        url: where the authors offer it; empty for a local `path`.
        bytes: size, None when it is not known exactly.
        path: a user's own file, absolute, used in place.
        archive_sha256: digest of the archive at `url`, of which only `member` is taken; empty where it is not known and
            the full `sha256` of the member decides.
        member: path of the file inside that archive.
    """

    name: str
    sha256: str = ""
    url: str = ""
    bytes: int | None = None
    path: str = ""
    archive_sha256: str = ""
    member: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """Every fact about a model, as its table in a models.toml states it.

    Attributes:
        backend: "module:load", or the name of an entry point in the group seinfer.backends.
        extra: pip extra of `distribution` that brings the packages; empty when the core install is enough.
        sample_rate: Hz the network works at.
        latency_ms: algorithmic latency, compensated by the backend.
        verified: how the adapter was proven.
        options: reach the backend: architecture and behaviour.
        distribution: the installed package whose table this is.
        python: interpreter that runs the model; empty for the one that runs seinfer.
    """

    name: str
    summary: str
    backend: str
    sample_rate: int
    causal: bool
    latency_ms: float
    n_parameters: int
    license_code: str
    license_weights: str
    source: str
    verified: str
    aliases: tuple[str, ...] = ()
    extra: str = ""
    paper: str = ""
    training_data: tuple[str, ...] = ()
    notes: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[WeightFile, ...] = ()
    distribution: str = "seinfer"
    python: str = ""


@dataclass(frozen=True)
class Clip:
    """One noisy recording, and what the comparison knows about it.

    Attributes:
        clip_id: path relative to the input folder without suffix, with "/" on every system.
        clean_path: the dataset file that belongs to it; empty in a blind set.
        n_samples: frames per channel.
        noisy_sha256: digest of the noisy file's bytes.
        clean_sha256: digest of the clean file's bytes.
        problem: why it cannot be used, as "reason: message"; empty for a good clip.
        category: further columns of clips.csv, such as noise, snr_db.
    """

    clip_id: str
    noisy_path: str
    clean_path: str = ""
    sample_rate: int = 0
    channels: int = 0
    n_samples: int = 0
    noisy_sha256: str = ""
    clean_sha256: str = ""
    problem: str = ""
    category: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Length in seconds, 0 when the header could not be read."""
        return self.n_samples / self.sample_rate if self.sample_rate else 0.0


@dataclass(frozen=True)
class Job:
    """One clip for a worker: read `source`, enhance, write `target`."""

    clip_id: str
    source: str
    target: str
    duration_s: float
    subtype: str = ""
    mono: bool = False


@dataclass(frozen=True)
class Enhancement:
    """What came of one clip and one model.

    Attributes:
        status: "ok", "chunked" (a long clip in faded windows, not exactly the whole clip's result) or "failed".
        error: "reason: message" when failed.
        sample_rate_in, model_sample_rate, sample_rate_out: Hz.
        clipped_samples: samples beyond full scale that writing had to clip.
        wall_s: seconds of resampling and inference, a batch's time shared out by length.
        peak_rss_mib: the worker's largest resident memory so far.
        estimate_sha256: digest of the written file.
    """

    clip_id: str
    model: str
    status: str
    error: str = ""
    sample_rate_in: int = 0
    model_sample_rate: int = 0
    sample_rate_out: int = 0
    channels: int = 0
    n_samples: int = 0
    clipped_samples: int = 0
    wall_s: float = 0.0
    peak_rss_mib: float = 0.0
    estimate_sha256: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether the estimate was written."""
        return self.status != "failed"


@dataclass(frozen=True)
class ScoringTask:
    """Estimates of one clip for a scoring process.

    Attributes:
        reference: path of the clean file; empty where there is none.
        noisy: path of the noisy file, against which lag and gain are measured where there is no reference.
        estimates: model -> path.
        metrics: names, in column order.
        sample_rate: Hz to score at, 0 for the rate of the files.
        excluded: "model metric" -> reason, for metrics that crashed a scoring process before; they are not computed.
    """

    clip_id: str
    reference: str
    noisy: str
    estimates: Mapping[str, str]
    metrics: tuple[str, ...]
    sample_rate: int
    excluded: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """The figures of one estimate.

    Attributes:
        sample_rate: Hz at which it was scored.
        values: metric name -> value; a metric that could not be computed is absent.
        reasons: metric name -> why it is absent, or a remark such as "identical" on one that is there.
        lag_samples: delay of the estimate against the reference (the noisy clip where there is none), at `sample_rate`.
        gain_db: level of the estimate against the same signal.
        len_diff_samples: estimate minus reference, in samples of the files.
    """

    clip_id: str
    model: str
    sample_rate: int
    values: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    lag_samples: int | None = None
    gain_db: float | None = None
    len_diff_samples: int | None = None


def to_json(record: Any) -> dict[str, Any]:
    """Return a record of this module as plain JSON values."""
    return asdict(record)


def from_json(kind: type[T], values: Mapping[str, Any]) -> T:
    """Build a record of `kind` from what `to_json` gave; keys that it does not know are ignored.

    A journal written by another version may hold more keys or fewer; missing ones take their default.
    """
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    kept = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items() if key in known}
    if kind is ModelSpec:
        kept["files"] = tuple(WeightFile(**f) for f in values.get("files", ()))
    return kind(**kept)
