"""DTLN, the dual-signal transformation LSTM network: one published network, in float and in int8. 16 kHz, causal.

986,753 parameters. Blocks of 512 samples, a hop of 128, latency 32 ms; two masks one after the other, the first on the
spectrum, the second on a learned transform of the first result.

| model | loaded by | runs |
|---|---|---|
| dtln | `load` | many frames of many clips per call, in onnxruntime |
| dtln-quant (dynamic-range int8) | `load_litert` | one frame of one clip per call, in LiteRT |

How a clip flows through dtln:

1. `onnx.py`, `Dtln.enhance`: the clips of a batch run side by side, in one group per thread.
2. `..frames` cuts each clip into frames and adds the output frames up again; no window at either end (`signal.py`).
3. `onnx.py`, `Network.run`: FFT (257 bins) -> the graph of `graph.py` -> frames of 512 samples. Inside: magnitude ->
   two LSTMs of 128 units -> dense layer, sigmoid: the first mask, on the spectrum -> inverse FFT and encoder in one
   matrix (256 channels) -> each frame normalised -> two LSTMs -> dense layer, sigmoid: the second mask, on the encoding
   before its normalisation -> decoder.
4. At loading, `weights.py` reads the two published ONNX files strictly.

dtln-quant (`litert.py`) runs the published pair of TFLite files in the same steps, frame by frame.

Traps, with the SNR of the wrong output relative to the right one (p287_003 of the test clips):

- The published scripts write their output 384 samples late: SI-SDR of -25 dB, while PESQ does not change. Here the clip
  starts after 384 zeros, which are removed, and its tail is complete.
- A window before the FFT: 11 dB. Samples on the scale of int16: 14 dB; the network is not neutral to the level.
- The normalisation adds 1e-7 to the variance: 1e-5 gives 73 dB, 1e-3 gives 38 dB.
- h and c of the state swapped: 6 dB. State not carried: -2 dB.
- More zeros in front of the clip: 22 dB for one second, because the LSTMs hear silence there.
- `run_evaluation.py` pads 384 zeros behind the clip only, so its last incomplete hop lacks one of its four frames.

Paper: Westhausen and Meyer, "Dual-Signal Transformation LSTM Network for Real-Time Noise Suppression", Interspeech 2020
(arXiv:2005.07551). Source: breizhn/DTLN@1de1f15 (MIT).
"""

from .litert import load as load_litert
from .onnx import load

__all__ = ["load", "load_litert"]
