# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints as published: the recorded ones as they lie there, and small ones written here with every fault."""

import json
from pathlib import Path

import numpy as np
import probtalk3d
import published
import pytest
import torch
from mien.audio.speech import read_speech
from mien.engines.base import EngineError
from mien.engines.probtalk3d_published.code_predictor import PredictorConfig
from mien.engines.probtalk3d_published.flame_motion import to_flame
from mien.engines.probtalk3d_published.hubert import read_config
from mien.engines.probtalk3d_published.motion_prior import MotionPrior, PriorConfig
from mien.engines.probtalk3d_published.network import PublishedNetwork, read_prior, read_stage_2
from mien.engines.probtalk3d_published.quantiser import sample_codes, sampling
from mien.engines.probtalk3d_published.style_labels import style
from mien.numeric.random_streams import stream
from published import STAGE_1, STAGE_2, weights

SOUND = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)


@pytest.fixture
def hubert(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(probtalk3d.HUBERT))
    return tmp_path


@pytest.fixture
def prior() -> MotionPrior:
    return published.prior()


@pytest.fixture
def model(hubert: Path) -> PublishedNetwork:
    return published.model(hubert)


def saved(folder: Path, weights: dict[str, torch.Tensor], settings: dict) -> Path:
    return published.saved(folder / "last.ckpt", weights, settings)


def test_a_prior_is_read_as_it_was_saved(tmp_path: Path, prior: MotionPrior) -> None:
    network = read_prior(saved(tmp_path, weights(prior), STAGE_1))
    motion = torch.rand(1, 9, 53)
    torch.testing.assert_close(network(motion)[0], prior(motion)[0], rtol=0, atol=1e-5)
    assert network.config == probtalk3d.PRIOR and not network.training


@probtalk3d.needs_transformers
def test_a_model_is_read_as_it_was_saved_and_speaks(tmp_path: Path, model: PublishedNetwork, hubert: Path) -> None:
    network = read_stage_2(saved(tmp_path, weights(model), STAGE_2), hubert)
    one = style("M003", "happy", "high")
    motion = network.generate(SOUND, one)
    assert motion.shape == (((8000 - 400) // 320 + 1) // 2, 53) and motion.dtype == np.float32
    # other memory may be summed in another order, the same network gives the same bits
    np.testing.assert_allclose(motion, model.generate(SOUND, one), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(motion, network.generate(SOUND, one))


@probtalk3d.needs_transformers
def test_a_seed_is_one_performance_and_another_seed_another(model: PublishedNetwork) -> None:
    one = style("M003", "happy", "high")
    first, same, other = (model.generate(SOUND, one, sampling(stream(seed, "codes"), 5.0)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 0.01


@probtalk3d.needs_transformers
def test_loudness_hardly_changes_the_audio_features(model: PublishedNetwork) -> None:
    with torch.inference_mode():
        torch.testing.assert_close(model.encode_audio(0.1 * SOUND), model.encode_audio(SOUND), rtol=0, atol=1e-3)


def changed(settings: dict, path: str, value: object) -> dict:
    settings = json.loads(json.dumps(settings))
    below, *above = path.split("/")[::-1]
    place = settings
    for key in reversed(above):
        place = place[key]
    if value is None:
        del place[below]
    else:
        place[below] = value
    return settings


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("nfeats", None, "does not say nfeats: it is no checkpoint of ProbTalk3D, or another stage's"),
        ("nfeats", 403, "moves 403 numbers a frame; the published ProbTalk3D 53"),
        ("n_embed", "many", "says n_embed is 'many'; expected a whole number"),
        ("n_embed", True, "says n_embed is 'True'; expected a whole number"),
        ("zquant_dim", 0, "says zquant_dim is '0'; expected a whole number"),
        ("zquant_dim", 5, "codes of 5 numbers do not fit together"),
        ("motion_encoder", 7, "says motion_encoder is no set of values"),
        ("motion_encoder/latent_dim", 10**9, "says latent_dim is '1000000000'; expected a whole number up to 16384"),
        ("motion_encoder/num_layers", 10**9, "says num_layers is '1000000000'; expected a whole number up to 100"),
        ("motion_encoder/num_heads", 3, "3 heads do not divide a width of 16"),
        ("motion_encoder/quant_factor", 1, "says quant_factor is 1; the published ProbTalk3D has 0"),
        ("motion_decoder/latent_dim", 32, "a decoder 32 wide"),
        ("motion_decoder/num_layers", 3, "lacks 'motion_decoder.decoder_transformer.net.4"),
        ("motion_decoder/num_layers", 1, "has the unknown 'motion_decoder.decoder_transformer.net.2"),
        ("motion_decoder/intermediate_size", 16384, "'motion_decoder.decoder_transformer.* of other shapes"),
        ("n_embed", 16384, "'quantize.embedding.weight' of other shapes than the settings ask for"),
    ],
)
def test_settings_that_are_missing_or_do_not_fit_are_named(
    tmp_path: Path, prior: MotionPrior, path: str, value: object, sentence: str
) -> None:
    with pytest.raises(EngineError, match=sentence):
        read_prior(saved(tmp_path, weights(prior), changed(STAGE_1, path, value)))


@probtalk3d.needs_transformers
@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("one_hot_dim", [15, 8, 3], "was trained for other speakers, emotions or frame rates"),
        ("video_framerate", 30, "was trained for other speakers, emotions or frame rates"),
        ("feature_predictor/latent_dim", 32, "its predictor is 32 wide, its prior 16"),
        ("motion_prior", None, "does not say motion_prior"),
    ],
)
def test_a_model_of_other_labels_or_sizes_is_refused(
    tmp_path: Path, model: PublishedNetwork, hubert: Path, path: str, value: object, sentence: str
) -> None:
    with pytest.raises(EngineError, match=sentence):
        read_stage_2(saved(tmp_path, weights(model), changed(STAGE_2, path, value)), hubert)


@probtalk3d.needs_transformers
def test_another_audio_model_than_the_base_needs_its_configuration(tmp_path: Path, model: PublishedNetwork) -> None:
    with pytest.raises(EngineError, match=r"lacks 'feature_extractor\.audiomodel.*give that model's config\.json"):
        read_stage_2(saved(tmp_path, weights(model), STAGE_2))


@probtalk3d.needs_transformers
def test_one_stage_for_the_other_is_refused(tmp_path: Path, model: PublishedNetwork, hubert: Path) -> None:
    with pytest.raises(EngineError, match="does not say motion_encoder"):
        read_prior(saved(tmp_path, weights(model), STAGE_2))
    with pytest.raises(EngineError, match="was trained for other|does not say one_hot_dim"):
        read_stage_2(saved(tmp_path, weights(model.motion_prior), STAGE_1), hubert)


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, prior: MotionPrior) -> None:
    broken = weights(prior)
    broken["quantize.embedding.weight"] = torch.full((12, 8), float("nan"))
    with pytest.raises(EngineError, match="'quantize.embedding.weight' with weights that are no numbers"):
        read_prior(saved(tmp_path, broken, STAGE_1))


