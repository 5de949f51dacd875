"""Demucs, a waveform network with state: `load` puts a checkpoint of facebook's denoiser behind the contract."""

from .model import load

__all__ = ["load"]
