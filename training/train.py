"""Train `film`: python -m training.train CONFIG.toml --data SHARD... --out FOLDER.

Stops and goes on: run the same command again, and it continues from the last
checkpoint with the batches that would have come. On several GPUs: `torchrun` in front
of `-m training.train`. To look at it: `tensorboard --logdir FOLDER`.
"""

import math
import sys
import time
from pathlib import Path
from typing import Annotated

import torch
import typer
from accelerate import Accelerator

from training.batches import Batches
from training.config import read_config
from training.data import load_pictures
from training.pool import Pool
from training.run import Run
from training.watch import Validation


def main(
    config_file: Annotated[Path, typer.Argument(help="The run, as TOML.")],
    data: Annotated[list[Path], typer.Option(help="Folders or tar shards.")],
    out: Annotated[Path, typer.Option(help="Where checkpoints and the log go.")],
    validation: Annotated[
        Path | None, typer.Option(help="Other photographs, to find best.pt by.")
    ] = None,
    stop_after: Annotated[
        float, typer.Option(help="Minutes, loading included.")
    ] = math.inf,
) -> None:
    """Train, or go on training."""
    deadline = time.monotonic() + 60 * stop_after
    try:
        config = read_config(config_file)
    except (OSError, ValueError) as error:
        sys.exit(f"{config_file}: {error}")
    accelerator = Accelerator(
        cpu=not torch.accelerator.is_available(),  # else torchrun has no CPU group
        mixed_precision=config.precision,
        step_scheduler_with_optimizer=False,
        log_with="tensorboard",
        project_dir=out,
    )
    device = accelerator.device
    try:
        loaded = load_pictures(data)
        others = Validation(validation, device) if validation else None
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    pictures = Pool([picture for _, picture in loaded], device)
    batches = Batches(
        pictures, config, accelerator.process_index, accelerator.num_processes
    )
    Run(config, accelerator, out, pictures, others).go(batches, deadline)
    accelerator.end_training()


if __name__ == "__main__":
    typer.run(main)
