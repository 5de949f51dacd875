"""The metrics that need no clean reference, in the order of their columns. Standard library only."""

from __future__ import annotations

from .asr import chosen
from .dnsmos_networks import DISTILLMOS, P808, P835, P835_PERSONALISED, PACKAGE, NetworkFile
from .metric import Metric
from .weights import NISQA, SCOREQ

_WINDOWS = "windows of 9.01 s every second, shorter clips repeated"
_P835_PAPER = "Reddy, Gopal, Cutler 2022, doi:10.1109/ICASSP43922.2022.9746108"
_P808_PAPER = "Reddy, Gopal, Cutler 2021, arXiv:2010.15258"
_SCRIPT = "microsoft/DNS-Challenge@591184a:DNSMOS/dnsmos_local.py"
_COUNTS = ("dnsmos_n_hops", "dnsmos_n_used", "dnsmos_tiled")


def _rating(name: str, function: str, scale: str, file: NetworkFile) -> Metric:
    is_p808 = file is P808
    raw = (f"{name}_raw",) if file is P835 else ()
    return Metric(
        name=name,
        unit="MOS",
        function="",
        on_pair=f"seinfer.metrics.dnsmos:{function}",
        package=PACKAGE,
        method=f"{scale}, {_WINDOWS}, network sha256 {file.sha256}",
        source=_P808_PAPER if is_p808 else _P835_PAPER,
        lower=1.0,
        upper=5.0,
        needs_reference=False,
        sample_rate=16000,
        cost=200 if is_p808 else 3000,
        default=file is not P835_PERSONALISED,
        extra="dnsmos",
        diagnostics=(*_COUNTS, *raw),
    )


def _raw(name: str, function: str, scale: str) -> Metric:
    return Metric(
        name=name,
        unit="",
        function="",
        on_pair=f"seinfer.metrics.dnsmos:{function}",
        package=PACKAGE,
        method=f"{scale} before the polynomial, {_WINDOWS}, network sha256 {P835.sha256}",
        source=_SCRIPT,
        needs_reference=False,
        sample_rate=16000,
        cost=3000,
        extra="dnsmos",
        is_diagnostic=True,
    )


def _count(name: str, function: str, quantity: str, *, upper: float | None = None) -> Metric:
    return Metric(
        name=name,
        unit="",
        function="",
        on_pair=f"seinfer.metrics.dnsmos:{function}",
        method=f"{quantity}, {_WINDOWS}",
        source=_SCRIPT,
        lower=0.0,
        upper=upper,
        needs_reference=False,
        sample_rate=16000,
        cost=0.1,
        extra="dnsmos",
        is_diagnostic=True,
    )


def _word_errors(name: str, function: str, quantity: str, *, upper: float | None = None) -> Metric:
    recogniser = chosen()
    return Metric(
        name=name,
        unit="",
        function="",
        on_pair=f"seinfer.metrics.wer:{function}",
        package=recogniser.package,
        method=f"{quantity} / words of the transcript, else of the clean file, by {recogniser.method}",
        source="Levenshtein distance of words in lower case without punctuation",
        best="lower",
        lower=0.0,
        upper=upper,
        needs_reference=False,
        sample_rate=16000,
        cost=20000,
        extra=recogniser.extra,
        uses_transcript=True,
    )


def _nisqa(name: str, function: str, quantity: str) -> Metric:
    return Metric(
        name=name,
        unit="MOS",
        function="",
        on_pair=f"seinfer.metrics.nisqa:{function}",
        method=f"NISQA 2.0, {quantity}, at the rate of the signal, clips over 52 s in pieces",
        source=f"Mittag et al. 2021, {NISQA.paper}",
        needs_reference=False,
        cost=3000,
        extra="nisqa",
        weights=NISQA,
    )


WITHOUT_REFERENCE = (
    _rating("dnsmos_sig", "sig_of_pair", "P.835 speech", P835),
    _rating("dnsmos_bak", "bak_of_pair", "P.835 background", P835),
    _rating("dnsmos_ovrl", "ovrl_of_pair", "P.835 overall", P835),
    _rating("dnsmos_p808", "p808_of_pair", "P.808 overall", P808),
    _rating("pdnsmos_sig", "personalised_sig_of_pair", "personalised P.835 speech", P835_PERSONALISED),
    _rating("pdnsmos_bak", "personalised_bak_of_pair", "personalised P.835 background", P835_PERSONALISED),
    _rating("pdnsmos_ovrl", "personalised_ovrl_of_pair", "personalised P.835 overall", P835_PERSONALISED),
    Metric(
        name="distillmos",
        unit="MOS",
        function="",
        on_pair="seinfer.metrics.distillmos:of_pair",
        package=DISTILLMOS.package,
        method=f"windows of 7.68 s every second at most, shorter clips padded, network sha256 {DISTILLMOS.sha256}",
        source="Stahl, Gamper 2025, arXiv:2502.05356",
        lower=1.0,
        upper=5.0,
        needs_reference=False,
        sample_rate=16000,
        cost=15000,
        extra="distillmos",
    ),
    _nisqa("nisqa", "of_pair", "quality"),
    _nisqa("nisqa_noi", "noisiness_of_pair", "noisiness, 5 is not noisy"),
    _nisqa("nisqa_dis", "discontinuity_of_pair", "discontinuity, 5 is continuous"),
    _nisqa("nisqa_col", "coloration_of_pair", "coloration, 5 is not coloured"),
    _nisqa("nisqa_loud", "loudness_of_pair", "loudness, 5 is optimal"),
    Metric(
        name="scoreq",
        unit="MOS",
        function="",
        on_pair="seinfer.metrics.scoreq:of_pair",
        method="natural speech, clips over 30 s in pieces, not run by us with the real weights",
        source=f"Ragano, Skoglund, Hines 2024, {SCOREQ.paper}",
        needs_reference=False,
        sample_rate=16000,
        cost=50000,
        extra="scoreq",
        weights=SCOREQ,
    ),
    _word_errors("wer", "of_pair", "substituted, deleted and inserted words"),
    _word_errors("wer_deletions", "deletions_of_pair", "deleted words", upper=1.0),
    _count("dnsmos_n_hops", "n_hops_of_pair", "windows begun"),
    _count("dnsmos_n_used", "n_used_of_pair", "windows averaged, those that rounding leaves a sample short left out"),
    _count("dnsmos_tiled", "tiled_of_pair", "1 for a clip that is repeated", upper=1.0),
    _raw("dnsmos_sig_raw", "sig_raw_of_pair", "P.835 speech"),
    _raw("dnsmos_bak_raw", "bak_raw_of_pair", "P.835 background"),
    _raw("dnsmos_ovrl_raw", "ovrl_raw_of_pair", "P.835 overall"),
)
