"""Locating, verifying and pulling weights, as the rest of the program uses them."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from seinfer.core.errors import IntegrityError, MissingWeightsError
from seinfer.core.records import ModelSpec, WeightFile
from seinfer.models.download.checks import FileCheck
from seinfer.models.weights import locate, pull, state, verify

from .toy_models import CONTENT, OTHER, file_of, names_in, run_python, sha256, spec_of, write

FULL = spec_of(file_of(CONTENT))
PREFIX = spec_of(file_of(CONTENT, sha256=sha256(CONTENT)[:16], bytes=None))
UNKNOWN = spec_of(file_of(CONTENT, sha256="", bytes=None))


def pin(folder: Path, content: bytes) -> Path:
    return write(folder / "toy" / "net.th.pin.json", json.dumps({"sha256": sha256(content)}).encode())


def only(checks: list[FileCheck]) -> FileCheck:
    (found,) = checks
    return found


def test_locate_right_file_returns_its_path(weights_folder: Path) -> None:
    path = write(weights_folder / "toy" / "net.th", CONTENT)
    assert locate(FULL) == {"net.th": path}


def test_locate_model_without_files_needs_nothing(weights_folder: Path) -> None:
    assert locate(spec_of()) == {}
    assert pull(spec_of()) == {}
    assert not weights_folder.exists()


def test_locate_missing_file_names_the_command(weights_folder: Path) -> None:
    with pytest.raises(MissingWeightsError, match=r"net\.th is not there; run `seinfer models pull toy`"):
        locate(FULL)
    assert not weights_folder.exists()


def test_locate_one_of_two_files_missing_is_an_error(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    with pytest.raises(MissingWeightsError, match=r"second\.th"):
        locate(spec_of(file_of(CONTENT), file_of(OTHER, name="second.th")))


@pytest.mark.parametrize("spec", [FULL, PREFIX], ids=["full", "prefix"])
def test_locate_other_content_of_the_same_size_names_both_hashes(weights_folder: Path, spec: ModelSpec) -> None:
    write(weights_folder / "toy" / "net.th", OTHER)
    with pytest.raises(IntegrityError) as caught:
        locate(spec)
    for part in (sha256(OTHER), sha256(CONTENT)[:16], str(weights_folder), "seinfer models pull toy"):
        assert part in str(caught.value)


def test_locate_wrong_size_names_both_sizes(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT[:-1])
    with pytest.raises(IntegrityError, match=r"199,999 bytes, expected 200,000"):
        locate(FULL)


@pytest.mark.parametrize("spec", [PREFIX, UNKNOWN], ids=["prefix", "unknown"])
def test_locate_file_without_pin_is_refused(weights_folder: Path, spec: ModelSpec) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    with pytest.raises(IntegrityError, match="expected it to be pinned"):
        locate(spec)
    assert names_in(weights_folder) == ["toy/net.th"]


@pytest.mark.parametrize("spec", [PREFIX, UNKNOWN], ids=["prefix", "unknown"])
def test_locate_file_that_matches_its_pin_is_right(weights_folder: Path, spec: ModelSpec) -> None:
    path = write(weights_folder / "toy" / "net.th", CONTENT)
    pin(weights_folder, CONTENT)
    assert locate(spec) == {"net.th": path}


def test_locate_file_that_contradicts_its_pin_is_refused(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", OTHER)
    pin(weights_folder, CONTENT)
    with pytest.raises(IntegrityError, match="pinned in"):
        locate(UNKNOWN)


def test_locate_pin_that_contradicts_the_published_digits_is_ignored(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", OTHER)
    pin(weights_folder, OTHER)
    with pytest.raises(IntegrityError, match=f"expected {sha256(CONTENT)[:16]}"):
        locate(PREFIX)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sha256": 1}', '{"sha256": ""}', '{"sha256": "abc"}'])
def test_locate_damaged_pin_is_an_error(weights_folder: Path, text: str) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    write(weights_folder / "toy" / "net.th.pin.json", text.encode())
    with pytest.raises(IntegrityError, match="is not a valid pin"):
        locate(UNKNOWN)


def test_locate_unreadable_file_gives_the_reason(weights_folder: Path) -> None:
    # A folder in place of the file: it cannot be read, not even by root.
    (weights_folder / "toy" / "net.th").mkdir(parents=True)
    with pytest.raises(MissingWeightsError, match="cannot be read"):
        locate(FULL)
    assert state(FULL) == "damaged"


def test_locate_complete_folder_writes_nothing(weights_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    opened = Path.open

    def read_only(self: Path, mode: str = "r", *args: object, **kwargs: object) -> object:
        # Tests may run as root, who may write everywhere: the error of the system is simulated.
        if set(mode) & set("wax+"):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))
        return opened(self, mode, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", read_only)
    monkeypatch.setattr(Path, "mkdir", lambda self, **kwargs: pytest.fail(f"mkdir {self}"))
    assert locate(FULL) == pull(FULL) == {"net.th": weights_folder / "toy" / "net.th"}


def test_own_file_is_used_in_place(weights_folder: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "mine" / "best.th", CONTENT)
    spec = spec_of(WeightFile("net.th", path=str(own)))
    assert locate(spec) == pull(spec) == {"net.th": own}
    assert state(spec) == "present"
    assert not weights_folder.exists()


def test_own_file_with_another_hash_is_refused(weights_folder: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "best.th", CONTENT)
    for digits in (64, 8):
        right = spec_of(WeightFile("net.th", path=str(own), sha256=sha256(CONTENT)[:digits]))
        wrong = spec_of(WeightFile("net.th", path=str(own), sha256=sha256(OTHER)[:digits]))
        assert locate(right) == {"net.th": own}
        for call in (locate, pull):
            with pytest.raises(IntegrityError, match="your models file"):
                call(wrong)


def test_own_file_that_is_missing_is_an_error_of_locate_and_pull(weights_folder: Path, tmp_path: Path) -> None:
    spec = spec_of(WeightFile("net.th", path=str(tmp_path / "gone.th")))
    assert state(spec) == "missing"
    for call in (locate, pull):
        with pytest.raises(MissingWeightsError, match=r"gone\.th is not there; correct path"):
            call(spec)


def test_state_has_four_values(weights_folder: Path) -> None:
    assert state(spec_of()) == "none needed"
    assert state(FULL) == "missing"
    write(weights_folder / "toy" / "net.th", CONTENT)
    assert state(FULL) == "present"
    write(weights_folder / "toy" / "net.th", CONTENT + b"x")
    assert state(FULL) == "damaged"


def test_state_file_that_still_needs_its_pin_is_missing(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    assert state(UNKNOWN) == "missing"
    pin(weights_folder, CONTENT)
    assert state(UNKNOWN) == "present"


def test_state_reads_no_file_and_imports_nothing_slow(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", OTHER)  # of the right size: only reading would show the difference
    assert state(FULL) == "present"
    code = (
        "import sys; from seinfer.models.weights import state; from tests.models.toy_models import spec_of, file_of\n"
        "print(state(spec_of(file_of(b'x'))))\n"
        "print(*{'numpy', 'requests', 'filelock', 'urllib3', 'ssl'} & set(sys.modules))"
    )
    assert run_python(code, SEINFER_WEIGHTS_DIR=str(weights_folder), PYTHONPATH=os.pathsep.join(sys.path)) == "damaged"


def test_verify_returns_the_status_of_every_file(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    write(weights_folder / "toy" / "second.th", OTHER)
    spec = spec_of(file_of(CONTENT), file_of(CONTENT, name="second.th"), file_of(OTHER, name="third.th"))
    right, wrong, missing = verify(spec)
    assert (right.status, right.sha256, right.bytes, right.problem) == ("ok", sha256(CONTENT), 200_000, "")
    assert (wrong.status, wrong.sha256, wrong.expected_sha256) == ("wrong hash", sha256(OTHER), sha256(CONTENT))
    assert (missing.status, missing.sha256, missing.name) == ("missing", "", "third.th")


def test_verify_wrong_size_still_gives_the_hash(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT[1:])
    found = only(verify(FULL))
    assert (found.status, found.sha256) == ("wrong size", sha256(CONTENT[1:]))


def test_verify_file_without_pin_gives_the_hash(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    found = only(verify(PREFIX))
    assert (found.status, found.sha256, found.expected_sha256) == (
        "not pinned",
        sha256(CONTENT),
        sha256(CONTENT)[:16],
    )
