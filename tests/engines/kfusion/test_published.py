# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.engines.kfusion.published import AUDIO_SIZE, AUDIO_STEPS, PublishedKFusion


def test_the_published_number_of_parameters() -> None:
    assert sum(parameter.numel() for parameter in PublishedKFusion().parameters()) == 20_300_730


def test_one_second_of_sound_gives_thirty_frames_of_68_landmarks() -> None:
    network = PublishedKFusion().eval()
    with torch.inference_mode():
        landmarks = network(torch.rand(2, AUDIO_STEPS, AUDIO_SIZE), torch.rand(2, 2, 68), torch.ones(2))
    assert landmarks.shape == (2, 30, 2, 68)


def test_attention_is_over_time_and_examples_do_not_meet() -> None:
    """In the released code, which attends over the batch, the second example changes the first."""
    torch.manual_seed(0)
    network = PublishedKFusion().eval()
    audio, identity = torch.rand(2, AUDIO_STEPS, AUDIO_SIZE), torch.rand(2, 2, 68)
    with torch.inference_mode():
        both = network(audio, identity, torch.ones(2))
        alone = network(audio[:1], identity[:1], torch.ones(1))
        late = audio.clone()
        late[0, -1] += 1
        changed = network(late, identity, torch.ones(2))
    torch.testing.assert_close(both[:1], alone, atol=1e-5, rtol=1e-4)
    assert (changed[0] - both[0]).abs().max() > 1e-4 and torch.allclose(changed[1], both[1], atol=1e-5)


def test_an_emotion_changes_the_landmarks() -> None:
    torch.manual_seed(0)
    network = PublishedKFusion().eval()
    audio, identity = torch.rand(1, AUDIO_STEPS, AUDIO_SIZE), torch.rand(1, 2, 68)
    with torch.inference_mode():
        weak, strong = (network(audio, identity, torch.tensor([gain])) for gain in (0.3, 1.0))
    assert (weak - strong).abs().max() > 1e-4
