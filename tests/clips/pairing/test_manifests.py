"""Rule 1: a CSV that names the pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.clips.pairing import collect
from seinfer.core.errors import PairingError, UsageError

from .folders import pairs, tree


def manifest(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_collect_manifest_gives_pairs_and_categories(tmp_path: Path) -> None:
    tree(tmp_path, "n/1.wav", "c/1.wav", "n/2.wav")
    path = manifest(tmp_path, "clip_id,noisy,clean,noise\none,n/1.wav,c/1.wav,fan\ntwo,n/2.wav,,rain\n")
    found = collect([], manifest=path)
    assert pairs(found, tmp_path) == {"one": ("n/1.wav", "c/1.wav"), "two": ("n/2.wav", "")}
    assert [clip.category["noise"] for clip in found.clips] == ["fan", "rain"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clip_id,clean\na,b\n", "lacks the column 'noisy'"),
        ("clip_id,noisy\n", "names no clip"),
        ("clip_id,noisy\na,x.wav\na,x.wav\n", "names the clip 'a' more than once"),
        ("clip_id,noisy\na,x.wav\nb,x.wav\n", "names the noisy file .*x.wav' more than once"),
        ("clip_id,noisy\na,gone.wav\n", "line 2: .*gone.wav does not exist"),
        ("clip_id,noisy\na,\n", "noisy file of 'a' is not given"),
        ("clip_id,noisy\n../a,x.wav\n", "relative name without"),
        ("clip_id,noisy\n/etc/a,x.wav\n", "relative name without"),
    ],
)
def test_collect_bad_manifest_error_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    tree(tmp_path, "x.wav")
    with pytest.raises(PairingError, match=message):
        collect([], manifest=manifest(tmp_path, text))


def test_collect_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.csv cannot be read"):
        collect([], manifest=tmp_path / "gone.csv")


def test_collect_manifest_with_one_clean_file_for_several_noisy_files_is_allowed(tmp_path: Path) -> None:
    tree(tmp_path, "n/5db.wav", "n/10db.wav", "c.wav")
    path = manifest(tmp_path, "clip_id,noisy,clean,snr_db\na,n/5db.wav,c.wav,5\nb,n/10db.wav,c.wav,10\n")
    found = collect([], manifest=path)
    assert pairs(found, tmp_path) == {"a": ("n/5db.wav", "c.wav"), "b": ("n/10db.wav", "c.wav")}
    assert [dict(clip.category) for clip in found.clips] == [{"snr_db": "5"}, {"snr_db": "10"}]
    assert found.rule.startswith("manifest ")
