"""Records passed between the stages, and between processes as JSON. Uses only the standard library.

`model` is a name in models.toml, `backend` the module that runs it, `weights` its files.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")

BASELINE = "noisy"
"""Model name of the unprocessed input, which every other model is compared with."""
UNKNOWN, NOT_STATED = "unknown", "none stated"
"""Texts in the tables for a fact about a model, or a licence, that nobody has stated."""


@dataclass(frozen=True)
class WeightFile:
    """One file that a model needs.

    Attributes:
        name: file name in the weights folder.
        sha256: full digest in hex, or the prefix that the authors published.
        url: where the authors publish it; empty for a local `path`.
        bytes: size, None when it is not known exactly.
        path: a user's own file, absolute; it is used where it is.
        git_sha1: id of the file as a blob of git, 40 hex digits; empty if it is not stated. It verifies a file whose
            repository publishes no other hash.
        archive_sha256: digest of the archive at `url`, of which only `member` is extracted. If it is unknown (empty),
            only the full `sha256` of the member is checked.
        member: path of the file inside that archive.
    """

    name: str
    sha256: str = ""
    url: str = ""
    bytes: int | None = None
    path: str = ""
    archive_sha256: str = ""
    member: str = ""
    git_sha1: str = ""


@dataclass(frozen=True)
class Published:
    """A figure that a paper or a repository prints for a model.

    Attributes:
        test_set: id of the test set, see `clips.test_sets`.
        metric: our name of the metric.
        value: mean over the test set, in our unit: STOI from 0 to 1, ratios in dB.
        source: paper or repository, with the table.
    """

    test_set: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True)
class ModelSpec:
    """All facts about a model, from its table in a models.toml.

    Attributes:
        backend: "module:load", or the name of an entry point in the group seinfer.backends.
        extra: pip extra of `distribution` that brings the packages; empty when the core install is enough.
        sample_rate: sample rate of the network in Hz.
        latency_ms: algorithmic latency, compensated by the backend.
        causal: None if unknown; so are latency_ms and n_parameters.
        license_code, license_weights: NOT_STATED if the table leaves them out.
        source, verified: UNKNOWN if the table leaves them out; `verified` is how the adapter was verified.
        options: settings for the backend: architecture and behaviour.
        distribution: the installed package that contains the table.
        python: Python interpreter that runs the model; empty for the one that runs seinfer.
        published: figures of others, to compare our own with.
    """

    name: str
    summary: str
    backend: str
    sample_rate: int
    causal: bool | None = None
    latency_ms: float | None = None
    n_parameters: int | None = None
    license_code: str = NOT_STATED
    license_weights: str = NOT_STATED
    source: str = UNKNOWN
    verified: str = UNKNOWN
    aliases: tuple[str, ...] = ()
    extra: str = ""
    paper: str = ""
    training_data: tuple[str, ...] = ()
    notes: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[WeightFile, ...] = ()
    distribution: str = "seinfer"
    python: str = ""
    published: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class Clip:
    """One noisy recording and its properties.

    Attributes:
        clip_id: path relative to the input folder without suffix, with "/" on every system.
        clean_path: the clean file that belongs to it; empty if there is none (blind set).
        n_samples: samples per channel.
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
        """Duration in seconds; 0 if the header could not be read."""
        return self.n_samples / self.sample_rate if self.sample_rate else 0.0

    @property
    def transcript(self) -> str:
        """The words that are said in the clip, from the category `transcript`; empty if they are not known."""
        return self.category.get("transcript", "")


