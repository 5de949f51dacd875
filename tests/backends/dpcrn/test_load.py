"""Loading DPCRN in TensorFlow: devices, threads, what is not installed, and what the process has settled before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seinfer.backends.dpcrn.tensorflow import load
from seinfer.core.errors import BackendError, MissingExtraError, RegistryError

from .models import SPEC, load_cpu, needs_tensorflow, weights_of

pytestmark = needs_tensorflow

ROOT = Path(__file__).resolve().parents[3]


def run_python(code: str, shared: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, with `weights` and `load_cpu` at hand."""
    start = (
        "from pathlib import Path\nfrom tests.backends.dpcrn.models import *\n"
        f"weights = weights_of(Path({str(shared)!r}))\n"
    )
    return subprocess.run([sys.executable, "-c", start + code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_load_in_fresh_process_imports_late_and_gives_an_operation_one_thread(shared: Path) -> None:
    done = run_python(
        """
import os, sys
assert "tensorflow" not in sys.modules and "h5py" not in sys.modules
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
load_cpu(weights, threads=3)
import tensorflow as tf
assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "2"
assert tf.config.threading.get_intra_op_parallelism_threads() == 1
""",
        shared,
    )
    assert done.returncode == 0, done.stderr
    assert "runs in this process already" not in done.stderr


def test_load_after_tensorflow_started_warns_and_enhances_all_the_same(shared: Path) -> None:
    done = run_python(
        """
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(2)
assert float(tf.constant(1.0) + 1.0) == 2.0
enhancer = load_cpu(weights)
print(enhance_one(enhancer, np.ones(1_000, np.float32)).shape)
""",
        shared,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(1000,)\n"
    assert "runs in this process already and keeps its 2 threads" in done.stderr


def test_load_cuda_without_gpu_is_backend_error(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])
    with pytest.raises(BackendError, match="finds no GPU here"):
        load(SPEC, weights_of(shared), device="cuda", threads=1)


@pytest.mark.parametrize("package", ["h5py", "tensorflow"])
def test_load_without_package_is_missing_extra_error(
    shared: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=f"'{package}'.*'dpcrn'"):
        load_cpu(weights_of(shared))


@pytest.mark.parametrize("n_files", [0, 2])
def test_load_with_other_than_one_file_is_registry_error(n_files: int) -> None:
    with pytest.raises(RegistryError, match=f"names {n_files} files, expected one"):
        load_cpu({f"{i}.h5": Path(f"{i}.h5") for i in range(n_files)})
