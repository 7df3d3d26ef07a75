"""Options that several commands take, in one wording."""

from typing import Annotated

import typer

Model = Annotated[
    str, typer.Option(help="A name ('vidcolor models') or a weights file.")
]
Device = Annotated[
    str,
    typer.Option(
        metavar="[auto|cpu|cuda|mps]",
        help="Where the network runs; cuda:1 is the second GPU.",
    ),
]
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
    typer.Option(min=0, max=60, help="Frames to come that have a say; 0 is off."),
]
Fast = Annotated[
    bool,
    typer.Option(
        "--fast", help="The network sees one frame in twelve; encode quicker."
    ),
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
