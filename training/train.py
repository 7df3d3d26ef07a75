"""Train `film`: python -m training.train CONFIG.toml --data SHARD... --out FOLDER.

Stops and goes on: run the same command again, and it continues from the last
checkpoint with the batches that would have come. On several GPUs: `torchrun` in front
of `-m training.train`. To look at it: `tensorboard --logdir FOLDER`.
"""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import torch
import typer
from accelerate import Accelerator
from filelock import FileLock, Timeout

from training.batches import Batches
from training.config import read_config
from training.data import load_pictures
from training.pool import Pool
from training.run import Run
from training.telling import told
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
    with told():
        config = read_config(config_file)
        out.mkdir(parents=True, exist_ok=True)
    accelerator = Accelerator(
        cpu=not torch.accelerator.is_available(),  # else torchrun has no CPU group
        mixed_precision=config.precision,
        step_scheduler_with_optimizer=False,
        log_with="tensorboard",
        project_dir=out,
    )
    device = accelerator.device
    with _alone(out, accelerator):
        with told():
            pictures = Pool([picture for _, picture in load_pictures(data)], device)
            others = Validation(validation, device) if validation else None
            run = Run(config, accelerator, out, pictures, others)
        ranks = accelerator.process_index, accelerator.num_processes
        run.go(Batches(pictures, config, *ranks), deadline)
    accelerator.end_training()


@contextmanager
def _alone(out: Path, accelerator: Accelerator) -> Iterator[None]:
    """See that no other run writes to the folder meanwhile.

    One may go on that was believed to be dead: who kills torchrun kills no worker.
    """
    if not accelerator.is_main_process:
        yield
        return
    try:
        with FileLock(out / "lock", timeout=0):
            yield
    except Timeout:
        sys.exit(f"{out}: another run writes there")


if __name__ == "__main__":
    typer.run(main)
