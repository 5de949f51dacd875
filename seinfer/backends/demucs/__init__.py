"""Demucs, as in facebook's `denoiser`: a U-Net on the waveform with an LSTM in the middle. 16 kHz, mono.

| model | parameters | LSTM | trained on |
|---|---|---|---|
| denoiser-dns48 | 18.9 million | causal | DNS 2020 |
| denoiser-dns64 | 33.5 million | causal | DNS 2020 |
| denoiser-master64 | 33.5 million | causal | DNS 2020 and Valentini |
| denoiser-valentini-nc | 60.8 million | bidirectional | Valentini |

A clip passes through these steps:

1. `options.py` checks the options of the model's table: the arguments of the network, and `dry`, the share of the input
   in the output. `checkpoint.py` reads the weights, in any of the three forms that the authors' code writes.
2. `model.py` divides the clip by 1e-3 plus its standard deviation (unbiased, of the whole clip). The mean is kept.
3. `network.py` pads the clip on the right with zeros until every convolution fits.
4. `resampling.py` raises the rate 4 times (valentini-nc: 2 times) with a windowed sinc.
5. `network.py` runs 5 encoder levels (convolution of 8 taps with stride 4 or 2, ReLU, 1x1 convolution, GLU), the
   2-layer LSTM, and 5 mirrored decoder levels, each of which first adds the output of its encoder level. The layers
   are those of the PyPI package `denoiser`.
6. `resampling.py` lowers the rate again, and `model.py` cuts the clip to its length and multiplies it by the deviation
   (without the 1e-3).

Clips of 3 s and less run in one batch. `long_clips.py` runs a longer clip of a causal network in blocks, with an exact
result, and one of more than 30 s of the other network in overlapping windows, an approximation. `two_passes.py` runs a
clip that does not fit into memory: one pass for its deviation, one for the result.

Traps:

- "Causal" refers to the LSTM only: the convolutions look 701 samples (44 ms) ahead, and the deviation sees all of the
  clip. The authors' streamer is another algorithm, whose output differs by 9 to 18 %, so it is not used.
- Silence gives exact silence. A single sample has no deviation: the original gives NaN, we give silence.
- Zeros behind the shorter clips of a batch change their results by up to 0.46 of the peak unless they are set to zero
  again at every level, and a bidirectional LSTM must start at each clip's own last frame (`network.py`).
- The authors' script divides a file by its peak if that exceeds 1, the noisy and the enhanced file separately. Here no
  level is changed.
- At batch size 1, the sinc filter takes a third of the original's time for 0.25 % of its arithmetic (`resampling.py`).
- Code and weights are CC-BY-NC-4.0: non-commercial use only.

Source: Défossez, Synnaeve and Adi, "Real time speech enhancement in the waveform domain", Interspeech 2020
(arXiv:2006.12847); facebookresearch/denoiser@8afd7c1, denoiser/demucs.py, denoiser/resample.py and denoiser/enhance.py.
"""

from .model import load
from .options import DEFAULT_OPTIONS

__all__ = ["DEFAULT_OPTIONS", "load"]
