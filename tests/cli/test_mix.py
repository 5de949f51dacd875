"""`seinfer mix`: a folder that `compare` can read, printed lines and JSON, exit codes, messages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.core.files import read_csv
from tests.cli.conftest import run_main
from tests.helpers import RATE, rows, seinfer, speech_like, write_audio


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make speech/ and noise/ in an empty folder, and make it the current folder."""
    for index, name in enumerate(("anna/one", "anna/two", "ben/one")):
        write_audio(tmp_path / "speech" / f"{name}.wav", speech_like(1.5, RATE, seed=index))
    for index in range(2):
        noise = 0.05 * np.random.default_rng(index).standard_normal(3 * RATE)
        write_audio(tmp_path / "noise" / f"hiss {index}.wav", noise)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_mix_writes_a_set_that_compare_pairs_without_options(folder: Path) -> None:
    mixed = seinfer("mix", "--speech", "speech", "--noise", "noise", "--snr", "-5,0,5", "--out", "set", cwd=folder)
    assert mixed.returncode == 0, mixed.stderr
    assert mixed.stdout == "3 of 3 clips, 4.5 s in all, SNR -5 dB: 1, 0 dB: 1, 5 dB: 1\n"
    assert mixed.stderr == "written to set; next: seinfer compare --models all set\n"
    compared = seinfer("compare", "--no-cost", "--models", "noisy", "--out", "run", "set", cwd=folder)
    assert compared.returncode == 0, compared.stderr
    made = {row["clip_id"]: row for row in rows(folder / "set" / "manifest.csv")}
    scored = {row["clip_id"]: row for row in rows(folder / "run" / "per_clip.csv")}
    assert set(made) == set(scored) == {"anna/one", "anna/two", "ben/one"}
    for name, row in scored.items():
        assert (row["status"], row["ref_status"], row["lag_samples"]) == ("ok", "ok", "0")
        # SNR is that of the active speech; over the whole clip, pauses included, speech has less power.
        assert float(made[name]["snr_db"]) - 1.5 < float(row["si_sdr"]) < float(made[name]["snr_db"]) + 0.5  # dB


