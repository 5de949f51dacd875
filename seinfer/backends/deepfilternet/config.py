"""Reads config.ini and the options of the model table, and refuses what is not implemented here.

The rule: every number that the signal processing depends on is read from the authors' file and compared with the value
that `features.py` implements. A network with another geometry is refused, never run with the wrong one.

Source: Rikorose/DeepFilterNet@d375b2d, DeepFilterNet/df/config.py (DfParams; Config._fix_df, which allows two keys in
either of two sections) and the ModelParams of df/deepfilternet2.py and df/deepfilternet3.py.
"""

from __future__ import annotations

import configparser
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ...core.errors import IntegrityError, RegistryError
from ...core.records import ModelSpec

Architecture = Literal["deepfilternet2", "deepfilternet3"]

_NUMBERS: Mapping[str, float] = {
    "sr": 48_000,
    "fft_size": 960,
    "hop_size": 480,
    "nb_erb": 32,
    "nb_df": 96,
    "norm_tau": 1,
    "min_nb_erb_freqs": 2,
    "df_order": 5,
    "df_lookahead": 2,
    "conv_lookahead": 2,
    "df_n_iter": 1,
}
# These may be missing: the authors' code has the same default.
_NUMBERS_IF_GIVEN: Mapping[str, float] = {"pf_beta": 0.02}
_WORDS: Mapping[str, str] = {"dfop_method": "df"}
_OFF_IF_GIVEN = ("mask_only", "mask_pf", "lsnr_dropout")
_OFF = ("false", "no", "n", "off", "0")
_SECTIONS = ("df", "deepfilternet", "train")


DEFAULT_OPTIONS: Mapping[str, Any] = {"post_filter": False, "atten_lim_db": 0}
"""Every option of a table, with the value that it has if the table does not state it."""


@dataclass(frozen=True)
class Settings:
    """The options of a model table.

    Attributes:
        post_filter: attenuate a little more if the network attenuates much.
        atten_lim_db: largest attenuation of noise in dB; None for no limit.
    """

    post_filter: bool = False
    atten_lim_db: float | None = None


def read_settings(spec: ModelSpec) -> Settings:
    """Read the options of a model's table.

    Raises:
        RegistryError: an option is unknown or has an invalid value.
    """
    if unknown := sorted(set(spec.options) - set(DEFAULT_OPTIONS)):
        raise RegistryError(f"{spec.name}: unknown option {unknown[0]!r}; expected one of {', '.join(DEFAULT_OPTIONS)}")
    values = {**DEFAULT_OPTIONS, **spec.options}
    post_filter = values["post_filter"]
    if not isinstance(post_filter, bool):
        raise RegistryError(f"{spec.name}: the option post_filter is {post_filter!r}, expected true or false")
    limit_db = values["atten_lim_db"]
    if isinstance(limit_db, bool) or not isinstance(limit_db, int | float) or not 0 <= limit_db < math.inf:
        raise RegistryError(
            f"{spec.name}: the option atten_lim_db is {limit_db!r}, expected dB above 0, or 0 for no limit"
        )
    return Settings(post_filter, limit_db or None)


def read_architecture(path: Path, spec: ModelSpec) -> Architecture:
    """Return the network that a config.ini describes, after a check that its settings are implemented.

    Raises:
        IntegrityError: the file cannot be read, a key is missing, or a value is not the one that is implemented.
    """
    config = _parse(path, spec)
    for key, number in _NUMBERS.items():
        _require_number(config, key, number, path, spec)
    for key in sorted(_NUMBERS_IF_GIVEN.keys() & config.keys()):
        _require_number(config, key, _NUMBERS_IF_GIVEN[key], path, spec)
    for key, word in _WORDS.items():
        if _value(config, key, path, spec) != word:
            raise _refusal(key, config[key], word, path, spec)
    for key in _OFF_IF_GIVEN:
        if key in config and config[key].lower() not in _OFF:
            raise _refusal(key, config[key], "false", path, spec)
    architecture = _value(config, "model", path, spec)
    if architecture not in get_args(Architecture):
        raise _refusal("model", architecture, " or ".join(get_args(Architecture)), path, spec)
    return cast("Architecture", architecture)


def _parse(path: Path, spec: ModelSpec) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        reason = str(error).splitlines()[0]
        raise IntegrityError(
            f"{path} cannot be read as a config.ini of {spec.name}: {reason}; {_advice(spec)}"
        ) from error
    present = [section for section in _SECTIONS if parser.has_section(section)]
    # Each key that is read is in one of these sections only, except for those that may be in either of two.
    return {key: value.strip() for section in reversed(present) for key, value in parser.items(section)}


def _value(config: Mapping[str, str], key: str, path: Path, spec: ModelSpec) -> str:
    if key not in config:
        raise IntegrityError(
            f"{path}: the key {key!r} is missing; expected a config.ini of {spec.name}; {_advice(spec)}"
        )
    return config[key]


def _require_number(config: Mapping[str, str], key: str, expected: float, path: Path, spec: ModelSpec) -> None:
    value = _value(config, key, path, spec)
    try:
        is_right = float(value) == expected
    except ValueError:
        is_right = False
    if not is_right:
        raise _refusal(key, value, f"{expected:g}", path, spec)


def _refusal(key: str, value: str, expected: str, path: Path, spec: ModelSpec) -> IntegrityError:
    return IntegrityError(
        f"{path}: {key} is {value!r}, expected {expected}, the only value of {spec.name} that seinfer implements; "
        f"use a checkpoint with this value, or {_advice(spec)}"
    )


def _advice(spec: ModelSpec) -> str:
    return f"fetch it again with `seinfer models pull {spec.name}`"
