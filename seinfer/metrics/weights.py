"""The networks of metrics that no package contains: `seinfer metrics pull NAME` fetches them, and `read` verifies them.

The rule: the same as for models. A file is used only if its hash is right, and only `pull` opens a connection. The
networks are described by records of `ModelSpec` without a backend, so that one code fetches and checks both.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import IntegrityError, MissingWeightsError, SeinferError
from ..core.records import ModelSpec, WeightFile
from ..models import weights
from ..models.download.pins import expected_sha256
from .errors import MetricError

_NISQA_COMMIT = "fe84f0f252abec382b24367d5b22498a7ce34dbb"

NISQA = ModelSpec(
    name="nisqa",
    summary="NISQA 2.0: quality, noisiness, discontinuity, coloration and loudness",
    backend="",
    sample_rate=0,
    license_code="MIT",
    license_weights="CC-BY-NC-SA-4.0",
    source=f"gabrielmittag/NISQA@{_NISQA_COMMIT}",
    paper="arXiv:2104.09494",
    verified="authors' code, the real weights",
    files=(
        WeightFile(
            name="nisqa.tar",
            url=f"https://raw.githubusercontent.com/gabrielmittag/NISQA/{_NISQA_COMMIT}/weights/nisqa.tar",
            sha256="7ec4cf937514dd3f8860b21e66fabd8ca87a168572675ef8d979c4c4ad2e805c",
            bytes=1_051_663,
        ),
    ),
)
SCOREQ = ModelSpec(
    name="scoreq",
    summary="SCOREQ for natural speech, without reference",
    backend="",
    sample_rate=16_000,
    license_code="MIT",
    source="alessandroragano/scoreq, as the package scoreq 1.0.1 downloads it",
    paper="arXiv:2410.06675",
    verified="a stand-in network of the same input and output; not run by us with the real weights",
    files=(
        WeightFile(
            name="adapt_nr_telephone.onnx",
            url="https://zenodo.org/records/15739280/files/adapt_nr_telephone.onnx",
        ),
    ),
)
NETWORKS: Mapping[str, ModelSpec] = {spec.name: spec for spec in (NISQA, SCOREQ)}
"""Name -> network that `seinfer metrics pull` fetches."""


def read(spec: ModelSpec) -> bytes:
    """Return the content of the only file of a network, after checking its hash.

    Raises:
        MetricError: model_file.
    """
    try:
        [path] = weights.locate(spec).values()
        return path.read_bytes()
    except (IntegrityError, MissingWeightsError, OSError) as error:
        raise MetricError("model_file", detail=str(error)) from error


def why_missing(spec: ModelSpec) -> str:
    """Return why a network cannot be used and the command that fixes this, "" if its file is here. By size alone."""
    state = weights.state(spec)
    return "" if state == "present" else f"weights {state}: seinfer metrics pull {spec.name}"


def known_sha256(spec: ModelSpec) -> str:
    """Return the sha256 that the file of a network must have; empty if it was never fetched and none is published."""
    [file] = spec.files
    try:
        return expected_sha256(file, weights.path_of(spec, file))
    except SeinferError:  # no weights folder, or a damaged pin: `read` reports it
        return file.sha256
