"""The container files, checked without building them: sources, user, packages, and the documented commands."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from seinfer.models.registry import load_registry
from tests.helpers import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILES = ("Containerfile", "Containerfile.cuda")
STARTS = {"FROM", "RUN", "COPY", "ARG", "ENV", "USER", "WORKDIR", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


def known_extras() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    return extras


def extras_of(path: Path) -> set[str]:
    [extras] = [arguments for arguments in of(path, "ARG") if arguments.startswith("EXTRAS=")]
    return set(extras.removeprefix("EXTRAS=").split(","))


@pytest.fixture(params=FILES)
def path(request: pytest.FixtureRequest) -> Path:
    return ROOT / str(request.param)


def instructions(path: Path) -> list[tuple[str, str]]:
    """Return (instruction, arguments) of each line; none is continued on a second line."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def of(path: Path, name: str) -> list[str]:
    return [arguments for instruction, arguments in instructions(path) if instruction == name]


def test_instructions_are_known(path: Path) -> None:
    assert {name for name, _ in instructions(path)} <= STARTS


def test_copied_files_exist_and_those_of_a_stage_name_it(path: Path) -> None:
    stages = {arguments.split()[2] for arguments in of(path, "FROM") if " AS " in arguments}
    for arguments in of(path, "COPY"):
        *sources, _target = arguments.split()
        if sources[0].startswith("--from="):
            assert sources[0].removeprefix("--from=") in stages
            continue
        assert all((ROOT / source).exists() for source in sources), arguments


def test_copied_files_are_all_that_the_package_is_built_from(path: Path) -> None:
    copied = {source for arguments in of(path, "COPY") for source in arguments.split()[:-1]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert copied >= {"pyproject.toml", "constraints.txt", "seinfer", project["project"]["readme"], *included}


def test_ignored_files_are_not_copied() -> None:
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    for path in FILES:
        copied = {source for arguments in of(ROOT / path, "COPY") for source in arguments.split()[:-1]}
        assert not copied & set(ignored)


def test_base_image_has_a_version_and_a_public_registry(path: Path) -> None:
    for arguments in of(path, "FROM"):
        assert re.match(r"docker\.io/library/python:3\.11-slim-\w+( AS \w+)?$", arguments), arguments


def test_packages_are_pinned_and_their_extras_exist(path: Path) -> None:
    [install] = [arguments for arguments in of(path, "RUN") if "pip install" in arguments]
    assert "-c constraints.txt" in install
    assert install.endswith('".[$EXTRAS]"')
    assert extras_of(path) <= set(known_extras())


@pytest.mark.parametrize(("name", "has_torch"), [("Containerfile", False), ("Containerfile.cuda", True)])
def test_image_has_the_packages_of_all_models_that_it_names(name: str, has_torch: bool) -> None:
    packages = {
        extra: " ".join(known_extras()[extra]) for spec in load_registry().specs.values() if (extra := spec.extra)
    }
    wanted = {
        extra for extra, names in packages.items() if ("torch" in names) == has_torch and "tensorflow" not in names
    }
    assert extras_of(ROOT / name) & set(packages) == wanted


def test_image_for_cuda_refuses_a_build_of_torch_without_cuda() -> None:
    [check] = [arguments for arguments in of(ROOT / "Containerfile.cuda", "RUN") if "torch.version.cuda" in arguments]
    program = shlex.split(check)[2]
    for version, code in (("13.0", 0), (None, 1)):
        torch = f"SimpleNamespace(version=SimpleNamespace(cuda={version!r}))"
        torch = f"import sys; from types import SimpleNamespace; sys.modules['torch'] = {torch}\n"
        done = subprocess.run([sys.executable, "-c", torch + program], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
    assert "without CUDA" in done.stderr


def test_home_of_the_image_is_writable_for_any_user(path: Path) -> None:
    assert any("HOME=/tmp" in arguments.split() for arguments in of(path, "ENV"))


def test_user_is_not_root_and_is_set_after_the_last_command(path: Path) -> None:
    names = [name for name, _ in instructions(path)]
    assert of(path, "USER") == ["seinfer"]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name in ("RUN", "COPY"))


def test_health_is_checked_with_doctor_and_the_entry_is_seinfer(path: Path) -> None:
    [health] = of(path, "HEALTHCHECK")
    assert json.loads(health.partition("CMD ")[2]) == ["seinfer", "doctor"]
    assert json.loads(of(path, "ENTRYPOINT")[0]) == ["seinfer"]


def test_commands_in_the_file_are_those_of_the_documentation(path: Path) -> None:
    page = (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8").splitlines()
    commands = [
        line.removeprefix("#").strip()
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#   podman")
    ]
    assert len(commands) == 2
    assert all(command in page for command in commands)
