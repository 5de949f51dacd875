"""Records as JSON and back."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from seinfer.core.records import (
    Clip,
    Enhancement,
    Job,
    ModelSpec,
    Score,
    ScoringTask,
    WeightFile,
    from_json,
    to_json,
)
from seinfer.models.registry import load_registry

SPEC = ModelSpec(
    *("toy", "a model", "toy:load", 16_000, True, 10.0, 5, "MIT", "none stated", "here", "not at all"),
    aliases=("t",),
    options={"hidden": 64, "widths": [1, 2]},
    files=(WeightFile("net.th", "abc", bytes=3), WeightFile("own.th", path="/own.th")),
)


@pytest.mark.parametrize(
    "record",
    [
        SPEC,
        Clip("a/b", "/n.wav", "/c.wav", 16_000, 2, 320, category={"noise": "fan"}),
        Job("a", "/n.wav", "/e.wav", 0.5, mono=True),
        Enhancement("a", "toy", "failed", "empty: /n.wav contains no samples"),
        ScoringTask("a", "/c.wav", "/n.wav", {"toy": "/e.wav"}, ("sdr", "stoi"), 0),
        Score("a", "toy", 16_000, {"sdr": 1.5}, {"stoi": "too_short"}, lag_samples=-3),
    ],
    ids=lambda record: type(record).__name__,
)
def test_from_json_of_to_json_returns_the_same_record(record: object) -> None:
    assert from_json(type(record), json.loads(json.dumps(to_json(record)))) == record


def test_to_json_equals_asdict_for_every_model_and_shares_no_container() -> None:
    for spec in (SPEC, *load_registry().specs.values()):
        assert to_json(spec) == asdict(spec)
        assert json.dumps(to_json(spec)) == json.dumps(asdict(spec))
    to_json(SPEC)["options"]["widths"].append(3)
    assert SPEC.options["widths"] == [1, 2]


def test_from_json_of_another_version_ignores_unknown_keys_and_uses_defaults() -> None:
    values = {"clip_id": "a", "model": "toy", "status": "ok", "added_later": 1}
    assert from_json(Enhancement, values) == Enhancement("a", "toy", "ok")


@pytest.mark.parametrize(("sample_rate", "duration_s"), [(16_000, 0.02), (0, 0.0)])
def test_clip_duration_is_zero_without_a_header(sample_rate: int, duration_s: float) -> None:
    assert Clip("a", "/n.wav", sample_rate=sample_rate, n_samples=320).duration_s == duration_s


@pytest.mark.parametrize(("status", "is_ok"), [("ok", True), ("chunked", True), ("failed", False)])
def test_enhancement_is_ok_unless_it_failed(status: str, is_ok: bool) -> None:
    assert Enhancement("a", "toy", status).is_ok == is_ok
