"""Which file becomes which: found out, and checked as a whole, before any work."""

from __future__ import annotations

import mimetypes
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_histeq.batch.errors import Refused
from napari_histeq.files import READABLE, Location, format_of, is_store, stem_and_suffix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileJob:
    """One input, and where its result goes (None: nowhere).

    `apart` is what tells it from inputs of the same name, if there are such.
    """

    source: Location
    target: Path | None = None
    resume: bool = False
    apart: str = ""

    @property
    def name(self) -> str:
        """What it is called in a manifest, and by masks and records that go by names."""
        return self.source.name

    @property
    def called(self) -> str:
        """What it is called in a sentence and in a table: no other input is called so."""
        return self.apart or self.name


@dataclass(frozen=True, slots=True)
class Output:
    """Where results go: to a folder, or to one file; and where the manifest lies."""

    folder: Path
    file: Path | None = None

    @classmethod
    def of(cls, wanted: Path, inputs: int) -> Output:
        """What ``-o`` names: a file only for one input and with an ending that tells a format."""
        is_folder = wanted.is_dir() and not is_store(wanted)
        if is_folder or format_of(wanted) is None:
            return cls.in_folder(wanted, "as its input does")
        if inputs != 1:
            raise Refused(
                f"-o {wanted} names one file, but there are {inputs} inputs: name a folder"
            )
        return cls(wanted.parent, wanted)

    @classmethod
    def in_folder(cls, wanted: Path, written: str) -> Output:
        """What ``-o`` names as a folder, unless its name is that of a picture: `written` are those."""
        kind, _ = mimetypes.guess_type(wanted.name)
        if kind and kind.startswith(("image/", "video/")) and not wanted.is_dir():
            raise Refused(
                f"-o {wanted}: no {wanted.suffix} is written here: name a file that ends {written}, "
                "or a folder"
            )
        return cls(wanted)

    @property
    def manifest(self) -> Path:
        """The manifest beside the results."""
        if self.file is not None:
            return self.file.with_name(f"{self.file.name}.manifest.json")
        return self.folder / "manifest.json"

    def target(self, source: Location, ending: str = "") -> Path:
        """Where the result of an input goes; with another ending, if one is given."""
        if self.file is not None:
            return self.file
        name = source.path.name
        return self.folder / (stem_and_suffix(name)[0] + ending if ending else name)


def inputs_of(given: Sequence[str]) -> list[Location]:
    """The files that were named; of a folder, the images in it.

    Raises
    ------
    Refused
        If one of them is not there, or is of no known kind.
    """
    found: list[Location] = []
    wrong: list[str] = []
    for text in given:
        location = Location.of(text)
        if location.path.is_dir() and not is_store(location.path):
            within = [p for p in sorted(location.path.iterdir()) if _is_image(p)]
            if not within:
                wrong.append(f"{text}: the folder holds no image")
            found += [Location(path) for path in within]
        elif not location.path.exists():
            wrong.append(f"{text}: there is no such file")
        elif format_of(location.path) is None:
            wrong.append(f"{text}: its kind of file is unknown")
        else:
            found.append(location)
    if wrong:
        known = f"\nKnown are {READABLE}." if any("unknown" in line for line in wrong) else ""
        raise Refused("\n".join(wrong) + known)
    return found


def looked_at(sources: Sequence[Location]) -> list[FileJob]:
    """Each input as a job without an output, told apart from the others by name."""
    return [FileJob(s, apart=name) for s, name in zip(sources, told_apart(sources), strict=True)]


def told_apart(sources: Sequence[Location]) -> list[str]:
    """For each input the shortest end of its path that no other has; empty if its name is enough.

    Examples
    --------
    >>> told_apart([Location.of(name) for name in ("/a/1/x.tif", "/a/2/x.tif", "/a/y.tif")])
    ['1/x.tif', '2/x.tif', '']
    """
    by_name: dict[str, list[Location]] = defaultdict(list)
    for source in sources:
        by_name[source.name].append(source)
    return [_apart(source, by_name[source.name]) for source in sources]