@dataclass(frozen=True, slots=True)
class Job:
    """One clip for a worker process: read `source`, enhance it, write `target`.

    Attributes:
        source, target: paths.
        duration_s: duration of the clip.
        subtype: WAV subtype of the target; empty for that of the source.
        mono: average the channels.
        block_ms: enhance the clip through a stream, in blocks of this length; 0 for the whole clip at once.
    """

    clip_id: str
    source: str
    target: str
    duration_s: float
    subtype: str = ""
    mono: bool = False
    block_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Enhancement:
    """Result of enhancing one clip with one model.

    Attributes:
        status: "ok"; "chunked": a long clip in crossfaded windows, not exactly equal to the whole clip's result; or
            "failed".
        error: "reason: message" if it failed.
        sample_rate_in, model_sample_rate, sample_rate_out: Hz.
        clipped_samples: number of samples that were clipped on writing.
        wall_s: seconds of resampling and inference; the time of a batch is divided by length.
        cpu_s: processor seconds of the worker in that time, over all its threads and divided in the same way; other
            clips may have been decoded and written meanwhile; 0 if unknown.
        batch_size: number of clips enhanced together; `wall_s` is a share of their time if it is not 1; 0 if unknown.
        peak_rss_mib: largest resident memory of the worker so far.
        estimate_sha256: SHA-256 of the written file.
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
    cpu_s: float = 0.0
    batch_size: int = 0

    @property
    def is_ok(self) -> bool:
        """Whether the estimate was written."""
        return self.status != "failed"


@dataclass(frozen=True)
class StreamRun:
    """One clip through a stream, one hop at a time, in a worker process.

    Attributes:
        reason: why there is no stream; everything else is then 0.
        sample_rate: Hz of the stream.
        hop_samples: smallest block that gives output.
        latency_samples: most samples that had to arrive, from a sample on, before its output came.
        seconds: time of each hop, in the order of the clip, without the first ones.
        cpu_seconds: processor seconds of the worker for each of them.
        peak_rss_mib: largest resident memory of the worker so far.
    """

    reason: str = ""
    sample_rate: int = 0
    hop_samples: int = 0
    latency_samples: int = 0
    seconds: tuple[float, ...] = ()
    cpu_seconds: tuple[float, ...] = ()
    peak_rss_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class ScoringTask:
    """Estimates of one clip for a scoring process.

    Attributes:
        reference: path of the clean file; empty if there is none.
        noisy: path of the noisy file; lag and gain are relative to it if there is no reference.
        estimates: model -> path.
        metrics: names, in column order.
        sample_rate: Hz at which to score; 0 for the rate of the files.
        excluded: "model metric" -> reason, for metrics that crashed a scoring process before; they are not computed.
        crashed: metrics that crashed a scoring process once and have a safer way, which is the second try.
        transcript: the words that are said in the clip; empty if they are not known.
    """

    clip_id: str
    reference: str
    noisy: str
    estimates: Mapping[str, str]
    metrics: tuple[str, ...]
    sample_rate: int
    excluded: Mapping[str, str] = field(default_factory=dict)
    crashed: tuple[str, ...] = ()
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The scores of one estimate.

    Attributes:
        sample_rate: Hz at which it was scored.
        values: metric name -> value; a metric that could not be computed is absent.
        reasons: metric name -> why its value is absent, or a remark on the value such as "identical".
        lag_samples: delay of the estimate relative to the reference, or to the noisy clip if there is none, at
            `sample_rate`.
        gain_db: level of the estimate relative to the same signal.
        len_diff_samples: estimate minus reference, in samples of the files.
        error: "reason: message" if no metric can use the estimate: the clip then counts as failed.
    """

    clip_id: str
    model: str
    sample_rate: int
    values: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    lag_samples: int | None = None
    gain_db: float | None = None
    len_diff_samples: int | None = None
    error: str = ""


@dataclass(frozen=True)
class Cost:
    """Time and memory of one model, measured while no other work of seinfer runs.

    rtf is processing time / audio duration, of resampling and inference. The field names are keys of `compare --json`.

    Attributes:
        model: name.
        error: "reason: message" if it could not be measured; all figures are then 0.
        clip_id, clip_s: the clip that was enhanced repeatedly, and the seconds of it that were used.
        device: "cpu" or "cuda".
        threads: processor cores that the model could use.
        processor: name of the processor.
        rtf, rtf_low, rtf_high: one clip at a time: median, smallest and largest of the repetitions.
        n_repeats: number of repetitions in these figures.
        batch_size: number of equal clips together at which a clip takes least time, of those tried.
        batch_rtf, batch_rtf_low, batch_rtf_high: the same figures at that batch size.
        peak_rss_mib, batch_peak_rss_mib: largest resident memory of the worker process with one clip, and at the end.
        is_busy, batch_is_busy: the machine was busy with other work: these figures are too high.
        slowdown: time of a fixed calculation before and after the repetitions / its shortest time on this machine,
            median.
        cpu_share: processor seconds / seconds of the worker during the repetitions, median; 0 if unknown.
        load_average: processes that were running or waiting in the last minute (1-minute load average of the system).
    """

    model: str
    error: str = ""
    clip_id: str = ""
    clip_s: float = 0.0
    device: str = ""
    threads: int = 0
    processor: str = ""
    rtf: float = 0.0
    rtf_low: float = 0.0
    rtf_high: float = 0.0
    n_repeats: int = 0
    is_busy: bool = False
    batch_size: int = 0
    batch_rtf: float = 0.0
    batch_rtf_low: float = 0.0
    batch_rtf_high: float = 0.0
    batch_is_busy: bool = False
    peak_rss_mib: float = 0.0
    batch_peak_rss_mib: float = 0.0
    slowdown: float = 0.0
    cpu_share: float = 0.0
    load_average: float = 0.0


def to_json(record: Any) -> dict[str, Any]:
    """Return a record of this module as JSON values."""
    # Not dataclasses.asdict: it copies each text and number too, and takes twice as long.
    return {name: _plain(getattr(record, name)) for name in _field_names(cast(Hashable, type(record)))}


@cache
def _field_names(kind: Hashable) -> dict[str, None]:
    """Return the fields of a record type, in their order; a dictionary, because each value read is looked up in it."""
    return dict.fromkeys(f.name for f in fields(cast(Any, kind)))


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | float):  # first, because most values are
        return value
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return to_json(value) if is_dataclass(value) else value


def from_json(kind: type[T], values: Mapping[str, Any]) -> T:
    """Return the record of type `kind` that `to_json` converted.

    A journal of another version may have more keys or fewer: unknown keys are ignored, missing ones get their default.
    """
    known = _field_names(cast(Hashable, kind))
    kept = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items() if key in known}
    if kind is ModelSpec:
        kept["files"] = tuple(WeightFile(**f) for f in values.get("files", ()))
        kept["published"] = tuple(Published(**figure) for figure in values.get("published", ()))
    return kind(**kept)
