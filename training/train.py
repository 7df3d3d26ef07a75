"""Train `film`: python -m training.train CONFIG.toml --data SHARD... --out FOLDER.

Stops and goes on: run the same command again, and it continues from the last
checkpoint with the batches that would have come. On several GPUs: `accelerate launch`
or `torchrun` in front of `-m training.train`.
"""

import csv
import math
import os
import platform
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
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
from training.config import Config, read_config
from training.data import load_pictures
from training.ema import Ema
from training.encoder import load_imagenet
from training.losses import classification, disagreement
from vidcolor_models.film import Film


class Logits(nn.Module):
    """A network whose forward pass stops before the mean: what DDP and AMP wrap."""

    def __init__(self, network: Film) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits of a batch (N, Q, H/4, W/4)."""
        lightness = batch.lightness.contiguous(memory_format=torch.channels_last)
        return self.network.logits(lightness, batch.hint_ab, batch.hint_mask)


def main(
    config_file: Annotated[Path, typer.Argument(help="The run, as TOML.")],
    data: Annotated[list[Path], typer.Option(help="Folders or tar shards.")],
    out: Annotated[Path, typer.Option(help="Where checkpoints and the log go.")],
    stop_after: Annotated[float, typer.Option(help="Minutes; 0: no limit.")] = 0,
) -> None:
    """Train, or go on training."""
    config = read_config(config_file)
    accelerator = Accelerator(
        cpu=not torch.accelerator.is_available(),  # else torchrun has no CPU group
        mixed_precision="bf16",
        step_scheduler_with_optimizer=False,
    )
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    pictures = [picture for _, picture in load_pictures(data)]
    batches = Batches(
        pictures,
        config,
        accelerator.device,
        accelerator.process_index,
        accelerator.num_processes,
    )
    run = Run(config, accelerator, out, pictures)
    run.go(batches, deadline=time.monotonic() + stop_after * 60 if stop_after else None)


class Run:
    """Everything that a checkpoint holds, and the loop."""

    def __init__(
        self,
        config: Config,
        accelerator: Accelerator,
        out: Path,
        pictures: list[Tensor],
    ) -> None:
        self.config, self.accelerator, self.out = config, accelerator, out
        network = Film()
        load_imagenet(network.encoder)
        network.bins.copy_(gamut_bins())
        network.rarity.copy_(log_rarity(pictures, network.bins))
        network.to(accelerator.device)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.ema = Ema(network, config.ema)
        self.optimizer = torch.optim.AdamW(
            network.parameters(), weight_decay=config.weight_decay
        )
        self.step = 0
        self.seconds = 0.0
        self.network = network
        self.facts = {  # for the weights' card
            "config": {**asdict(config), "scale": list(config.scale)},
            "pictures": len(pictures),
            "hardware": _hardware(accelerator),
        }
        self._resume()
        self.module, self.optimizer = accelerator.prepare(
            Logits(network), self.optimizer
        )

    def go(self, batches: Batches, deadline: float | None) -> None:
        """Run to the last step, or to the deadline; leave a checkpoint either way."""
        self.module.train()
        with self._progress() as progress:
            bar = progress.add_task("", total=self.config.steps, completed=self.step)
            while self.step < self.config.steps:
                if deadline is not None and self._is_over(deadline):
                    break
                row = self._take_step(batches[self.step])
                progress.update(
                    bar,
                    completed=self.step,
                    description=f"loss {row['loss']:.3f}  views {row['views']:.3f}",
                )
                self._log(row)
                if self.step % self.config.checkpoint_every == 0:
                    self._save()
        self._save()

    def _is_over(self, deadline: float) -> bool:
        """Tell whether the deadline is over for any process: all stop together."""
        if time.monotonic() > deadline:
            self.accelerator.set_trigger()
        return bool(self.accelerator.check_trigger())

    def _take_step(self, batch: Batch) -> dict[str, float]:
        began = time.monotonic()
        rate = learning_rate(self.step, self.config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        logs = self.module(batch).float().log_softmax(dim=1)
        loss = classification(logs, batch.ab, self.network.bins)
        views = disagreement(logs, self.config.views)
        self.accelerator.backward(loss + self.config.consistency * views)
        norm = self.accelerator.clip_grad_norm_(
            self.module.parameters(), self.config.gradient_norm
        )
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.ema.update(self.network)
        self.step += 1
        self.seconds += time.monotonic() - began
        return {
            "step": self.step,
            "loss": loss.item(),
            "views": views.item(),
            "norm": float(norm),
            "rate": rate,
            "seconds": self.seconds,
        }

    def _log(self, row: dict[str, float]) -> None:
        if not self.accelerator.is_main_process:
            return
        path = self.out / "log.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if new:
                writer.writeheader()
            writer.writerow(row)

    def _save(self) -> None:
        if not self.accelerator.is_main_process:
            return
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "facts": self.facts,
            "network": self.network.state_dict(),
            "ema": self.ema.network.state_dict(),
            "ema_updates": self.ema.updates,
            "optimizer": self.optimizer.state_dict(),
        }
        temporary = self.out / "last.pt.part"
        torch.save(state, temporary)
        temporary.replace(self.out / "last.pt")

    def _resume(self) -> None:
        path = self.out / "last.pt"
        if not path.exists():
            return
        state: dict[str, Any] = torch.load(
            path, map_location=self.accelerator.device, weights_only=True
        )
        self.step, self.seconds = state["step"], state["seconds"]
        self.network.load_state_dict(state["network"])
        self.ema.network.load_state_dict(state["ema"])
        self.ema.updates = state["ema_updates"]
        self.optimizer.load_state_dict(state["optimizer"])
        if self.accelerator.is_main_process:
            self._forget_rows()

    def _forget_rows(self) -> None:
        """Drop the log's rows after the checkpoint: those steps will come again."""
        path = self.out / "log.csv"
        if path.exists():
            rows = path.read_text().splitlines(keepends=True)
            path.write_text("".join(rows[: self.step + 1]))

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            disable=not self.accelerator.is_main_process,
        )


def _hardware(accelerator: Accelerator) -> str:
    device = accelerator.device
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:
        name = f"{device.type} ({platform.machine()}, {os.cpu_count()} cores)"
    count = accelerator.num_processes
    return f"{count} x {name}, PyTorch {torch.__version__}"


def learning_rate(step: int, config: Config) -> float:
    """Return the rate at a step: a linear rise, then half a cosine down to 0."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


if __name__ == "__main__":
    typer.run(main)
