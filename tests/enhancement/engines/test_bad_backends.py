"""A backend that misbehaves costs the clips that cause it, in bounded time, and leaves no process behind."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.errors import SeinferError
from seinfer.core.messages import MAX_CHARACTERS
from seinfer.core.records import Enhancement, Job, ModelSpec
from seinfer.enhancement.engines.local import LocalEngine
from tests.enhancement import bad_backends
from tests.enhancement.engines.test_local import SlowStartEngine, job, spec
from tests.helpers import wait_until

TIMEOUT_S = 2.0
BOUND_S = 120
"""A run that is not over then will never be: it is many times what each needs."""

# Error of the clip; the other clip is always enhanced.
ENHANCING = {
    "segfault": "crashed: .*killed by SIGSEGV",
    "abort": "crashed: .*killed by SIGABRT",
    "killed": "crashed: .*killed by SIGKILL",
    "signal without a name": "crashed: .*killed by signal 40",
    "exit": "crashed: .*exit code 3",
    "sys.exit": "crashed: .*exit code 3",
    "KeyboardInterrupt": "crashed: .*KeyboardInterrupt",
    "BaseException": "crashed: .*exit code 1; BaseException: at the base",
    "fork, then exit": "crashed: .*exit code 3",
    "daemon, then exit": "crashed: .*exit code 3",
    "closed descriptors": "crashed: .*exit code 1",
    "sleep": "timeout: the worker made no progress for 2 s, and did not compute; raise --timeout",
    "dead lock": "timeout: the worker made no progress for 2 s, and did not compute; raise --timeout",
    "interpreter lock": "timeout: the worker made no progress for 2 s, and did not compute; raise --timeout",
    "SIGSTOP": "timeout: the worker made no progress for 2 s, and did not compute; raise --timeout",
    "endless loop": r"timeout: the worker made no progress for 10 s \(5 times --timeout\), although it computed; raise",
    "error": "failed: RuntimeError: raised by the test",
    "recursion": "failed: RecursionError: maximum recursion depth exceeded",
    "1.6 TB": "failed: .*MemoryError: Unable to allocate 1.46 TiB",
    "long message": r"failed: RuntimeError: begin x+ \.\.\. \(cut: 10486\d\d characters, all of them in --log-file\)",
    "escape in a message": re.escape(f"failed: RuntimeError: {bad_backends.ESCAPE}"),
    "error without text": "crashed: .*RuntimeError: this error has no text",
    "NaN": "nonfinite_output: ",
    "infinite": "nonfinite_output: ",
    "shorter": r"failed: BackendError: .*shape \(159,\).*expected float32 of the same shape",
    "longer": r"failed: BackendError: .*shape \(161,\).*expected float32 of the same shape",
    "two channels": r"failed: BackendError: .*shape \(2, 160\).*expected float32 of the same shape",
    "float64": "failed: BackendError: .*returned float64 samples.*expected float32",
    "int16": "failed: BackendError: .*returned int16 samples.*expected float32",
    "None": "failed: BackendError: the backend returned a NoneType for a row; expected a float32 array",
    "list": "failed: BackendError: the backend returned a list for a row; expected a float32 array",
    "no rows": "failed: BackendError: the backend returned 0 waveforms for 1 rows",
    **dict.fromkeys(bad_backends.HARMLESS, ""),
}
# Error of the model.
LOADING = {
    "segfault": r"ended while loading \(killed by SIGSEGV",
    "signal without a name": r"ended while loading \(killed by signal 40",
    "exit": r"ended while loading \(exit code 3\)",
    "sys.exit": r"ended while loading \(exit code 3\)",
    "KeyboardInterrupt": "ended while loading .*KeyboardInterrupt",
    "fork, then exit": r"ended while loading \(exit code 3\)",
    "daemon, then exit": r"ended while loading \(exit code 3\)",
    "closed descriptors": r"ended while loading \(exit code 1\)",
    "sleep": "still not loaded: the worker made no progress for 2 s, and did not compute",
    "SIGSTOP": "still not loaded: the worker made no progress for 2 s, and did not compute",
    "endless loop": r"still not loaded: the worker made no progress for 10 s \(5 times --timeout\), although it",
    "error": r"ended while loading \(exit code 1; RuntimeError: raised by the test\)",
    "1.6 TB": "ended while loading .*Unable to allocate 1.46 TiB",
    "long message": r"ended while loading .*RuntimeError: begin x+ \.\.\. \(cut: 10486\d\d characters",
    "long expected error": r"begin x+ \.\.\. \(cut: 1048586 characters, all of them in --log-file\)",
    "escape in a message": "ended while loading .*ERROR: forged",
    "wrong weights": "^these weights are wrong$",
    "missing package": "no_such_module",
    "another type": "returned a PosixPath; expected an object with sample_rate and enhance",
    **dict.fromkeys(bad_backends.RATES, "has the sample_rate .*; expected a whole number of Hz from 4000 to 384000"),
    **dict.fromkeys(bad_backends.HARMLESS, ""),
}


def jobs(folder: Path) -> list[Job]:
    return [job(folder, "good", 0.1), job(folder, "bad", bad_backends.BAD)]


def run(engine: LocalEngine, model: ModelSpec, jobs: list[Job]) -> dict[str, Enhancement]:
    """Run a model in bounded time.

    Raises:
        SeinferError: as the engine.
    """
    results: list[Enhancement] = []
    errors: list[SeinferError] = []

    def work() -> None:
        try:
            engine.run(model, jobs, results.append)
        except SeinferError as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(BOUND_S)
    assert not thread.is_alive(), "the run does not end"
    if errors:
        raise errors[0]
    assert sorted(result.clip_id for result in results) == sorted(job.clip_id for job in jobs), "one result per job"
    return {result.clip_id: result for result in results}


def end_daemons(processes: Callable[[], list[int]], kind: str) -> None:
    """Wait until no process is left; those of a daemon are in no group of ours, and the fixture ends them."""
    if "daemon" not in kind:
        wait_until(lambda: not processes())


@pytest.mark.parametrize("kind", ENHANCING)
def test_run_backend_that_misbehaves_costs_its_clip_alone(
    tmp_path: Path, processes: Callable[[], list[int]], kind: str
) -> None:
    model = replace(spec("tests.enhancement.bad_backends:load"), options={"kind": kind})
    results = run(SlowStartEngine("cpu", 1, timeout_s=TIMEOUT_S), model, jobs(tmp_path))
    assert results["good"].status == "ok", results["good"].error
    error = results["bad"].error
    assert re.match(ENHANCING[kind], error, re.DOTALL) if ENHANCING[kind] else not error, error
    assert len(error) <= MAX_CHARACTERS + len("crashed: the worker process ended ()")
    end_daemons(processes, kind)


@pytest.mark.parametrize("kind", LOADING)
def test_run_backend_that_misbehaves_while_loading_costs_its_model_alone(
    tmp_path: Path, processes: Callable[[], list[int]], kind: str
) -> None:
    model = replace(spec("tests.enhancement.bad_backends:load_badly"), options={"kind": kind})
    engine = LocalEngine("cpu", 1, timeout_s=TIMEOUT_S)
    if LOADING[kind]:
        with pytest.raises(SeinferError, match=re.compile(LOADING[kind], re.DOTALL)) as raised:
            run(engine, model, jobs(tmp_path))
        assert len(str(raised.value)) <= MAX_CHARACTERS + len(
            "misbehaving: its process ended while loading (exit code 1; )"
        )
    else:
        assert all(result.is_ok for result in run(engine, model, jobs(tmp_path)).values())
    end_daemons(processes, kind)