def test_mix_manifest_gives_compare_the_snr_and_the_noise(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_main(monkeypatch, "mix", "--speech", "speech", "--noise", "noise", "--out", "set") == 0
    result = seinfer(
        "compare", "--no-cost", "--models", "noisy", "--manifest", "set/manifest.csv", "--out", "run", cwd=folder
    )
    assert result.returncode == 0, result.stderr
    made = rows(folder / "set" / "manifest.csv")
    clips = rows(folder / "run" / "clips.csv")
    assert [(row["snr_db"], row["noise"]) for row in clips] == [(row["snr_db"], row["noise"]) for row in made]
    assert all(row["has_ref"] == "true" for row in clips)


def test_mix_options_reach_the_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    response = np.zeros(RATE // 2)
    response[[100, 900, 6000]] = (1, 0.5, 0.3)
    write_audio(folder / "rirs" / "hall.wav", response, RATE, "FLOAT")
    options = ("--snr", "2.5,20", "--all-snrs", "--per-speech", 2, "--rate", 48_000, "--level-db", -20, "--seed", 3)
    more = ("--rir", "rirs", "--target", "early", "--duration-s", 1, "--subtype", "PCM_24", "--json")
    assert run_main(monkeypatch, "mix", "--speech", "speech", "--noise", "noise", "--out", "set", *options, *more) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["out"] == "set"
    assert document["n_by_snr_db"] == {"2.5": 6, "20": 6}
    assert captured.err.count("recorded at a lower sample rate") == len(document["notes"]) == 3
    made = rows(folder / "set" / "manifest.csv")
    assert [row["clip_id"] for row in made[:4]] == [f"anna/one_n{n}_snr{snr}" for n in (1, 2) for snr in ("2.5", "20")]
    for row in made:
        info = soundfile.info(folder / "set" / row["noisy"])
        assert (info.samplerate, info.subtype, info.frames) == (48_000, "PCM_24", 48_000)
        assert (row["seed"], row["rir"], row["duration_s"]) == ("3", "hall.wav", "1.000000")
        assert float(row["level_db"]) - float(row["gain_db"]) == pytest.approx(-20)
    settings = json.loads((folder / "set" / "mix.json").read_text())["settings"]
    assert (settings["target"], settings["level_db"], settings["rir"]) == ("early", "-20", "rirs")
    assert "numpy" in json.loads((folder / "set" / "mix.json").read_text())["versions"]


def test_mix_some_bad_files_ends_with_5_and_lists_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "speech" / "broken.wav").write_text("no audio")
    write_audio(folder / "noise" / "silent.wav", np.zeros(RATE))
    arguments = ("--speech", "speech", "--noise", "noise", "--out", "set", "--per-speech", 3, "--level-db", "keep")
    assert run_main(monkeypatch, "mix", *arguments) == 5
    captured = capsys.readouterr()
    assert captured.out.startswith("9 of 12 clips")
    assert "failed: speech broken.wav: unreadable: " in captured.err
    assert "failed: noise silent.wav: silent: " in captured.err
    assert captured.err.count("failed: ") == 2
    assert len(rows(folder / "set" / "manifest.csv")) == 9
    failures = json.loads((folder / "set" / "mix.json").read_text())["failures"]
    assert [failure["source"] for failure in failures] == ["broken.wav", "silent.wav"]


def test_mix_many_failures_prints_the_first_20_and_counts_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in range(23):
        (folder / "speech" / f"bad{index:02}.wav").touch()
    assert run_main(monkeypatch, "mix", "--speech", "speech", "--noise", "noise", "--out", "set") == 5
    error = capsys.readouterr().err
    assert error.count("failed: speech") == 20
    assert "failed: 3 more, see mix.json" in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--snr", "0,loud"), "--snr is '0,loud'; expected numbers in dB, each once"),
        (("--snr", "0,nan"), "--snr is '0,nan'"),
        (("--snr", "5,5.0"), "--snr is '5,5.0'"),
        (("--snr", ""), "--snr is ''"),
        (("--rate", "fast"), "--rate is 'fast'; expected native, or Hz from 8000 to 192000"),
        (("--rate", "100"), "--rate is '100'"),
        (("--level-db", "3"), "--level-db is '3'; expected keep, or dBov from -80 to 0"),
        (("--level-db", "loud"), "--level-db is 'loud'"),
        (("--subtype", "MP3"), "--subtype is 'MP3'; expected one of PCM_16"),
        (("--target", "wet"), "--target is 'wet'; expected one of reverberant, early, dry"),
        (("--target", "dry"), "--target is 'dry' and there is no --rir"),
        (("--duration-s", "0.2"), "--duration-s is 0.2; expected at least 0.5"),
        (("--duration-s", "nan"), "--duration-s is nan; expected at least 0.5"),
        (("--per-speech", "0"), "per-speech"),
        (("--speech", "nowhere"), "nowhere does not exist"),
        (("--rir", "empty"), "no audio files in"),
        (("--noise", "speech"), "--speech and --noise are both speech"),
        (("--out", "speech"), "--speech speech is in the output folder speech"),
        (("--out", "."), "is in the output folder ."),
        (("--out", "full"), "--out full is neither empty nor a test set of seinfer mix"),
        (("--snr", "100"), "nothing could be mixed; 3 failed, such as anna/"),
    ],
)
def test_mix_invalid_option_ends_with_2_and_a_message(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    message: str,
) -> None:
    (folder / "empty").mkdir()
    (folder / "full").mkdir()
    (folder / "full" / "notes.txt").write_text("not a test set")
    before = sorted(folder.rglob("*"))
    given = {"--speech": "speech", "--noise": "noise", "--out": "set", options[0]: options[1]}
    assert run_main(monkeypatch, "mix", *[word for pair in given.items() for word in pair]) == 2
    assert message in capsys.readouterr().err
    assert set(folder.rglob("*")) - set(before) <= {folder / "set", folder / "set" / "mix.json"}


def test_compare_of_a_mixed_set_groups_by_its_stated_snr_and_noise(folder: Path) -> None:
    mixed = seinfer("mix", "--speech", "speech", "--noise", "noise", "--snr", "-5,10", "--out", "set", cwd=folder)
    assert mixed.returncode == 0, mixed.stderr
    compared = seinfer(
        *(
            "compare",
            "--no-cost",
            "--models",
            "noisy",
            "--metrics",
            "si_sdr",
            "--by",
            "snr,noise",
            "--out",
            "run",
            "set",
        ),
        cwd=folder,
    )
    assert compared.returncode == 0, compared.stderr
    assert "SI-SDR dB by snr_db in bins of 5 dB" in compared.stdout and "SI-SDR dB by noise" in compared.stdout
    assert "grouped by the SI-SDR" not in compared.stdout
    groups = {(row["group_key"], row["group_value"]) for row in read_csv(folder / "run" / "summary.csv")}
    assert {group for key, group in groups if key == "snr_db"} == {"-5..0", "10..15", "(micro)", "(macro)"}
    noises = {row["noise"] for row in rows(folder / "set" / "manifest.csv")}
    assert {group for key, group in groups if key == "noise"} == {*noises, "(micro)", "(macro)"}
