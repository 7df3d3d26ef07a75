"""Options that several commands take, in one wording."""

from enum import StrEnum
from typing import Annotated

import typer


class Device(StrEnum):
    """Where the network runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


Model = Annotated[
    str, typer.Option(help="A name ('vidcolor models') or a weights file.")
]
On = Annotated[Device, typer.Option("--device", help="Where the network runs.")]
Size = Annotated[
    int | None,
    typer.Option(min=64, max=2048, help="Short side at the network, in pixels."),
]
Vividness = Annotated[
    float,
    typer.Option(min=0, max=3, help="0 is timid, 1 the model's own, 2 bold."),
]
Smooth = Annotated[
    int,
    typer.Option(min=0, max=60, help="Frames to wait for, to hold still; 0 is off."),
]
Fast = Annotated[
    bool,
    typer.Option("--fast", help="Colour one frame in twelve, and encode quicker."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the target.")]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with work that was stopped; pass over films that are done.",
    ),
]
Verify = Annotated[
    bool, typer.Option("--verify", help="Decode the result, and compare it.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only say what went wrong.")]
Json = Annotated[bool, typer.Option("--json", help="Tell it to programs, on stdout.")]
