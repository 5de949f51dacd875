"""Typed values -> the values of a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seinfer.analysis.settings import TableSettings
from seinfer.cli import resolve
from seinfer.clips.pairing import ClipSet
from seinfer.core import devices
from seinfer.core.errors import UsageError
from seinfer.core.records import Clip

CLIPS = [Clip("x", "x.wav", category={"room": "kitchen"})]


def test_out_place_in_memory_is_refused_because_the_results_would_be_lost() -> None:
    with pytest.raises(UsageError, match="--out memory://run is lost when the command ends; expected a folder"):
        resolve.out_place(Path("memory://run"))


@pytest.mark.parametrize("number", ["0", "0.5", "rnnoise=0"])
def test_ray_worker_cores_below_one_are_refused(number: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(UsageError, match=r"--worker-cores has 0.*; expected a whole number of at least 1"):
        resolve.ray("ray", "auto", [number], None, ["rnnoise"])


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("ray://a:1", None, None), "--address"),
        (("auto", ["2"], None), "--worker-cores"),
        (("auto", None, ["1"]), "--worker-gpus"),
    ],
)
def test_ray_options_of_a_cluster_with_the_local_engine_are_refused(arguments: tuple[Any, ...], option: str) -> None:
    with pytest.raises(UsageError, match=f"{option} is for a Ray cluster, but --engine is local; give --engine ray"):
        resolve.ray("local", *arguments)


def test_tables_by_is_resolved_to_categories_of_the_clips() -> None:
    assert resolve.tables(clips=CLIPS, models=["noisy"], by=" snr , room").by == ("snr_db", "room")


def test_tables_options_not_given_keep_the_values_of_the_run() -> None:
    kept = TableSettings(baseline="rnnoise", by=("noise",), dnsmos_csv=True)
    assert resolve.tables(clips=CLIPS, models=["noisy", "rnnoise"], kept=kept) == kept
    given = resolve.tables(clips=CLIPS, models=["noisy"], baseline="", by="", dnsmos_csv=False, kept=kept)
    assert given == TableSettings()


def test_tables_baseline_noisy_is_the_default_and_not_kept() -> None:
    assert resolve.tables(clips=CLIPS, models=["noisy"], baseline="noisy").baseline == ""


def test_tables_json_overrides_the_format() -> None:
    assert resolve.tables(clips=CLIPS, models=[], format="md", json=True).format == "json"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "nois"}, "--by names 'nois', which is not a category of these clips: did you mean noise"),
        ({"by": "clip_id"}, "--by names 'clip_id'"),
        ({"baseline": "rnoise"}, "--baseline is 'rnoise'.*did you mean rnnoise"),
        ({"format": "xml"}, "--format is 'xml'; expected one of table, md, csv, json, latex"),
    ],
)
def test_tables_invalid_option_is_refused_with_a_hint(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        resolve.tables(clips=CLIPS, models=["noisy", "rnnoise"], **options)


@pytest.mark.parametrize(("text", "rate"), [("native", 0), ("8000", 8_000), ("192000", 192_000)])
def test_sample_rate_native_or_hz_is_read(text: str, rate: int) -> None:
    assert resolve.sample_rate("--score-rate", text) == rate


@pytest.mark.parametrize("text", ["", "fast", "7999", "192001", "-16000", "16000.0", "\u00b2"])
def test_sample_rate_other_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--score-rate is .*; expected native, or Hz from 8000 to 192000"):
        resolve.sample_rate("--score-rate", text)


def test_model_settings_dry_becomes_a_setting() -> None:
    assert resolve.model_settings(["a.z=zero"], 0.25) == ("a.z=zero", "dry=0.25")
    assert resolve.model_settings(None) == ()


@pytest.mark.parametrize(
    ("wanted", "n_models", "n_threads", "free_mib", "n_jobs"),
    [(1, 5, 8, 100_000, 1), (4, 5, 8, 100_000, 4), (4, 2, 8, 100_000, 2), (4, 5, 3, 100_000, 3), (4, 5, 8, 6_000, 2)],
)
def test_jobs_stay_within_models_cores_and_memory(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wanted: int,
    n_models: int,
    n_threads: int,
    free_mib: int,
    n_jobs: int,
) -> None:
    monkeypatch.setattr(devices, "available_mib", lambda: free_mib)
    assert resolve.jobs(wanted, n_models, n_threads) == n_jobs
    is_reduced = n_jobs < min(wanted, n_models)
    assert (f"jobs: {n_jobs} instead of {wanted}" in capsys.readouterr().err) is is_reduced


def test_jobs_without_free_memory_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available_mib", lambda: 0)
    assert resolve.jobs(4, 4, 4) == 1


def test_device_auto_without_gpu_is_cpu_and_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(devices, "find_gpu", lambda: "")
    assert resolve.device("auto") == "cpu"
    assert "no NVIDIA GPU found" in capsys.readouterr().err
    monkeypatch.setattr(devices, "find_gpu", lambda: "a GPU")
    assert resolve.device("auto") == "auto"


def test_metrics_auto_depends_on_which_clips_have_a_clean_file() -> None:
    with_clean, without = Clip("a", "a.wav", "c.wav"), Clip("b", "b.wav")
    assert "sdr" in resolve.metrics("auto", ClipSet((with_clean,))).with_reference
    assert resolve.metrics("auto", ClipSet((without,))).with_reference == ()


def test_out_folder_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(UsageError, match="cannot be resolved"):
        resolve.out_folder(tmp_path / "a")
