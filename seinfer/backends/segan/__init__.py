"""SEGAN+, a waveform generator: `load` puts its checkpoint behind the contract."""

from .model import load

__all__ = ["load"]
