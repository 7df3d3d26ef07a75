"""Which files a command is about, and where their results go."""

import os
from collections.abc import Iterable
from pathlib import Path

from vidcolor.errors import OptionError, ReadError, WriteError
from vidcolor.plain_file import reason
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
        if _is_folder(path):
            inside = [p for p in sorted(path.rglob("*")) if _is_source(p)]
            if not inside:
                raise ReadError(path, "holds no films or photos")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise ReadError(path, "there is no such file or folder")
    return list(dict.fromkeys(found))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:  # its name is too long
        raise ReadError(path, reason(error)) from error


def choose_targets(
    paths: list[Path], sources: list[Path], output: Path | None
) -> list[Path | None]:
    """Return a target for each source: a file, a folder, or None for the default.

    One file goes to `output`; several files, or what was found in a folder, go into
    the folder `output`, where files found in a folder keep their place. Folders are
    made as needed.

    Raises:
        OptionError: several files for one file, or two for one name.
        WriteError: a folder cannot be made.
    """
    if output is None:
        return [None] * len(sources)
    if len(paths) == 1 and not paths[0].is_dir():
        return [output]
    if os.path.isfile(output):  # noqa: PTH113 - this one bears with any name
        raise OptionError(f"{output} is a file: name a folder for several results")
    folders = [output / _folder_inside(source, paths) for source in sources]
    results = {f / s.name for f, s in zip(folders, sources, strict=True)}
    if len(results) < len(sources):
        raise OptionError("two sources have one name: colour them in separate runs")
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(folder, error.strerror or str(error)) from error
    return list(folders)


def default_target(source: Path) -> Path:
    """Return where the result goes unless somebody says: NAME.color.EXT beside it."""
    return source.with_name(f"{source.stem}.color{source.suffix}")


def _folder_inside(source: Path, paths: list[Path]) -> Path:
    for path in paths:
        if path.is_dir() and source.is_relative_to(path):
            return source.relative_to(path).parent
    return Path()


def _is_source(path: Path) -> bool:
    known = path.suffix.lower() in _FILM_SUFFIXES | STILL_SUFFIXES
    return known and path.is_file() and not path.stem.endswith(".color")
