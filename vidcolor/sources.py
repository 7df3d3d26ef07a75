"""Which files a command is about, and where their results go."""

import os
from collections.abc import Iterable
from pathlib import Path

from vidcolor.errors import OptionError, ReadError, WriteError
from vidcolor.media.containers import container_for
from vidcolor.plain_file import reason
from vidcolor.stills import STILL_SUFFIXES

# fmt: off
_FILM_SUFFIXES = frozenset({
    ".3gp", ".asf", ".avi", ".dv", ".flv", ".gif", ".m2ts", ".m4v", ".mj2", ".mkv",
    ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm",
    ".wmv",
})
# fmt: on

_OURS = (".color", ".preview", ".sample")  # how the names of results end


def find_sources(paths: Iterable[Path], output: Path | None = None) -> list[Path]:
    """Return the files named, and the films and photos in the folders named.

    Folders are searched through. What earlier runs left there is no source: what is in
    the folder `output`, if that is inside, and NAME.color.EXT, NAME.preview.EXT and
    NAME.sample.EXT. Nor is what is hidden.

    Raises:
        ReadError: a path is not there, or a folder holds neither film nor photo.
    """
    found: list[Path] = []
    for path in paths:
        if _is_folder(path):
            results = _results_in(path, output)
            found_here = (p for p in sorted(path.rglob("*")) if not _is_hidden(p, path))
            inside = [p for p in found_here if _is_source(p, results)]
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
    first = dict[Path, Path]()
    for folder, source in zip(folders, sources, strict=True):
        other = first.setdefault(folder / source.name, source)
        if other != source:
            raise OptionError(
                f"{other} and {source} have one name: colour them in separate runs"
            )
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(folder, error.strerror or str(error)) from error
    return list(folders)


def default_target(source: Path, kind: str = "color") -> Path:
    """Return where the result goes unless somebody says: NAME.color.EXT beside it."""
    stem, suffix = _split(source)
    return source.with_name(f"{stem}.{kind}{suffix}")


def target_in(folder: Path, source: Path) -> Path:
    """Return where in a folder a source's result goes: under the source's name."""
    return folder / "".join(_split(source))


def _split(source: Path) -> tuple[str, str]:
    """Return the parts of a name; what ends as no film does becomes Matroska.

    What follows a point may be a number, "Part.01", and there may be no point.
    """
    if _is_known(source) or container_for(source):
        return source.stem, source.suffix
    return source.name, ".mkv"


def _folder_inside(source: Path, paths: list[Path]) -> Path:
    for path in paths:
        if path.is_dir() and source.is_relative_to(path):
            return source.relative_to(path).parent
    return Path()


def _results_in(folder: Path, output: Path | None) -> Path | None:
    """Return the folder of results, resolved, if it lies inside of this one."""
    results = None if output is None else output.resolve()
    return results if results and folder.resolve() in results.parents else None


def _is_hidden(path: Path, folder: Path) -> bool:
    """Whether a file in a folder is hidden there; Macs keep ._NAME beside each file."""
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _is_source(path: Path, results: Path | None) -> bool:
    if not _is_known(path) or path.stem.endswith(_OURS) or not path.is_file():
        return False
    return results is None or results not in path.resolve().parents


def _is_known(path: Path) -> bool:
    return path.suffix.lower() in _FILM_SUFFIXES | STILL_SUFFIXES
