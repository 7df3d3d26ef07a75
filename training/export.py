"""Write a run's weights as the package ships them.

python -m training.export RUN/last.pt film.safetensors

A card, film.md, is written beside them unless there is one.
"""

from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save

from training.card import card
from training.checkpoint import read_checkpoint
from training.telling import told
from vidcolor_models.store import sha256_of


def main(
    checkpoint: Annotated[Path, typer.Argument(help="A run's last.pt.")],
    target: Annotated[Path, typer.Argument(help="The .safetensors to write.")],
    temperature: Annotated[float | None, typer.Option(help="Of decoding.")] = None,
    vividness: Annotated[float | None, typer.Option(help="Of decoding.")] = None,
) -> None:
    """Write the running mean of the weights as half floats, and print its SHA-256.

    How the distribution is decoded is not trained, but chosen on validation pictures
    afterwards; it is written with the weights.
    """
    with told():
        check_target(target)
        state = read_checkpoint(checkpoint)
    tensors = {name: half(value) for name, value in state["ema"].items()}
    for name, value in (("temperature", temperature), ("vividness", vividness)):
        if value is not None:
            tensors[name] = torch.tensor(value, dtype=torch.float16)
    write_weights(target, tensors)
    words = target.with_suffix(".md")
    if not words.exists():  # a person may have written into it
        text = card(target.stem, sha256_of(target), state, tensors)
        words.write_text(text, encoding="utf-8")
    print(f"step {state['step']}; {said_of(target)}")


def check_target(target: Path) -> None:
    """See that weights can be written there, and read by that name.

    Raises:
        ValueError: they cannot.
    """
    if target.suffix != ".safetensors":
        raise ValueError(f"{target}: weights are read by their ending: .safetensors")
    if not target.parent.is_dir():
        raise ValueError(f"{target}: there is no folder {target.parent}")


def write_weights(target: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Write weights that those may read who may read any new file."""
    target.write_bytes(save(tensors))  # save_file would keep others out


def said_of(target: Path) -> str:
    """Return a line on weights that were written, and on the card beside them."""
    sha256, words = sha256_of(target), target.with_suffix(".md")
    line = f"{target}: sha256 {sha256}"
    if not words.exists():
        return line
    if sha256 in words.read_text(encoding="utf-8"):
        return f"{line}; its card: {words}"
    return f"{line}; {words} IS OF OTHER WEIGHTS: bring it up to date, or delete it"


def half(value: torch.Tensor) -> torch.Tensor:
    """Return floats in half precision, other numbers as they are, packed.

    Raises:
        ValueError: a number is too large for half precision.
    """
    if not value.is_floating_point():
        return value.contiguous()
    small = value.to(torch.float16).contiguous()
    if not small.isfinite().all():
        raise ValueError("a weight is too large for half precision")
    return small


if __name__ == "__main__":
    typer.run(main)