def _apart(source: Location, same: list[Location]) -> str:
    parents = source.path.absolute().parts[:-1]
    others = {other.path.absolute().parts[:-1] for other in same} - {parents}
    if not others:
        return ""
    folders = next(
        n for n in range(1, len(parents) + 1) if all(o[-n:] != parents[-n:] for o in others)
    )
    return "/".join([*(part.strip("/\\") for part in parents[-folders:]), source.name])


def left_out(given: Sequence[str]) -> list[str]:
    """What of the folders that were named is not done: other files, and folders in them."""
    folders = [Location.of(text).path for text in given]
    within = [p for f in folders if f.is_dir() and not is_store(f) for p in sorted(f.iterdir())]
    ours = ("manifest.json", ".manifest.json")
    return [
        p.name + "/" * p.is_dir()
        for p in within
        if not (_is_image(p) or p.name.startswith(".") or p.name.endswith(ours))
    ]


def _is_image(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    return (path.is_file() or is_store(path)) and format_of(path) is not None


def jobs_of(
    sources: Sequence[Location],
    output: Output,
    *,
    overwrite: bool = False,
    ending: str = "",
    resumable: bool = False,
    cure: str = "",
) -> list[FileJob]:
    """Each input with its output, after a look at all outputs.

    Parameters
    ----------
    sources, output
        The inputs, and where their results go.
    overwrite : bool
        Whether results that are there already may be replaced.
    ending : str
        Of the outputs, if it is not that of the inputs.
    resumable : bool
        Whether an OME-Zarr that was interrupted is gone on with.
    cure : str
        What else could be done about results that are there already: the end of a sentence.

    Raises
    ------
    Refused
        If two inputs have one output, if an output is an input, or is there already and is
        not to be overwritten. Nothing has been touched by then.
    """
    jobs = [
        FileJob(source, output.target(source, ending), apart=name)
        for source, name in zip(sources, told_apart(sources), strict=True)
    ]
    _check_names(jobs)
    own = {source.path.resolve() for source in sources}
    same = [j for j in jobs if j.target is not None and j.target.resolve() in own]
    if same:
        raise Refused(f"{_some(same)} would be written onto the input itself: name another folder")
    if output.folder.exists() and not output.folder.is_dir():
        raise Refused(f"{output.folder} is a file, not a folder")
    return jobs if overwrite else _beside_what_is_there(jobs, resumable, cure)


def _beside_what_is_there(jobs: list[FileJob], resumable: bool, cure: str) -> list[FileJob]:
    there = [job for job in jobs if job.target is not None and job.target.exists()]
    begun = [job for job in there if resumable and _is_incomplete(job.target)]
    taken = [job for job in there if job not in begun]
    if taken:
        raise Refused(
            f"{_some(taken, target=True)} already there, and nothing was touched: name another "
            f"folder{cure}"
        )
    return [replace(job, resume=job in begun) for job in jobs]


def _is_incomplete(path: Path | None) -> bool:
    """Whether it is an OME-Zarr that was interrupted, which can be gone on with."""
    if path is None or not is_store(path) or not path.is_dir():
        return False
    from napari_histeq.core.zarr import is_incomplete

    return is_incomplete(path)


def _check_names(jobs: list[FileJob]) -> None:
    by_target: dict[Path | None, list[FileJob]] = defaultdict(list)
    for job in jobs:
        by_target[job.target].append(job)
    twice = [group for target, group in by_target.items() if target is not None and len(group) > 1]
    if twice:
        target = twice[0][0].target
        names = " and ".join(str(job.source.path) for job in twice[0])
        raise Refused(f"{names} would both be written to {target}: run them into two folders")


def _some(jobs: list[FileJob], *, target: bool = False) -> str:
    names = [str(job.target) if target else job.called for job in jobs]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{shown} {'is' if len(names) == 1 else 'are'}" if target else shown
