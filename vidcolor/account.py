"""What becomes of a film, in the names that `vidcolor info` and the account share.

One foretells it, the other tells it: a program can compare the two.
"""

from typing import Any

from vidcolor.media.target_plan import Plan


def outcome(plan: Plan) -> dict[str, Any]:
    """Return how a film is stored by a plan, and what becomes of each stream."""
    return {
        "target": plan.path,
        "encoder": plan.encoder,
        "pix_fmt": plan.pix_fmt,
        "encoder_options": dict(plan.options),
        "color_tags": plan.color.names(),
        "streams": tuple(
            {
                "stream": stream.what,
                "fate": stream.fate.value,
                "reason": stream.reason,
            }
            for stream in plan.streams
        ),
        "notes": plan.notes,
    }
