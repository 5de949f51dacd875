"""config.ini of DeepFilterNet: the values that are read from it; another geometry is refused and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.backends.deepfilternet.config import Settings, read_architecture, read_settings
from seinfer.core.errors import IntegrityError

from .models import MODELS, SPECS, spec_with, weights_of
from .standin import CONFIG, write_config

SPEC = SPECS["deepfilternet3"]


@pytest.mark.parametrize("model", MODELS)
def test_config_of_the_authors_names_its_network(shared: Path, model: str) -> None:
    assert read_architecture(weights_of(shared, model)["config.ini"], SPECS[model]) == model


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {("df", "norm_tau"): "1.0"},
        {("df", "df_order"): None, ("deepfilternet", "df_order"): "5"},  # its section in DeepFilterNet 2
        {("train", "mask_only"): "False", ("deepfilternet", "mask_pf"): "0", ("deepfilternet", "pf_beta"): "0.02"},
    ],
)
def test_config_with_the_same_meaning_is_accepted(tmp_path: Path, changes: dict[tuple[str, str], str | None]) -> None:
    assert read_architecture(write_config(tmp_path / "config.ini", changes), SPEC) == "deepfilternet3"


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [
        ("df", "sr", "16000", "48000"),
        ("df", "fft_size", "480", "960"),
        ("df", "hop_size", "240", "480"),
        ("df", "nb_erb", "24", "32"),
        ("df", "nb_df", "64", "96"),
        ("df", "norm_tau", "2", "1"),
        ("df", "min_nb_erb_freqs", "1", "2"),
        ("df", "df_order", "3", "5"),
        ("df", "df_lookahead", "0", "2"),
        ("deepfilternet", "conv_lookahead", "0", "2"),
        ("deepfilternet", "df_n_iter", "2", "1"),
        ("deepfilternet", "pf_beta", "0.05", "0.02"),
        ("deepfilternet", "dfop_method", "real_unfold", "df"),
        ("deepfilternet", "mask_pf", "True", "false"),
        ("deepfilternet", "lsnr_dropout", "yes", "false"),
        ("train", "mask_only", "1", "false"),
        ("train", "model", "deepfilternetmf", "deepfilternet2 or deepfilternet3"),
        ("df", "hop_size", "4 80", "480"),
        ("df", "hop_size", "", "480"),
    ],
)
def test_config_with_another_value_is_refused_with_key_value_and_expectation(
    tmp_path: Path, section: str, key: str, value: str, expected: str
) -> None:
    path = write_config(tmp_path / "config.ini", {(section, key): value})
    with pytest.raises(IntegrityError, match=f"{path}: {key} is '{value}', expected {expected}, "):
        read_architecture(path, SPEC)


@pytest.mark.parametrize(
    ("section", "key"),
    [
        *((section, key) for section in ("df", "deepfilternet") for key in CONFIG[section]),
        ("train", "model"),
    ],
)
def test_config_without_a_key_is_refused_with_its_name(tmp_path: Path, section: str, key: str) -> None:
    with pytest.raises(IntegrityError, match=f"the key '{key}' is missing.*seinfer models pull"):
        read_architecture(write_config(tmp_path / "config.ini", {(section, key): None}), SPEC)


@pytest.mark.parametrize("content", [b"", b"sr = 48000", b"[df]\nsr", b"\xff\xfe\x00", b"[df]\nsr = 1\nsr = 2"])
def test_file_that_is_not_a_config_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.ini"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"config\.ini.* of deepfilternet3"):
        read_architecture(path, SPEC)


def test_settings_are_read_from_the_table_or_have_defaults() -> None:
    assert read_settings(SPEC) == Settings(post_filter=False, atten_lim_db=None)
    assert read_settings(spec_with("deepfilternet3", atten_lim_db=0)).atten_lim_db is None
    assert read_settings(spec_with("deepfilternet3", post_filter=True, atten_lim_db=12)) == Settings(True, 12)
