"""Rule 1 without an option: the manifest in a test set of `seinfer mix`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seinfer.clips.pairing import collect
from seinfer.clips.pairing.mixed_sets import add_stated_categories
from seinfer.core.errors import PairingError, UsageError
from seinfer.core.records import Clip

from .folders import pairs, tree


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Return a test set of two pairs."""
    folder = tree(tmp_path / "mixed", *(f"{side}/{name}.wav" for side in ("noisy", "clean") for name in "ab"))
    rows = [f"{name},noisy/{name}.wav,clean/{name}.wav,fan,{snr_db}" for name, snr_db in (("a", -5), ("b", 10))]
    (folder / "manifest.csv").write_text("\n".join(["clip_id,noisy,clean,noise,snr_db", *rows, ""]))
    (folder / "mix.json").write_text(json.dumps({"made_by": "seinfer mix"}))
    return folder


BOTH = {"a": ("noisy/a.wav", "clean/a.wav"), "b": ("noisy/b.wav", "clean/b.wav")}


@pytest.mark.parametrize(("given", "clean"), [("", None), ("noisy", None), ("", "clean"), ("noisy", "clean")])
def test_collect_test_set_takes_pairs_and_categories_from_its_manifest(
    mixed: Path, given: str, clean: str | None
) -> None:
    found = collect([mixed / given], clean=mixed / clean if clean else None)
    assert pairs(found, mixed) == BOTH
    assert [dict(clip.category) for clip in found.clips] == [
        {"noise": "fan", "snr_db": "-5"},
        {"noise": "fan", "snr_db": "10"},
    ]
    assert found.rule == f"manifest {mixed / 'manifest.csv'}"
    assert not found.notes


def test_collect_test_set_as_the_current_folder_uses_its_manifest(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mixed)
    assert pairs(collect([Path()]), mixed) == BOTH


def test_collect_test_set_with_another_clean_folder_does_not_use_its_manifest(mixed: Path) -> None:
    tree(mixed.parent, "dry/a.wav", "dry/b.wav")
    found = collect([mixed / "noisy"], clean=mixed.parent / "dry")
    assert pairs(found, mixed.parent) == {name: (f"mixed/noisy/{name}.wav", f"dry/{name}.wav") for name in "ab"}
    assert not found.clips[0].category


@pytest.mark.parametrize("document", ['{"made_by": "another program"}', "[1]", "no JSON", None])
def test_collect_manifest_of_another_program_is_not_used(mixed: Path, document: str | None) -> None:
    (mixed / "mix.json").unlink()
    if document:
        (mixed / "mix.json").write_text(document)
    found = collect([mixed])
    assert pairs(found, mixed) == BOTH
    assert "trees" in found.rule


def test_collect_test_set_without_manifest_is_paired_by_its_folders(mixed: Path) -> None:
    (mixed / "manifest.csv").unlink()
    found = collect([mixed])
    assert pairs(found, mixed) == BOTH
    assert "trees" in found.rule


def test_collect_file_that_is_not_in_the_manifest_is_unused_with_a_note(mixed: Path) -> None:
    tree(mixed, "noisy/mine.wav", "out/c.wav")
    found = collect([mixed], out=mixed / "out")
    assert pairs(found, mixed) == BOTH
    assert [Path(file.path).name for file in found.unused] == ["mine.wav"]
    assert found.notes == ("1 file is not in the manifest of their test set and is not used",)


def test_collect_linked_file_of_a_test_set_is_in_its_manifest(mixed: Path) -> None:
    file = mixed / "noisy" / "a.wav"
    file.rename(mixed.parent / "elsewhere.wav")
    file.symlink_to(mixed.parent / "elsewhere.wav")
    found = collect([mixed])
    assert pairs(found, mixed) == BOTH
    assert not found.unused


def test_collect_test_set_with_a_deleted_file_is_refused_with_its_line(mixed: Path) -> None:
    (mixed / "clean" / "b.wav").unlink()
    with pytest.raises(PairingError, match=r"manifest\.csv line 3: .*b\.wav does not exist"):
        collect([mixed])


def test_collect_test_set_inside_the_output_is_refused(mixed: Path) -> None:
    with pytest.raises(UsageError, match="is in the output folder"):
        collect([mixed], out=mixed)


def test_add_stated_categories_takes_them_for_the_clean_tree_of_a_test_set_only(mixed: Path) -> None:
    clips = [Clip(name, "", str(mixed / "clean" / f"{name}.wav")) for name in "ab"]
    found = add_stated_categories(clips, mixed / "clean")
    assert [clip.category["snr_db"] for clip in found] == ["-5", "10"]
    assert add_stated_categories(clips, mixed) == tuple(clips)
