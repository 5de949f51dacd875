"""DeepFilterNet 2 and 3, full band at 48 kHz: the networks in onnxruntime (`load`) or in torch (`load_torch`).

Papers: Schröter et al., "DeepFilterNet: A Low Complexity Speech Enhancement Framework for Full-Band Audio Based on Deep
Filtering", ICASSP 2022 (arXiv:2110.05588); "DeepFilterNet2: Towards Real-Time Speech Enhancement on Embedded Devices
for Full-Band Audio", IWAENC 2022 (arXiv:2205.05474); "DeepFilterNet: Perceptually Motivated Real-Time Speech
Enhancement", Interspeech 2023 (arXiv:2305.08227), which is the paper of DeepFilterNet 3.

2.3 million parameters (version 2) and 2.1 million (version 3). Frames of 960 samples, hop 480; 32 ERB bands get a gain
each, and the lowest 96 bins are filtered over 5 frames. Causal with a look-ahead: latency 60 ms (2) and 40 ms (3).

How a clip flows through it:

1. `clips.py`, `DeepFilterNet.enhance`: the clips of a batch run in groups, longest first, 400 frames at a time. A
   stream of one clip is `ClipStream` in the same module.
2. `clips.py`, `_Clip.features`: `..frames` cuts the signal into frames (Vorbis window, FFT); `features.py`, `FrontEnd`
   computes the level of each band and the normalised spectrum of the low bins, each relative to a running mean.
3. The network, gains and filter coefficients for the frames two ahead: `onnx.py`, `OnnxNetwork` runs the authors' three
   graphs (encoder, ERB decoder, filter decoder), which `graphs.py` has changed in memory so that they accept batches
   and carry their state; or `torch.py`, `TorchNetwork` runs the network of the authors' package.
4. `features.py`, `NoisyFilter` (version 3) or `MaskedFilter` (version 2): gains and deep filter are applied to the
   spectrum, then the optional post-filter and attenuation limit.
5. `clips.py`, `_Clip.enhanced`: inverse FFT; overlap-add and the compensation of the delay are in `..frames`.

At loading, `config.py` reads the authors' config.ini and refuses every setting that is not implemented here.

Traps:

- Version 3 filters the low bins of the noisy spectrum, version 2 those of the masked spectrum. The post-filters differ
  too: version 3 applies it to the gain of each bin, version 2 to the 32 gains of the bands.
- The ONNX files contain neither the shift by two frames, nor the STFT, the masks or the filter.
- Uncompensated delay lowers the STOI of version 3 from 0.974 to 0.860 and SI-SDR from 20 to -13.7 dB.
- In a batch, pad the features, never the audio: zeros in the audio change the last 932 samples (version 3) or 1,865
  samples (version 2).
- The output depends on the level of the input (13 dB SNR between full scale and a tenth of it): never normalise.
- The output is that of today's package (0.5.6; the same from 0.3.0 on), also in the first 20 ms, and not that of the
  package up to 0.2.5, which made the authors' published files of version 2 (Rikorose/DeepFilterNet2-Samples, May 2022).
  The old package shifted the masked spectrum by two frames for the look-ahead (`pad_mode = input_specf` in config.ini)
  and lost the first two, so the filter saw zeros in their place. A clip that begins with sound therefore begins
  otherwise there: clip A3CDW by up to 216 steps of 16 bits in its first 20 ms, A72LC by up to 230. With these two
  frames dropped, the first 20 ms of all six clips equal the published ones to one step. After 20 ms the two ways
  differ by two steps at most.
- The authors' Rust program also gates on local SNR and silence, so it is not a reference for this output.

Source: Rikorose/DeepFilterNet@d375b2d8309e0935d165700c91da9de862a99c31 (deepfilternet 0.5.6): models/*_onnx.tar.gz,
libDF/src/lib.rs and DeepFilterNet/df. MIT OR Apache-2.0. Both ways of running version 3 give the same output (130 dB).
"""

from .config import DEFAULT_OPTIONS
from .onnx import load
from .torch import load as load_torch

__all__ = ["DEFAULT_OPTIONS", "load", "load_torch"]
