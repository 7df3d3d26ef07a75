"""Which files a command is about, and where their results go."""

from collections.abc import Iterable
from pathlib import Path

from vidcolor.errors import OptionError, ReadError
from vidcolor.stills import STILL_SUFFIXES

# fmt: off
_FILM_SUFFIXES = frozenset({
    ".3gp", ".asf", ".avi", ".dv", ".flv", ".gif", ".m2ts", ".m4v", ".mj2", ".mkv",
    ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm",
    ".wmv",
})
# fmt: on


def find_sources(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and the films and photos in the folders named.

    Folders are searched through, results of earlier runs (NAME.color.EXT) left out.

    Raises:
        ReadError: a path is not there, or a folder holds neither film nor photo.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [p for p in sorted(path.rglob("*")) if _is_source(p)]
            if not inside:
                raise ReadError(path, "holds no films or photos")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise ReadError(path, "there is no such file or folder")
    return list(dict.fromkeys(found))


def choose_targets(
    paths: list[Path], sources: list[Path], output: Path | None
) -> list[Path | None]:
    """Return a target for each source: None is for the default beside it.

    One file goes to `output`, or into it if it is a folder; several files, or what was
    found in a folder, go into the folder `output`, which is made if need be. Files
    found in a folder keep their place under it.

    Raises:
        OptionError: several files for one file, or two for one name.
    """
    if output is None:
        return [None] * len(sources)
    if len(paths) == 1 and not paths[0].is_dir() and not output.is_dir():
        return [output]
    if output.exists() and not output.is_dir():
        raise OptionError(f"{output} is a file: name a folder for several results")
    targets: list[Path | None] = [output / _inside(s, paths) for s in sources]
    if len(set(targets)) < len(targets):
        raise OptionError("two sources have one name: colour them in separate runs")
    return targets


def _inside(source: Path, paths: list[Path]) -> Path:
    for path in paths:
        if path.is_dir() and source.is_relative_to(path):
            return source.relative_to(path)
    return Path(source.name)


def _is_source(path: Path) -> bool:
    known = path.suffix.lower() in _FILM_SUFFIXES | STILL_SUFFIXES
    return known and path.is_file() and not path.stem.endswith(".color")
