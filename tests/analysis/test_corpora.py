from __future__ import annotations

import pytest

from seinfer.analysis.corpora import CORPORA, corpora_of_clip, trained_on
from seinfer.core.records import Clip


@pytest.mark.parametrize(
    ("path", "corpus"),
    [
        ("/d/noisy_testset_wav/p232_001.wav", "VCTK or VoiceBank-DEMAND"),
        ("/d/p287_006_mic1.flac", "VCTK or VoiceBank-DEMAND"),
        ("/data/vctk16k/noisy/a.wav", "VCTK or VoiceBank-DEMAND"),
        ("/d/clnsp1_train_69005_1_snr15_tl-21_fileid_158.wav", "the DNS challenge"),
        ("/d/ms_realrec_emotional_female_SNR_17.74dB_headset_A1.wav", "the DNS challenge"),
        ("/DNS-Challenge/noisy/x.wav", "the DNS challenge"),
        ("/wsj0/si_et_05/440c0201.wav", "WSJ"),
        ("/d/440c0201.wav", "WSJ"),
        ("/d/p999_001.wav", ""),
        ("/recordings/2024-01-05/meeting_p25.wav", ""),
        ("/dnsmasq/x.wav", ""),
        ("/d/shop232_001x.wav", ""),
    ],
)
def test_corpora_of_clip_recognises_the_file_names_of_a_corpus(path: str, corpus: str) -> None:
    assert [found.name for found in corpora_of_clip(Clip("x", path))] == ([corpus] if corpus else [])


def test_trained_on_finds_the_training_data_of_models_toml() -> None:
    data = ["DNS-3", "VoiceBank-DEMAND", "VCTK", "WSJ", "OpenSLR26"]
    found = {corpus.name: trained_on(corpus, data) for corpus in CORPORA}
    assert found == {
        "VCTK or VoiceBank-DEMAND": ["VoiceBank-DEMAND", "VCTK"],
        "the DNS challenge": ["DNS-3"],
        "WSJ": ["WSJ"],
    }
