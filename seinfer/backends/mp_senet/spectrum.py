"""Between samples and the compressed magnitude and phase that MP-SENet reads and writes. This module imports torch.

The rule it keeps: the phase does not depend on rounding. The first frame is symmetric, because the clip is reflected at
its ends. So its imaginary part is zero except for rounding, and its sign decides between a phase of pi and one of -pi.
In float64 the small number that the authors add is larger than the rounding, and the phase is pi; in their float32 it
is random.

Source: yxlu-0102/MP-SENet@89932cf, dataset.py (`mag_pha_stft`, `mag_pha_istft`) and best_ckpt/config.json.
"""

from __future__ import annotations

import torch

N_FFT, HOP_LENGTH = 400, 100
N_BINS = N_FFT // 2 + 1
_COMPRESSION = 0.3
"""Exponent of the magnitude."""


def analyse(samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return compressed magnitude and phase in radians, shape (frequency, frame), float32, of samples of shape (time,).

    The clip needs more than N_FFT / 2 samples, because it is reflected at both ends.
    """
    window = torch.hann_window(N_FFT, dtype=torch.float64, device=samples.device)
    spectrum = torch.stft(samples.double(), N_FFT, HOP_LENGTH, window=window, pad_mode="reflect", return_complex=True)
    # The small numbers are the authors'; the checkpoints were trained with them.
    magnitude = torch.sqrt(spectrum.real.square() + spectrum.imag.square() + 1e-9)
    phase = torch.atan2(spectrum.imag + 1e-10, spectrum.real + 1e-5)
    return (magnitude**_COMPRESSION).float(), phase.float()


def synthesise(magnitude: torch.Tensor, phase: torch.Tensor, n_samples: int) -> torch.Tensor:
    """Return samples of shape (time,) of compressed magnitude and phase, shape (frequency, frame)."""
    window = torch.hann_window(N_FFT, device=magnitude.device)
    spectrum = torch.polar(magnitude ** (1 / _COMPRESSION), phase)
    return torch.istft(spectrum, N_FFT, HOP_LENGTH, window=window, length=n_samples)
