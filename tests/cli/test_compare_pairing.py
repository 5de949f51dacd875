"""Pairing and categories from the command line to the files."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers import speech_like

from .test_app import RATE, rows, seinfer, write

CLIPS_HEADER = (
    "clip_id,noisy_path,clean_path,has_ref,sample_rate,channels,duration_s,snr_db,source,track,noise,device,distance,"
    "gender,emotion,language,category_raw,noisy_sha256,tl_db\n"
)


def test_compare_of_dns_names_writes_their_categories_and_report_overrides_them(tmp_path: Path) -> None:
    write(tmp_path / "set" / "rain_snr5_tl-26_fileid_1.wav", speech_like(0.5, RATE))
    write(tmp_path / "set" / "clean_fileid_1.wav", speech_like(0.5, RATE, seed=1))
    write(tmp_path / "set" / "alone.wav", speech_like(0.5, RATE, seed=2))
    result = seinfer(
        *("compare", "--models", "noisy", "--metrics", "si_sdr", "--category-regex", "^(?P<noise>[a-z]+)_", "set"),
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    out = tmp_path / "seinfer-out"
    assert (out / "clips.csv").read_text(encoding="utf-8").startswith(CLIPS_HEADER)
    found = {row["clip_id"]: row for row in rows(out / "clips.csv")}
    row = found["rain_snr5_tl-26_fileid_1"]
    assert (row["snr_db"], row["noise"], row["category_raw"]) == ("5", "rain", "rain_snr5_tl-26_fileid_1")
    assert (row["has_ref"], found["alone"]["has_ref"], found["alone"]["noise"]) == ("true", "false", "")
    assert {row["clip_id"]: row["ref_status"] for row in rows(out / "per_clip.csv")} == {
        "rain_snr5_tl-26_fileid_1": "ok",
        "alone": "no_reference",
    }

    (tmp_path / "c.csv").write_text("clip_id,device,noise\nalone,phone,hum\n")
    assert seinfer("report", out, "--categories", tmp_path / "c.csv").returncode == 0
    found = {row["clip_id"]: row for row in rows(out / "clips.csv")}
    assert (found["alone"]["device"], found["alone"]["noise"]) == ("phone", "hum")
    assert found["rain_snr5_tl-26_fileid_1"]["noise"] == "rain"


def test_pair_of_what_cannot_be_matched_ends_with_3(tmp_path: Path) -> None:
    for name in ("noisy/a.wav", "clean/b.wav"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    result = seinfer("pair", "--check", "--json", tmp_path)
    assert result.returncode == 3
    assert "clean/b.wav" in result.stderr and "clean/b.wav" in json.loads(result.stdout)["refused"]
