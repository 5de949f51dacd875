"""The value of --metrics for clips with a clean file, without one, and both together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seinfer.core.errors import MissingExtraError, UsageError
from seinfer.metrics.choice import MetricSelection, choose
from seinfer.metrics.table import METRICS
from seinfer.models import extras as install

CORE = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")
DNSMOS = ("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808")
COUNTS = ("dnsmos_n_hops", "dnsmos_n_used", "dnsmos_tiled")
RAW = ("dnsmos_sig_raw", "dnsmos_bak_raw", "dnsmos_ovrl_raw")
COMPARING = tuple(metric.name for metric in METRICS.values() if metric.needs_reference)
BLIND = tuple(metric.name for metric in METRICS.values() if not metric.needs_reference and not metric.is_diagnostic)


@pytest.fixture(autouse=True)
def _weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the networks that `seinfer metrics pull` fetches are here."""
    monkeypatch.setattr("seinfer.metrics.metric.metric_weights.why_missing", lambda spec: "")


@pytest.fixture
def without_speechmos(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pretend that only one of the packages of the extra "dnsmos" is installed."""
    releases = {"onnxruntime": "1.20"}
    monkeypatch.setattr(install, "extra_packages", lambda owner, extra: ("onnxruntime", "speechmos"))
    monkeypatch.setattr(install, "version_of", lambda name: releases.get(name, ""))
    yield


def test_choose_auto_with_clean_files_is_the_core_metrics() -> None:
    assert choose("auto", n_with=3, n_without=0) == MetricSelection(CORE)


def test_choose_auto_without_clean_files_is_dnsmos_and_its_diagnostics() -> None:
    choice = choose(" auto ", n_with=0, n_without=3)
    assert choice == MetricSelection((), DNSMOS)
    assert choice.of(has_reference=True) == ()
    assert choice.of(has_reference=False) == (*DNSMOS, *COUNTS, *RAW)


def test_choose_auto_mixed_selects_per_clip_and_adds_a_note() -> None:
    choice = choose("auto", n_with=2, n_without=1)
    assert choice.names == (*CORE, *DNSMOS)
    assert choice.of(has_reference=True) == CORE
    assert choice.of(has_reference=False) == (*DNSMOS, *COUNTS, *RAW)
    (note,) = choice.notes
    assert note.startswith("2 clips with a clean file are compared with it, 1 without one is scored without reference")


@pytest.mark.usefixtures("without_speechmos")
@pytest.mark.parametrize(("n_with", "names"), [(0, ()), (2, CORE)])
def test_choose_auto_without_the_extra_adds_one_note_with_the_install_command(
    n_with: int, names: tuple[str, ...]
) -> None:
    choice = choose("auto", n_with=n_with, n_without=1)
    assert choice.names == names
    (note,) = choice.notes
    assert note.startswith("not computed: dnsmos_sig, dnsmos_bak, dnsmos_ovrl, dnsmos_p808: needs speechmos: ")
    assert "-m pip install " in note and "[dnsmos]" in note


@pytest.mark.usefixtures("without_speechmos")
def test_choose_auto_with_clean_files_does_not_mention_dnsmos() -> None:
    assert choose("auto", n_with=2, n_without=0) == MetricSelection(CORE)


@pytest.mark.usefixtures("without_speechmos")
def test_choose_named_metric_without_the_extra_is_an_error_with_the_install_command() -> None:
    with pytest.raises(MissingExtraError, match=r"dnsmos_ovrl cannot be computed here: needs speechmos: .*\[dnsmos\]"):
        choose("si_sdr,dnsmos_ovrl", n_with=1, n_without=0)


def test_choose_all_selects_every_metric_that_applies() -> None:
    assert choose("all", n_with=1, n_without=0) == MetricSelection((*COMPARING, *BLIND))
    without_words = tuple(name for name in BLIND if name not in ("wer", "wer_deletions"))
    assert choose("all", n_with=0, n_without=1) == MetricSelection((), without_words), "these need transcripts"
    assert choose("all", n_with=1, n_without=1) == MetricSelection((*COMPARING, *BLIND), BLIND)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("no_such_module:transcribe", "no module no_such_module; install it, or add its folder to PYTHONPATH"),
        ("transcribe", "SEINFER_ASR is 'transcribe'; expected 'module:function'"),
        (":transcribe", "SEINFER_ASR is ':transcribe'; expected 'module:function'"),
    ],
)
def test_choose_word_errors_without_their_recogniser_is_refused(
    monkeypatch: pytest.MonkeyPatch, target: str, message: str
) -> None:
    monkeypatch.setenv("SEINFER_ASR", target)
    with pytest.raises(UsageError, match=message):
        choose("wer", n_with=1, n_without=0)
    assert choose("sdr", n_with=1, n_without=0).names == ("sdr",)


def test_choose_names_are_in_column_order_with_diagnostics_of_their_own() -> None:
    choice = choose("pdnsmos_ovrl, stoi,si_sdr,stoi", n_with=1, n_without=1)
    assert choice == MetricSelection(("si_sdr", "stoi", "pdnsmos_ovrl"), ("pdnsmos_ovrl",))
    assert choice.of(has_reference=True) == ("si_sdr", "stoi", "pdnsmos_ovrl", *COUNTS)


@pytest.mark.parametrize(
    ("text", "n_with", "message"),
    [
        ("pesk", 1, "no metric called 'pesk': did you mean pesq_"),
        ("sdr,dnsmos_ovrl", 0, "the metric sdr needs clean files and none were found"),
        (" , ", 1, "--metrics names no metric; expected auto, all, or names"),
    ],
)
def test_choose_invalid_value_is_refused(text: str, n_with: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose(text, n_with=n_with, n_without=1)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PESQ-WB, SI_SDR", ("si_sdr", "pesq_wb")),
        ("pesq,stoi", ("pesq_wb", "stoi")),
        ("dnsmos", DNSMOS),
        ("composite", ("csig", "cbak", "covl")),
        ("AUTO", CORE),
        ("All", (*COMPARING, *BLIND)),
    ],
)
def test_choose_accepts_names_as_printed_and_families(text: str, names: tuple[str, ...]) -> None:
    assert choose(text, n_with=1, n_without=0).with_reference == names


@pytest.mark.parametrize("text", ["dnsmos_hops", "xyz"])
def test_choose_unknown_name_does_not_suggest_diagnostics(text: str) -> None:
    with pytest.raises(UsageError, match=f"no metric called '{text}'") as error:
        choose(text, n_with=1, n_without=0)
    assert not [name for name in (*COUNTS, *RAW) if name in str(error.value)]


def test_choose_all_without_fetched_networks_leaves_their_metrics_out_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = "weights missing: seinfer metrics pull NAME"
    monkeypatch.setattr("seinfer.metrics.metric.metric_weights.why_missing", lambda spec: missing)
    selection = choose("all", n_with=0, n_without=1)
    assert not {"nisqa", "scoreq"} & set(selection.without_reference)
    assert selection.notes == (f"not computed: nisqa, nisqa_noi, nisqa_dis, nisqa_col, nisqa_loud, scoreq: {missing}",)
