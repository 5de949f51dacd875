"""Pulling one model: pins, and copies that the user has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seinfer.core.errors import DownloadError, IntegrityError, UsageError
from seinfer.core.records import ModelSpec
from seinfer.models.table import read_models
from seinfer.models.weights import locate, pull, state, verify
from tests.helpers import ROOT
from tests.models.toy_models import CONTENT, OTHER, file_of, git_sha1, names_in, sha256, spec_of, write

from .bad_server import BadServer

pytestmark = pytest.mark.usefixtures("server")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


def pinned(folder: Path, name: str = "net.th") -> str:
    return str(json.loads((folder / "toy" / f"{name}.pin.json").read_text())["sha256"])


# Pins ----------------------------------------------------------------------------------------------------------------


def prefixed(server: BadServer, mode: str = "ok") -> ModelSpec:
    server.files["net.th"] = CONTENT
    return spec_of(file_of(CONTENT, server.url(mode, "net.th"), sha256=sha256(CONTENT)[:16], bytes=None))


def git_identified(server: BadServer, mode: str = "ok") -> ModelSpec:
    server.files["net.th"] = CONTENT
    return spec_of(file_of(CONTENT, server.url(mode, "net.th"), sha256="", git_sha1=git_sha1(CONTENT)))


def test_pull_published_git_id_pins_the_sha256(weights_folder: Path, server: BadServer) -> None:
    paths = pull(git_identified(server))
    assert pinned(weights_folder) == sha256(CONTENT)
    assert locate(git_identified(server)) == paths
    assert state(git_identified(server)) == "present"


def test_pull_file_of_another_git_id_leaves_nothing(weights_folder: Path, server: BadServer) -> None:
    with pytest.raises(IntegrityError, match=f"expected the git blob id {git_sha1(CONTENT)}"):
        pull(git_identified(server, "wrong"))
    assert names_in(weights_folder) == []


def test_pull_from_folder_finds_a_file_by_its_git_id(weights_folder: Path, server: BadServer, mirror: Path) -> None:
    write(mirror / "other name", CONTENT)
    write(mirror / "net.th", OTHER)
    pull(git_identified(server, "wrong"), sources=[mirror], offline=True)
    assert pinned(weights_folder) == sha256(CONTENT)


def test_pull_from_file_of_another_git_id_names_the_expected_one(server: BadServer, mirror: Path) -> None:
    with pytest.raises(IntegrityError, match=git_sha1(CONTENT)):
        pull(git_identified(server), sources=[write(mirror / "net.th", OTHER)])


def test_file_replaced_together_with_its_pin_is_refused_by_its_git_id(weights_folder: Path, server: BadServer) -> None:
    [path] = pull(git_identified(server)).values()
    write(path, OTHER)
    pin = weights_folder / "toy" / "net.th.pin.json"
    pin.write_text(pin.read_text().replace(sha256(CONTENT), sha256(OTHER)))
    with pytest.raises(IntegrityError, match=f"git blob id {git_sha1(OTHER)}, expected {git_sha1(CONTENT)}"):
        locate(git_identified(server))


def test_pull_file_put_there_by_hand_is_pinned_if_its_git_id_is_right(weights_folder: Path, server: BadServer) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    pull(git_identified(server, "wrong"), offline=True)
    assert pinned(weights_folder) == sha256(CONTENT)


def unhashed(server: BadServer, content: bytes = CONTENT) -> ModelSpec:
    server.files["net.th"] = content
    return spec_of(file_of(content, server.url("ok", "net.th"), sha256="", bytes=None))


def test_pull_published_prefix_pins_the_full_hash(weights_folder: Path, server: BadServer) -> None:
    paths = pull(prefixed(server))
    assert pinned(weights_folder) == sha256(CONTENT)
    assert locate(prefixed(server)) == paths
    assert state(prefixed(server)) == "present"


def test_pull_published_prefix_that_does_not_match_leaves_nothing(weights_folder: Path, server: BadServer) -> None:
    with pytest.raises(IntegrityError, match=sha256(CONTENT)[:16]):
        pull(prefixed(server, "wrong"))
    assert names_in(weights_folder) == []


def test_pull_file_that_matches_the_prefix_and_has_no_pin_is_pinned_without_network(
    weights_folder: Path, server: BadServer
) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    pull(prefixed(server), offline=True)
    assert pinned(weights_folder) == sha256(CONTENT)
    assert server.requests == []


def test_pull_full_hash_needs_no_pin(weights_folder: Path, server: BadServer) -> None:
    server.files["net.th"] = CONTENT
    pull(spec_of(file_of(CONTENT, server.url("ok", "net.th"))))
    assert names_in(weights_folder) == ["toy/net.th"]


def test_pull_file_without_hash_is_pinned_on_the_first_download_and_compared_with_the_pin(
    weights_folder: Path, server: BadServer
) -> None:
    spec = unhashed(server)
    paths = pull(spec)
    assert pinned(weights_folder) == sha256(CONTENT)
    assert locate(spec) == paths

    paths["net.th"].write_bytes(OTHER)  # the file is damaged later
    with pytest.raises(IntegrityError, match="pinned in"):
        locate(spec)
    assert pull(spec)["net.th"].read_bytes() == CONTENT


def test_pull_file_that_the_authors_replaced_is_refused_by_its_pin(weights_folder: Path, server: BadServer) -> None:
    spec = unhashed(server)
    pull(spec)["net.th"].unlink()
    server.files["net.th"] = OTHER
    with pytest.raises(IntegrityError, match=r"net\.th\.pin\.json was written \(delete it to accept the new file\)"):
        pull(spec)
    assert names_in(weights_folder) == ["toy/net.th.pin.json"]


def test_pull_unpinned_file_without_hash_is_not_trusted_and_not_overwritten(
    weights_folder: Path, server: BadServer
) -> None:
    spec = unhashed(server, OTHER)
    own = write(weights_folder / "toy" / "net.th", CONTENT)
    with pytest.raises(IntegrityError, match=f"--from {own}`; if not, delete it"):
        pull(spec)
    assert own.read_bytes() == CONTENT
    assert server.requests == []
    # The command that the message names works.
    assert pull(spec, sources=[own]) == locate(spec) == {"net.th": own}
    assert pinned(weights_folder) == sha256(CONTENT)


# --from --------------------------------------------------------------------------------------------------------------


def test_pull_from_folder_finds_renamed_files_by_hash(weights_folder: Path, server: BadServer, mirror: Path) -> None:
    write(mirror / "deep" / "er" / "renamed.bin", CONTENT)
    write(mirror / "net.th", OTHER)  # right name, wrong content
    spec = spec_of(file_of(CONTENT, server.url("404", "net.th")), file_of(OTHER, name="second.th"))
    paths = pull(spec, sources=[mirror])
    assert (paths["net.th"].read_bytes(), paths["second.th"].read_bytes()) == (CONTENT, OTHER)
    assert server.requests == []


def test_pull_from_folder_with_a_prefix_pins_the_full_hash(
    weights_folder: Path, server: BadServer, mirror: Path
) -> None:
    write(mirror / "a", OTHER)
    write(mirror / "b", CONTENT)
    pull(prefixed(server), sources=[mirror], offline=True)
    assert pinned(weights_folder) == sha256(CONTENT)


def test_pull_from_folder_without_the_file_downloads_it(server: BadServer, mirror: Path) -> None:
    write(mirror / "net.th", OTHER)
    assert pull(prefixed(server), sources=[mirror])["net.th"].read_bytes() == CONTENT


def test_pull_from_folder_without_the_file_offline_names_the_folder(
    weights_folder: Path, server: BadServer, mirror: Path
) -> None:
    (mirror / "dangling").symlink_to("nowhere")
    with pytest.raises(DownloadError, match=f"not found in {mirror}; unreadable there: {mirror / 'dangling'}"):
        pull(prefixed(server), sources=[mirror], offline=True)


def test_pull_from_folder_never_uses_a_file_without_hash(weights_folder: Path, server: BadServer, mirror: Path) -> None:
    write(mirror / "net.th", CONTENT)
    with pytest.raises(DownloadError, match="network is off"):
        pull(unhashed(server), sources=[mirror], offline=True)
    assert names_in(weights_folder) == []


def test_pull_from_folder_finds_a_pinned_file_again(weights_folder: Path, server: BadServer, mirror: Path) -> None:
    spec = unhashed(server)
    pull(spec)["net.th"].rename(mirror / "moved")
    assert pull(spec, sources=[mirror], offline=True)["net.th"].read_bytes() == CONTENT


def test_pull_from_file_is_pinned_for_the_one_file_without_hash(
    weights_folder: Path, server: BadServer, mirror: Path
) -> None:
    own = write(mirror / "mine.ckpt", OTHER)
    spec = unhashed(server)
    paths = pull(spec, sources=[own])
    assert paths["net.th"].read_bytes() == OTHER
    assert pinned(weights_folder) == sha256(OTHER)
    assert own.exists() and server.requests == []
    assert pull(spec, sources=[own]) == paths


def test_pull_from_file_other_than_the_pinned_one_is_refused_even_if_all_is_there(
    weights_folder: Path, server: BadServer, mirror: Path
) -> None:
    spec = unhashed(server)
    path = pull(spec)["net.th"]
    own = write(mirror / "mine.ckpt", OTHER)
    with pytest.raises(IntegrityError, match=r"to trust the new file, delete .*net\.th\.pin\.json") as caught:
        pull(spec, sources=[own])
    assert sha256(OTHER) in str(caught.value) and sha256(CONTENT) in str(caught.value)
    assert path.read_bytes() == CONTENT


def test_pull_from_file_that_is_a_web_page_is_not_pinned(weights_folder: Path, server: BadServer, mirror: Path) -> None:
    own = write(mirror / "mine.ckpt", b"<html>404</html>")
    with pytest.raises(IntegrityError, match="begins like a web page"):
        pull(unhashed(server), sources=[own])
    assert names_in(weights_folder) == []


def test_pull_from_two_files_for_one_is_ambiguous(server: BadServer, mirror: Path) -> None:
    sources = [write(mirror / "a", CONTENT), write(mirror / "b", OTHER)]
    with pytest.raises(UsageError, match="expected one file"):
        pull(unhashed(server), sources=sources)


def test_pull_from_file_that_matches_no_hash_is_an_error(weights_folder: Path, server: BadServer, mirror: Path) -> None:
    own = write(mirror / "net.th", OTHER)
    server.files["net.th"] = CONTENT
    spec = spec_of(file_of(CONTENT, server.url("ok", "net.th")))
    with pytest.raises(IntegrityError, match=f"has sha256 {sha256(OTHER)}, expected a file of toy: net.th"):
        pull(spec, sources=[own])
    assert server.requests == []
    pull(spec)
    assert pull(spec, sources=[own]) == locate(spec)  # nothing is missing, so the source is not used


def test_pull_from_file_by_hash_gives_one_of_several(weights_folder: Path, server: BadServer, mirror: Path) -> None:
    server.files["second.th"] = OTHER
    spec = spec_of(file_of(CONTENT), file_of(OTHER, server.url("ok", "second.th"), name="second.th"))
    paths = pull(spec, sources=[write(mirror / "x", CONTENT)])
    assert (paths["net.th"].read_bytes(), paths["second.th"].read_bytes()) == (CONTENT, OTHER)
    assert server.requests == [("/ok/second.th", "")]


def test_pull_from_missing_folder_is_a_usage_error(server: BadServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        pull(prefixed(server), sources=[tmp_path / "nowhere"])


def test_pull_from_file_that_changed_since_it_was_found_is_refused(
    weights_folder: Path, server: BadServer, mirror: Path
) -> None:
    source = write(mirror / "x", CONTENT)
    pull(prefixed(server), sources=[mirror])["net.th"].unlink()
    source.write_bytes(OTHER)
    with pytest.raises(IntegrityError, match="not used"):
        pull(prefixed(server), sources=[mirror])
    assert names_in(weights_folder) == ["toy/net.th.pin.json"]


# The real files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dpcrn-tf", "dpcrn-quant", "dpcrn-float"])
def test_pull_real_model_from_the_shared_folder(weights_folder: Path, shared: Path, name: str) -> None:
    spec = read_models(ROOT / "models.toml")[name]
    paths = pull(spec, sources=[shared / "weights"], offline=True)
    assert paths == locate(spec)
    assert [found.status for found in verify(spec)] == ["ok"]
    assert state(spec) == "present"
