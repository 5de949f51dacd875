"""Ways to damage the files of DeepFilterNet in torch. They use torch: do not run them in a process with TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Damage = Callable[[Path, Path], None]
"""Changes config.ini and checkpoint in place."""

_GRU, _OUT = "df_dec.df_gru.gru.weight_hh_l1", "df_dec.df_out.0.weight"


def _tensors(change: Callable[[dict[str, Any]], Any]) -> Damage:
    def damage(config: Path, checkpoint: Path) -> None:
        import torch

        torch.save(change(torch.load(checkpoint, weights_only=True)), checkpoint)

    return damage


def _config(old: str, new: str) -> Damage:
    def damage(config: Path, checkpoint: Path) -> None:
        text = config.read_text(encoding="utf-8")
        assert old in text
        config.write_text(text.replace(old, new), encoding="utf-8")

    return damage


class _Bomb:
    def __reduce__(self) -> Any:
        return os.mkdir, ("exploded",)


def _shorten(config: Path, checkpoint: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1_000])


DAMAGES: Mapping[str, Damage] = {
    "nothing": _tensors(dict),
    "tensors of older versions": _tensors(lambda state: {**state, "a.h0": state[_GRU], "erb_comp.c": state[_GRU]}),
    "missing tensor": _tensors(lambda state: {name: value for name, value in state.items() if name != _GRU}),
    "further tensor": _tensors(lambda state: {**state, "enc.more": state[_GRU]}),
    "wrong shape": _tensors(lambda state: {**state, _GRU: state[_GRU][:-3]}),
    "not finite": _tensors(lambda state: {**state, _OUT: state[_OUT] * float("nan")}),
    "a list": _tensors(lambda state: list(state.values())),
    "code": _tensors(lambda state: {**state, "enc.more": _Bomb()}),
    "cut short": _shorten,
    "another hop": _config("hop_size = 480", "hop_size = 240"),
    "another architecture": _config("model = deepfilternet3", "model = deepfilternet2"),
    "another width": _config("conv_ch = 64", "conv_ch = 32"),
    "nonsense width": _config("conv_ch = 64", "conv_ch = many"),
    "unknown layer": _config("df_gru_skip = groupedlinear", "df_gru_skip = trampoline"),
}
