"""Framing of DTLN: blocks of 512 samples with a hop of 128, without any window, added up without normalisation.

The rule: a stream that starts with 384 zeros. Then the first hop of a clip has its four frames, like every other hop,
and the output is aligned with the input after 384 samples are dropped.

Source: breizhn/DTLN@1de1f15, real_time_processing_onnx.py.
"""

from __future__ import annotations

from ..frames import Framing

SAMPLE_RATE = 16_000
FRAMING = Framing(win_length=512, hop_length=128, lead_samples=384)
N_BINS = FRAMING.win_length // 2 + 1
N_HIDDEN = 128
"""Units of each LSTM."""
