"""config.ini of DeepFilterNet: what is read from it, and that another geometry is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.backends.deepfilternet.config import Settings, read_architecture, read_settings
from seinfer.core.errors import IntegrityError

from .models import MODELS, SPECS, spec_with, weights_of

SPEC = SPECS["deepfilternet3"]
CONFIG = {
    "train": {"model": "deepfilternet3"},
    "df": {
        "sr": "48000",
        "fft_size": "960",
        "hop_size": "480",
        "nb_erb": "32",
        "nb_df": "96",
        "norm_tau": "1",
        "min_nb_erb_freqs": "2",
        "df_order": "5",
        "df_lookahead": "2",
    },
    "deepfilternet": {"conv_lookahead": "2", "df_n_iter": "1", "dfop_method": "df"},
    "asrloss": {"model": "base.en"},
}


def write(folder: Path, changes: dict[tuple[str, str], str | None]) -> Path:
    """Write a config.ini with values changed, added, or (None) left out."""
    sections = {name: dict(keys) for name, keys in CONFIG.items()}
    for (section, key), value in changes.items():
        sections[section].pop(key, None)
        if value is not None:
            sections[section][key] = value
    lines = [f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()) for name, keys in sections.items()]
    path = folder / "config.ini"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("model", MODELS)
def test_config_of_the_authors_says_which_network_it_is(shared: Path, model: str) -> None:
    assert read_architecture(weights_of(shared, model)["config.ini"], SPECS[model]) == model


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {("df", "norm_tau"): "1.0"},
        {("df", "df_order"): None, ("deepfilternet", "df_order"): "5"},  # where DeepFilterNet 2 has it
        {("train", "mask_only"): "False", ("deepfilternet", "mask_pf"): "0", ("deepfilternet", "pf_beta"): "0.02"},
    ],
)
def test_config_that_means_the_same_is_taken(tmp_path: Path, changes: dict[tuple[str, str], str | None]) -> None:
    assert read_architecture(write(tmp_path, changes), SPEC) == "deepfilternet3"


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
def test_config_of_another_kind_is_refused_with_key_value_and_expectation(
    tmp_path: Path, section: str, key: str, value: str, expected: str
) -> None:
    path = write(tmp_path, {(section, key): value})
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
        read_architecture(write(tmp_path, {(section, key): None}), SPEC)


@pytest.mark.parametrize("content", [b"", b"sr = 48000", b"[df]\nsr", b"\xff\xfe\x00", b"[df]\nsr = 1\nsr = 2"])
def test_config_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.ini"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"config\.ini.* of deepfilternet3"):
        read_architecture(path, SPEC)


def test_settings_are_those_of_the_table_with_their_defaults() -> None:
    assert read_settings(SPEC) == Settings(post_filter=False, atten_lim_db=None)
    assert read_settings(spec_with("deepfilternet3", atten_lim_db=0)).atten_lim_db is None
    assert read_settings(spec_with("deepfilternet3", post_filter=True, atten_lim_db=12)) == Settings(True, 12)
