"""The machine: devices, cores and memory."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from seinfer.core import devices
from seinfer.core.errors import UsageError


def test_checked_device_accepts_the_known_ones() -> None:
    assert [devices.checked_device(name) for name in ("auto", "cpu", "cuda")] == ["auto", "cpu", "cuda"]


def test_checked_device_refuses_others_by_name() -> None:
    with pytest.raises(UsageError, match="--device is 'tpu'; expected one of auto, cpu, cuda"):
        devices.checked_device("tpu")


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("echo 'NVIDIA A'; echo 'NVIDIA B'", "NVIDIA A"),
        ("echo 'no devices were found'; exit 6", ""),
        ("exit 0", ""),
    ],
)
def test_find_gpu_returns_the_first_name_that_the_driver_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, name: str
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert devices.find_gpu() == name


def test_find_gpu_without_the_driver_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert devices.find_gpu() == ""


def test_cores_counts_those_that_the_process_may_use() -> None:
    assert 1 <= devices.cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="only Linux reports the available memory in /proc")
def test_available_mib_is_at_most_the_memory_of_the_machine() -> None:
    total_mib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    assert 0 < (devices.available_mib() or 0) <= total_mib


def test_machine_has_system_python_processor_and_cores() -> None:
    found = devices.machine()
    assert set(found) == {"system", "python", "processor", "cores"}
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
