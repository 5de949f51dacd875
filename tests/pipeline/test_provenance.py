"""Facts about a run for run.json, and the key that decides which results a resumed run keeps."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.records import Published, WeightFile, to_json
from seinfer.models.registry import load_registry
from seinfer.pipeline.provenance import model_facts, model_key, weights_bytes, weights_digest

NOISY = load_registry().specs["noisy"]


def weight_file(path: Path, content: bytes) -> WeightFile:
    path.write_bytes(content)
    return WeightFile(path.name, hashlib.sha256(content).hexdigest(), path=str(path), bytes=len(content))


def test_weights_digest_one_file_has_its_own_and_several_do_not_depend_on_their_order(tmp_path: Path) -> None:
    one, other = weight_file(tmp_path / "one", b"1"), weight_file(tmp_path / "other", b"22")
    assert weights_digest(NOISY) == ""
    assert weights_digest(replace(NOISY, files=(one,))) == one.sha256
    both = weights_digest(replace(NOISY, files=(one, other)))
    assert both == weights_digest(replace(NOISY, files=(other, one)))
    assert both not in (one.sha256, other.sha256)


def test_weights_bytes_is_the_sum_or_none_if_a_file_is_missing(tmp_path: Path) -> None:
    files = (weight_file(tmp_path / "one", b"1"), weight_file(tmp_path / "other", b"22"))
    spec = replace(NOISY, files=files)
    assert weights_bytes(NOISY) is None
    assert weights_bytes(spec) == 3
    (tmp_path / "other").unlink()
    assert weights_bytes(spec) is None


@pytest.mark.parametrize(
    "changes",
    [{"name": "other"}, {"backend": "other:load"}, {"options": {"dry": 0.5}}],
    ids=lambda changes: next(iter(changes)),
)
def test_model_key_changes_with_name_backend_and_options(changes: dict[str, object]) -> None:
    assert model_key(replace(NOISY, **changes), "d") != model_key(NOISY, "d")  # type: ignore[arg-type]


def test_model_key_changes_with_the_weights_but_not_with_descriptions() -> None:
    assert model_key(NOISY, "one") != model_key(NOISY, "other")
    assert model_key(replace(NOISY, notes="new words", summary="new"), "d") == model_key(NOISY, "d")


def test_model_facts_contain_licences_options_and_digest() -> None:
    facts = model_facts(replace(NOISY, options={"dry": 0.5}), "abc")
    assert (facts["sha256"], facts["options"], facts["weights_bytes"]) == ("abc", {"dry": 0.5}, None)
    assert facts["license_weights"] == NOISY.license_weights


def test_model_facts_contain_the_published_figures_but_the_key_does_not_depend_on_them() -> None:
    figure = Published("voicebank-demand", "stoi", 0.92, "a paper")
    changed = replace(NOISY, published=(figure,))
    assert model_facts(changed, "d")["published"] == [to_json(figure)]
    assert model_key(changed, "d") == model_key(NOISY, "d")
