"""Rule 4: JSON and scp lists of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.clips.pairing import collect
from seinfer.core.errors import PairingError, UsageError

from .folders import json_list, pairs, tree


def scp(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_collect_json_lists_in_a_folder_pair_by_name_not_by_order(tmp_path: Path) -> None:
    tree(tmp_path, *(f"d/{side}/x{i}.wav" for side in ("noisy_testset_wav", "clean_testset_wav") for i in range(3)))
    json_list(tmp_path / "egs/noisy.json", *(tmp_path / f"d/noisy_testset_wav/x{i}.wav" for i in (2, 0, 1)))
    json_list(tmp_path / "egs/clean.json", *(tmp_path / f"d/clean_testset_wav/x{i}.wav" for i in (0, 1)))
    found = collect([tmp_path / "egs"])
    assert pairs(found, tmp_path) == {
        f"x{i}": (f"d/noisy_testset_wav/x{i}.wav", f"d/clean_testset_wav/x{i}.wav" if i < 2 else "") for i in range(3)
    }
    assert "noisy.json" in found.rule and "2 of 3" in found.why


def test_collect_json_lists_of_dns_files_pair_by_file_id(tmp_path: Path) -> None:
    tree(tmp_path, "n/a_snr5_fileid_1.wav", "c/clean_fileid_1.wav")
    noisy = json_list(tmp_path / "noisy.json", "n/a_snr5_fileid_1.wav")
    clean = json_list(tmp_path / "c.json", "c/clean_fileid_1.wav")
    found = collect([noisy], clean=clean)
    assert pairs(found, tmp_path) == {"a_snr5_fileid_1": ("n/a_snr5_fileid_1.wav", "c/clean_fileid_1.wav")}


@pytest.mark.parametrize("names", [("wav.scp", "spk1.scp"), ("noisy.scp", "clean.scp")])
def test_collect_scp_lists_pair_by_uid(tmp_path: Path, names: tuple[str, str]) -> None:
    tree(tmp_path, "a b/1.wav", "a b/2.wav", "c/9.wav")
    scp(tmp_path / "l" / names[0], "u1 ../a b/1.wav", "u2\t../a b/2.wav")
    scp(tmp_path / "l" / names[1], "u2 ../c/9.wav")
    assert pairs(collect([tmp_path / "l"]), tmp_path) == {"u1": ("a b/1.wav", ""), "u2": ("a b/2.wav", "c/9.wav")}


def test_collect_one_list_alone_is_a_blind_set(tmp_path: Path) -> None:
    tree(tmp_path, "a.wav")
    found = collect([scp(tmp_path / "wav.scp", "u1 a.wav")])
    assert pairs(found, tmp_path) == {"u1": ("a.wav", "")}
    assert not found.rule


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["u1 gone.wav"], "line 1: gone.wav does not exist"),
        (["u1 a.wav", "u1 a.wav"], "names u1 more than once"),
        (["u1 cat a.wav |"], "commands are not run"),
        (["u1"], "expected 'uid path'"),
        (["../u1 a.wav"], "relative name without"),
        ([""], "names no file"),
    ],
)
def test_collect_a_bad_scp_list_is_refused_by_line(tmp_path: Path, lines: list[str], message: str) -> None:
    tree(tmp_path, "a.wav")
    with pytest.raises(PairingError, match=message):
        collect([scp(tmp_path / "wav.scp", *lines)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("{}", "contains a dict"),
        ('["a.wav"]', "entry 1 is 'a.wav'"),
        ("[]", "names no file"),
        ('[["a.wav", 1], ["a.wav", 1]]', "names a more than once"),
    ],
)
def test_collect_a_bad_json_list_is_refused(tmp_path: Path, text: str, message: str) -> None:
    tree(tmp_path, "a.wav")
    (tmp_path / "noisy.json").write_text(text)
    with pytest.raises(PairingError, match=message):
        collect([tmp_path / "noisy.json"])


def test_collect_lists_with_an_unmatched_file_or_of_different_kinds_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, "a.wav", "b.wav")
    noisy = scp(tmp_path / "n.scp", "u1 a.wav")
    with pytest.raises(PairingError, match=r"1 clean file.*b\.wav"):
        collect([noisy], clean=scp(tmp_path / "c.scp", "u1 a.wav", "u2 b.wav"))
    with pytest.raises(PairingError, match="different kinds"):
        collect([noisy], clean=json_list(tmp_path / "c.json", "a.wav"))
    with pytest.raises(PairingError, match="is a list and"):
        collect([noisy], clean=tmp_path)
    with pytest.raises(PairingError, match="is a list and"):
        collect([tmp_path], clean=noisy)


def test_collect_several_lists_of_a_kind_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, "d/a.wav")
    for name in ("noisy", "mix", "clean"):
        json_list(tmp_path / "l" / f"{name}.json", tmp_path / "d/a.wav")
    with pytest.raises(PairingError, match=r"several lists of noisy files.*mix\.json, noisy\.json"):
        collect([tmp_path / "l"])


def test_collect_list_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "wav.scp").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"wav\.scp cannot be read"):
        collect([tmp_path / "wav.scp"])
