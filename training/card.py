"""The card that goes with exported weights: what a run knows of itself."""

from typing import Any

_CARD = """# {name}

| | |
|---|---|
| file | `{name}.safetensors`, half floats, {megabytes:.1f} MB |
| SHA-256 | `{sha256}` |
| network | `vidcolor_models.film.Film`, {parameters:.2f} M numbers |
| decoding | temperature {temperature:.2f}, vividness {vividness:.2f} |
| training | {step} of {steps} steps, {hours:.1f} hours on {hardware} |
| data | {pictures} pictures (say here which, and under what licence they were given) |

## Recipe

{recipe}

## Measured

Put here what `python -m training.report {name}.safetensors --data ...` prints for
pictures that took no part in training, and the faults that you see on real film.
"""


def card(name: str, sha256: str, state: dict[str, Any], tensors: dict[str, Any]) -> str:
    """Return the card, in Markdown, of a checkpoint's `state` exported as `tensors`."""
    facts = state["facts"]
    numbers = [tensor.numel() for tensor in tensors.values()]
    return _CARD.format(
        name=name,
        sha256=sha256,
        megabytes=2 * sum(numbers) / 1e6,
        parameters=sum(p.numel() for p in state["ema"].values()) / 1e6,
        temperature=float(tensors["temperature"]),
        vividness=float(tensors["vividness"]),
        step=state["step"],
        steps=facts["config"]["steps"],
        hours=state["seconds"] / 3600,
        hardware=facts["hardware"],
        pictures=facts["pictures"],
        recipe="\n".join(f"- {key}: {value}" for key, value in facts["config"].items()),
    )
