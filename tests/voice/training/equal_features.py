"""Run by the training environment: our features against kaldi-native-fbank's, which are vosk's."""

import sys
from pathlib import Path

import kaldi_native_fbank
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from voice.training.espeak import Espeak
from voice.training.spectrum import fbank

options = kaldi_native_fbank.FbankOptions()
options.frame_opts.samp_freq, options.frame_opts.dither, options.frame_opts.snip_edges = 16000, 0, True
options.mel_opts.num_bins, options.mel_opts.low_freq, options.mel_opts.high_freq = 40, 40, -200
options.energy_floor, options.use_energy = 0.0, False
samples = Espeak().say(["wo2", "xiang3", "gua4", "gu3", "ke1"], "f2")
samples = np.rint(samples + np.random.default_rng(1).normal(0, 3, len(samples))).astype(np.float32)
theirs = kaldi_native_fbank.OnlineFbank(options)
theirs.accept_waveform(16000, samples.tolist())
theirs.input_finished()
expected = np.stack([theirs.get_frame(place) for place in range(theirs.num_frames_ready)])
np.testing.assert_allclose(fbank(samples), expected, atol=2e-3)