def test_what_is_no_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(b"no")
    with pytest.raises(EngineError, match="the checkpoint .*last.ckpt cannot be read: last.ckpt is no zip"):
        read_prior(tmp_path / "last.ckpt")
    with pytest.raises(EngineError, match="cannot be read"):
        read_stage_2(tmp_path / "nowhere.ckpt")


def listed(stage: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the published state dict."""
    shapes = {}
    for line in (probtalk3d.GOLDEN / f"state_dict_keys_stage{stage}.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, shape, *_ = line.split("\t")
            shapes[name] = tuple(int(n) for n in shape.strip("()").split(",") if n.strip())
    return shapes


def shapes_of(net: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in weights(net).items()}


def read_ones(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Without tables that are computed, sums of losses and what only training needs."""
    ignored = (".pe", "masked_spec_embed")
    return {name: shape for name, shape in shapes.items() if not (name.endswith(ignored) or "_losses." in name)}


@probtalk3d.needs_golden
def test_the_names_of_stage_1_are_the_published_ones() -> None:
    with torch.device("meta"):
        shapes = shapes_of(MotionPrior(PriorConfig()))
    assert len(listed(1)) == 161 and read_ones(shapes) == read_ones(listed(1))


@probtalk3d.needs_golden
@probtalk3d.needs_transformers
def test_the_names_of_stage_2_are_the_published_ones() -> None:
    with torch.device("meta"):
        shapes = shapes_of(PublishedNetwork(read_config(None), PredictorConfig(), MotionPrior(PriorConfig())))
    assert len(listed(2)) == 527 and read_ones(shapes) == read_ones(listed(2))


@pytest.fixture(scope="module")
def recorded_model() -> PublishedNetwork:
    return read_stage_2(probtalk3d.checkpoint(2), probtalk3d.TINY / "hubert_config.json")


@probtalk3d.needs_golden
@probtalk3d.needs_transformers
@pytest.mark.parametrize("case", probtalk3d.CASES)
@torch.inference_mode()
def test_every_recorded_number_from_the_sound_to_flame(recorded_model: PublishedNetwork, case: str) -> None:
    wanted = probtalk3d.recorded(2, case)
    speech = read_speech(probtalk3d.GOLDEN / "wav" / str(wanted["wav"]))
    _, speaker, emotion, intensity = case.split("_")
    one = style(speaker, emotion, intensity)

    inputs = torch.from_numpy(wanted["input_values"])
    probtalk3d.close(recorded_model.feature_extractor(inputs), wanted["hubert_last_hidden"], 1e-4)
    audio = recorded_model.encode_audio(speech.samples)
    probtalk3d.close(audio, wanted["paired_features"], 1e-4)
    probtalk3d.close(recorded_model.feature_predictor(audio, one), wanted["prequant"], 1e-4)
    _, quantised = recorded_model(audio, one)
    assert quantised.codes.tolist() == wanted["indices"].tolist()
    probtalk3d.close(quantised.features, wanted["quant"], 1e-5)
    motion = recorded_model.generate(speech.samples, one)
    probtalk3d.close(motion[None], wanted["motion_norm"], 1e-5)
    probtalk3d.close(to_flame(motion)[None], wanted["motion_403"], 1e-4)


@probtalk3d.needs_golden
@probtalk3d.needs_transformers
@pytest.mark.parametrize(("temperature", "k"), [(0.2, 1), (5.0, 1), (5.0, 3)])
def test_drawn_motion_is_the_recorded_one_for_the_recorded_noise(
    recorded_model: PublishedNetwork, temperature: float, k: int
) -> None:
    wanted = probtalk3d.recorded(2, "a_M009_angry_medium")
    speech = read_speech(probtalk3d.GOLDEN / "wav" / str(wanted["wav"]))
    noise = torch.from_numpy(wanted[f"sample_t5.0_k{k}_expnoise"])
    codes = []

    def choose(distances: torch.Tensor) -> torch.Tensor:
        codes.append(sample_codes(distances, noise, temperature, k))
        return codes[-1]

    motion = recorded_model.generate(speech.samples, style("M009", "angry", "medium"), choose)
    assert codes[0].tolist() == wanted[f"sample_t{temperature}_k{k}_indices"].tolist()
    probtalk3d.close(motion[None], wanted[f"sample_t{temperature}_k{k}_motion_norm"], 1e-5)
