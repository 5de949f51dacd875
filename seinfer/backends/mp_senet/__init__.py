"""MP-SENet: magnitude and phase of the spectrum, estimated in parallel by transformers. 16 kHz, mono, not causal.

2.3 million parameters. Two published checkpoints: DNS 2020 (mp-senet) and VoiceBank+DEMAND (mp-senet-vb).

A clip passes through these steps:

1. `options.py` checks the options of the model's table.
2. `model.py` divides the clip by its root mean square.
3. `spectrum.py` takes the STFT (400 samples, hop 100, centred) as magnitude to the power of 0.3, and phase.
4. `network.py` runs a dense convolutional encoder, 4 pairs of transformers (attention and a GRU in both directions,
   over frequency and over time), a decoder for a mask on the magnitude and one for the phase.
5. `spectrum.py` returns to samples, and `model.py` multiplies by the root mean square.

Traps:

- The authors' attention and GRU take the first axis for the sequence, while the code puts the batch there. For one clip
  that only swaps the two transformers of a pair: the one named "time" runs over frequency. For more than one clip, the
  clips would mix. So here each clip runs by itself.
- Instance normalisation, attention and the root mean square see all of the clip, so there is no stream. A clip of more
  than 16 s runs in overlapping windows, an approximation, because memory grows with its length (2 GiB for 16 s).
- The phase of the first frame is pi or -pi at random in the authors' float32, by rounding (`spectrum.py`). With random
  weights that changes the whole clip; here the spectrum is computed in float64.
- The authors' output lacks up to 99 samples at the end of a clip: here it is as long as the input. The original gives
  NaN for silence, and an error for 200 samples or less: here these give silence, and a clip that is filled up with
  zeros.

Source: Lu, Ai and Ling, "Explicit estimation of magnitude and phase spectra in parallel for high-quality speech
enhancement", Neural Networks 189, 2025 (arXiv:2308.08926); yxlu-0102/MP-SENet@89932cf, models/model.py,
models/transformer.py, dataset.py and inference.py.
"""

from .model import load
from .options import DEFAULT_OPTIONS

__all__ = ["DEFAULT_OPTIONS", "load"]
