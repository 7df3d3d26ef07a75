"""A run: the loop, and everything that a checkpoint holds."""

import math
import os
import platform
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from torch import Tensor, nn

from training.batches import Batch, Batches
from training.bins import gamut_bins, log_rarity
from training.checkpoint import State, read_checkpoint, write_checkpoint
from training.config import Config
from training.ema import Ema
from training.encoder import load_imagenet
from training.losses import classification, disagreement
from training.perceptual import Perceptual, decoded
from training.pool import Pool
from training.watch import GOAL, Validation, sheet
from vidcolor_models.film import Film
from vidcolor_models.loading import load_model

_LAST = "last.pt"


class Logits(nn.Module):
    """A network whose forward pass stops before the mean: what DDP and AMP wrap."""

    def __init__(self, network: Film) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits of a batch (N, Q, H/4, W/4)."""
        lightness = batch.lightness.contiguous(memory_format=torch.channels_last)
        return self.network.logits(lightness, batch.hint_ab, batch.hint_mask)


class Run:
    """A run in the folder `out`, which goes on where its last checkpoint was written.

    With a `validation`, the running mean that did best in it is kept as best.pt.

    Raises:
        ValueError: the checkpoint is damaged, or `config.start` no film model.
        WeightsError: the weights to start with cannot be read.
    """

    def __init__(
        self,
        config: Config,
        accelerator: Accelerator,
        out: Path,
        pictures: Pool,
        validation: Validation | None = None,
    ) -> None:
        self.config, self.accelerator, self.out = config, accelerator, out
        self.validation = validation
        self.step, self.seconds, self.best = 0, 0.0, -math.inf
        last = out / _LAST
        checkpoint = read_checkpoint(last) if last.exists() else None
        torch.manual_seed(config.seed)  # of what no other network's weights replace
        self.network = Film() if checkpoint else first_network(config.start)
        self.network.to(accelerator.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if not checkpoint:
            self.network.rarity.copy_(log_rarity(pictures, self.network.bins))
        self.ema = Ema(self.network, config.ema)
        self.perceptual = Perceptual().eval().to(accelerator.device)
        self.optimizer = torch.optim.AdamW(
            parameters(self.network, config.encoder_rate),
            weight_decay=config.weight_decay,
            fused=True,
        )
        self.facts = {  # for the weights' card
            "config": asdict(config),
            "pictures": len(pictures),
            "hardware": _hardware(accelerator),
        }
        if checkpoint:
            self._restore(checkpoint)
        self.module, self.optimizer = accelerator.prepare(
            Logits(self.network), self.optimizer
        )
        # What was logged after the checkpoint will come again.
        purge = {"tensorboard": {"purge_step": self.step + 1}}
        accelerator.init_trackers("", init_kwargs=purge)

    def go(self, batches: Batches, deadline: float = math.inf) -> None:
        """Run to the last step, or to the deadline; leave a checkpoint either way.

        The deadline is on `time.monotonic`'s clock.

        Raises:
            FloatingPointError: the loss, or the gradient, is no longer a number.
        """
        config = self.config
        self._start_training()
        with self._progress() as progress:
            bar = progress.add_task("", total=config.steps, completed=self.step)
            while self.step < config.steps and not self._is_over(deadline):
                figures = self._advance(batches)
                self.accelerator.log(figures, step=self.step)
                if self.step % config.validate_every == 0:
                    self._inspect(batches[self.step - 1])
                if self.step % config.checkpoint_every == 0:
                    self._save()
                words = f"loss {figures['loss']:.3f}  views {figures['views']:.3f}"
                progress.update(bar, completed=self.step, description=words)
        self._save()
        if self.validation is not None and self.best == -math.inf:
            self.accelerator.print(
                f"{self.out}: no best.pt, for no network came to four fifths of the "
                "validation's colourfulness"
            )

    def _start_training(self) -> None:
        self.module.train()
        if self.config.frozen_norms:
            for module in self.network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

    def _is_over(self, deadline: float) -> bool:
        """Tell whether the deadline is over for any process: all stop together."""
        if time.monotonic() > deadline:
            self.accelerator.set_trigger()
        return bool(self.accelerator.check_trigger())

    def _advance(self, batches: Batches) -> dict[str, float]:
        """Train up to the next step that is logged, and return its figures."""
        began = time.monotonic()
        while True:
            rate = learning_rate(self.step, self.config)
            measured = self._take_step(batches[self.step], rate)
            if self.step % self.config.log_every == 0 or self.step == self.config.steps:
                break
        figures = {name: float(value) for name, value in measured.items()}
        for name, value in figures.items():
            if not math.isfinite(value):
                raise FloatingPointError(f"step {self.step}: {name} is {value}")
        self.seconds += time.monotonic() - began
        return figures | {"rate": rate, "seconds": self.seconds}

    def _take_step(self, batch: Batch, rate: float) -> dict[str, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
        logits = self.module(batch).float()
        loss = classification(logits, batch.ab, self.network.bins)
        views = look = loss.new_zeros(())
        if self.config.views > 1:
            views = disagreement(logits, batch.shift)
        if self.config.perceptual:
            look = self._look_at(logits, batch)
        self.accelerator.backward(
            loss + self.config.consistency * views + self.config.perceptual * look
        )
        norm = self.accelerator.clip_grad_norm_(
            self.module.parameters(), self.config.gradient_norm
        )
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.ema.update(self.network)
        self.step += 1
        measured = {"loss": loss, "views": views, "look": look, "norm": norm}
        return {name: value.detach() for name, value in measured.items()}

    def _look_at(self, logits: Tensor, batch: Batch) -> Tensor:
        """Return how wrong the colours look."""
        ab = decoded(logits, self.network.bins, self.network.rarity)
        look: Tensor = self.perceptual(ab, batch.ab, batch.lightness)
        return look

    def _inspect(self, batch: Batch) -> None:
        """Log a sheet of the batch and the validation's figures; keep the best mean."""
        if not self.accelerator.is_main_process:
            return
        writer = self.accelerator.get_tracker("tensorboard", unwrap=True)
        writer.add_image(
            "seen, answered, true", sheet(self.ema.network, batch), self.step
        )
        if self.validation is None:
            return
        figures = self.validation.measure(self.ema.network)
        self.accelerator.log(
            {f"validation/{name}": value for name, value in figures.items()},
            step=self.step,
        )
        if figures[GOAL] > self.best:
            self.best = figures[GOAL]
            write_checkpoint(self.out / "best.pt", self._result())

    def _save(self) -> None:
        if self.accelerator.is_main_process:
            training = {
                "network": self.network.state_dict(),
                "ema_updates": self.ema.updates,
                "optimizer": self.optimizer.state_dict(),
                "best": self.best,
            }
            write_checkpoint(self.out / _LAST, self._result() | training)

    def _result(self) -> State:
        """Return what of a checkpoint is exported."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "facts": self.facts,
            "ema": self.ema.network.state_dict(),
        }

    def _restore(self, checkpoint: State) -> None:
        self._tell_changes(checkpoint["facts"]["config"])
        self.step, self.seconds = checkpoint["step"], checkpoint["seconds"]
        self.best = checkpoint["best"]
        self.network.load_state_dict(checkpoint["network"])
        self.ema.network.load_state_dict(checkpoint["ema"])
        self.ema.updates = checkpoint["ema_updates"]
        settings = [
            (g["share"], g["weight_decay"]) for g in self.optimizer.param_groups
        ]
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        for group, now in zip(self.optimizer.param_groups, settings, strict=True):
            group["share"], group["weight_decay"] = now  # which may be other ones

    def _tell_changes(self, before: dict[str, Any]) -> None:
        """Say which settings are not those that the run has had so far."""
        now = asdict(self.config)
        changed = [name for name in now if before.get(name) != now[name]]
        if changed:
            self.accelerator.print(f"{self.out}: goes on with other {changed}")

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            disable=not self.accelerator.is_main_process,
        )


def parameters(network: Film, encoder_rate: float) -> list[dict[str, Any]]:
    """Return the parameters to be trained, with their share of the learning rate.

    Where the encoder's is 0, it is told to need no gradients.
    """
    if not encoder_rate:
        network.encoder.requires_grad_(False)
    encoder = list(network.encoder.parameters())
    known = {id(parameter) for parameter in encoder}
    rest = [p for p in network.parameters() if id(p) not in known]
    groups = [{"params": rest, "share": 1.0}]
    if encoder_rate:
        groups.append({"params": encoder, "share": encoder_rate})
    return groups


def first_network(start: str) -> Film:
    """Return a network to train: another run's, or one that knows ImageNet only.

    Raises:
        ValueError: `start` is not a film model.
        WeightsError: its weights cannot be read.
    """
    if not start:
        network = Film()
        load_imagenet(network.encoder)
        network.bins.copy_(gamut_bins())
        return network
    loaded = load_model(start).network
    if not isinstance(loaded, Film):
        raise ValueError(f"{start}: not a film model, so it cannot be trained further")
    return loaded


def learning_rate(step: int, config: Config) -> float:
    """Return the rate at a step: it rises, holds, and falls to 0 along a cosine."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    done = max(0.0, 1 - (config.steps - step) / max(1, config.cooldown))
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def _hardware(accelerator: Accelerator) -> str:
    device = accelerator.device
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:
        name = f"{device.type} ({platform.machine()}, {os.cpu_count()} cores)"
    count = accelerator.num_processes
    return f"{count} x {name}, PyTorch {torch.__version__}"
