"""DPCRN, the dual-path convolution recurrent network: two published models, in TensorFlow and in LiteRT.

Paper: Le, Chen, Chen and Lu, "DPCRN: Dual-Path Convolution Recurrent Network for Single Channel Speech Enhancement",
Interspeech 2021 (doi:10.21437/Interspeech.2021-296). Both models run at 16 kHz and are causal.

| model | loaded by | parameters | frame | hop |
|---|---|---|---|---|
| dpcrn-tf | `load_tf` | 804,646, with LSTMs | 400 samples (25 ms) | 200 samples |
| dpcrn-quant (int8), dpcrn-float | `load_litert` | 531,515, with GRUs | 512 samples (32 ms) | 256 samples |

Source of dpcrn-tf: Le-Xiaohuai-speech/DPCRN_DNS3@c7fe17d, main.py, modules.py and pretrain_model/. Source of the other
two: Le-Xiaohuai-speech/SKIP-DPCRN@40e9bb6; graphs from zeynepgulhanuslu/SKIP-DPCRN-Base-Tflite-And-Onnx@e522527,
pretrained_weights/DPCRN_base.

How a clip flows through dpcrn-tf:

1. `tensorflow.py`, `DpcrnTf.enhance`: each clip of a batch runs by itself, `threads` clips in parallel. A tail of zeros
   is added, the clip is cut into blocks of 1.25 s, and the output is cut to the length of the clip.
2. `network.py`, `Network.advance` -> `Graph`: the next block of samples and the `State` after the last block ->
   the next block of the output and the next state. Inside: sine window and FFT (201 bins) -> real and imaginary part,
   each frame normalised -> 5 causal convolutions (201 bins -> 50 bands, 128 channels) -> 2 dual-path blocks (an LSTM
   over the bands in both directions, an LSTM over the frames) -> 5 transposed convolutions with skip connections ->
   a complex ratio mask, which multiplies the noisy spectrum -> inverse FFT, window, overlap-add.
3. The arrays that step 2 computes with are described in `layers.py`. At loading, `checkpoint.py` reads the Keras file
   (.h5) strictly and `weights.py` turns it into those arrays.

How a clip flows through dpcrn-quant and dpcrn-float:

1. `litert.py`, `DpcrnLitert.enhance`: each clip by itself, `threads` clips in parallel, one interpreter per thread.
2. `..frames.FramedStream` cuts the clip into frames and adds the output frames up again.
3. `litert.py`, `_Clip.mask`: FFT (257 bins) -> (Re, Im, log power) -> the graph, frame by frame, with its state carried
   outside -> magnitude mask, sine and cosine of a phase correction -> multiplied with the spectrum -> inverse FFT.

Traps, with the SNR of the wrong output relative to the authors' own output (68 dB if everything is right):

- The outputs 1 and 2 of the LiteRT graphs are sine and cosine, in this order. The published scripts read them the other
  way round, which turns every bin by 90 degrees: SI-SDR -49 dB, while PESQ and STOI do not change.
- The scale and offset of the layer normalisation are stored as (channel, frequency) and must be reshaped to
  (frequency, channel), not transposed: 4 dB.
- The gates use the hard sigmoid of Keras 2, clip(0.2 x + 0.5, 0, 1): that of Keras 3 gives 26 dB, the sigmoid 19 dB.
- The sine window has a half sample in it, sin(pi (n + 1/2) / 400): without it 38 dB.
- No zeros in front of a clip: the LSTMs hear silence there, 32 to 40 dB. Zeros after the clip are safe.
- A long clip in chunks with overlap is not exact (30 dB with 10 s of context); the state must be carried.

None of the repositories states a licence: users may fetch the weights for themselves; they must not be redistributed.
"""

from .litert import load as load_litert
from .tensorflow import load as load_tf

__all__ = ["load_litert", "load_tf"]
