from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seinfer.analysis.cautions import Caution, cautions
from seinfer.analysis.corpora import CORPORA, of_clip, trained_on
from seinfer.analysis.results import Results, Row
from seinfer.core.records import Clip
from seinfer.metrics.table import MetricTable, load_table
from tests.reports import example_run


def kinds(results: Results) -> dict[str, Caution]:
    return {caution.kind: caution for caution in cautions(results)}


def changed(results: Results, model: str, **score: Any) -> Results:
    """Return results with every score of a model changed."""
    rows = {
        slot: replace(row, score=replace(row.score, **score)) if row.score and slot[1] == model else row
        for slot, row in results.rows.items()
    }
    return replace(results, rows=rows)


def test_cautions_of_the_made_run_name_models_and_counts() -> None:
    found = kinds(example_run.results())
    assert set(found) == {"in_domain", "different_n", "lag", "clipped"}
    assert (found["in_domain"].models, found["in_domain"].n_clips) == (("good",), example_run.N_PAIRED)
    assert "VCTK" in found["in_domain"].message and "set/p287_000" in found["in_domain"].message
    assert found["lag"].models == ("small",) and "up to +3 samples" in found["lag"].message
    assert found["clipped"].models == ("good",)


def test_caution_of_different_n_says_who_lacks_what_and_what_is_compared() -> None:
    messages = [caution.message for caution in cautions(example_run.results()) if caution.kind == "different_n"]
    assert any("(of 7 clips: good 6, small 6)" in message and "on the 5 clips" in message for message in messages)


def test_caution_of_clipping_begins_above_a_thousandth() -> None:
    results = example_run.results()

    def clipped(n: int) -> Results:
        rows: dict[tuple[str, str], Row] = {}
        for slot, row in results.rows.items():
            done = row.enhancement and replace(row.enhancement, n_samples=10_000, clipped_samples=n)
            rows[slot] = replace(row, enhancement=done)
        return replace(results, rows=rows)

    assert "clipped" not in kinds(clipped(10))
    assert "up to 0.1%" in kinds(clipped(11))["clipped"].message


@pytest.mark.parametrize(("rate", "models"), [(16000, ()), (48000, ("good",))])
def test_caution_of_a_16_khz_model_only_where_it_is_scored_higher(rate: int, models: tuple[str, ...]) -> None:
    found = kinds(changed(example_run.results(), "good", sample_rate=rate))
    assert (found["band_limited"].models if "band_limited" in found else ()) == models


def test_caution_of_short_clips_for_dnsmos(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = replace(load_table().metrics["sdr"], name="dnsmos_ovrl", needs_reference=False)
    table = MetricTable({**load_table().metrics, "dnsmos_ovrl": metric})
    monkeypatch.setattr("seinfer.analysis.results.load_table", lambda: table)
    found = kinds(replace(example_run.results(), computed=("sdr", "dnsmos_ovrl")))
    assert found["dnsmos_short"].n_clips == 1  # of 6 and 12 s


def test_caution_of_a_metric_whose_package_is_gone() -> None:
    results = changed(example_run.results(), "good", values={"plugged": 1.0})
    found = kinds(replace(results, computed=("sdr", "plugged")))
    assert found["unknown_metric"].message.startswith("plugged: ")


@pytest.mark.parametrize(
    ("path", "corpus"),
    [
        ("/d/noisy_testset_wav/p232_001.wav", "VCTK or VoiceBank-DEMAND"),
        ("/d/p287_006_mic1.flac", "VCTK or VoiceBank-DEMAND"),
        ("/data/vctk16k/noisy/a.wav", "VCTK or VoiceBank-DEMAND"),
        ("/d/clnsp1_train_69005_1_snr15_tl-21_fileid_158.wav", "the DNS challenge"),
        ("/d/ms_realrec_emotional_female_SNR_17.74dB_headset_A1.wav", "the DNS challenge"),
        ("/DNS-Challenge/noisy/x.wav", "the DNS challenge"),
        ("/wsj0/si_et_05/440c0201.wav", "WSJ"),
        ("/d/440c0201.wav", "WSJ"),
        ("/d/p999_001.wav", ""),
        ("/recordings/2024-01-05/meeting_p25.wav", ""),
        ("/dnsmasq/x.wav", ""),
        ("/d/shop232_001x.wav", ""),
    ],
)
def test_corpus_is_known_by_its_names(path: str, corpus: str) -> None:
    assert [found.name for found in of_clip(Clip("x", path))] == ([corpus] if corpus else [])


def test_corpus_matches_the_training_data_of_the_table_of_models() -> None:
    data = ["DNS-3", "VoiceBank-DEMAND", "VCTK", "WSJ", "OpenSLR26"]
    found = {corpus.name: trained_on(corpus, data) for corpus in CORPORA}
    assert found == {
        "VCTK or VoiceBank-DEMAND": ["VoiceBank-DEMAND", "VCTK"],
        "the DNS challenge": ["DNS-3"],
        "WSJ": ["WSJ"],
    }
