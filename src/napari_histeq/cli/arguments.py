"""What several commands take: the arguments and options that are no method's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from napari_histeq.core import METHODS
from napari_histeq.core.inside import WIDEST
from napari_histeq.core.methods import MOST_FRAMES, MOST_SATURATED

_HOW, _WHICH, _RUN = "How", "Which pixels", "Run"

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="IN", show_default=False,
        help="Image files, or folders of them. Of an HDF5 file: file.h5:/dataset",
    ),
]  # fmt: skip
Out = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="OUT", show_default=False,
        help="A folder, made if it is missing; for one input also a file",
    ),
]  # fmt: skip
MethodName = Annotated[
    str,
    typer.Option("--method", "-m", metavar="NAME", help=f"How: {', '.join(METHODS)}", rich_help_panel=_HOW),
]  # fmt: skip
Strength = Annotated[
    float,
    typer.Option(
        min=0, max=1, metavar="NUMBER", rich_help_panel=_HOW,
        help="0 leaves the image as it is, 1 equalizes fully",
    ),
]  # fmt: skip
OutRange = Annotated[
    str,
    typer.Option(
        metavar="auto|dtype|image|LOW,HIGH", rich_help_panel=_HOW,
        help="Range of the output: all of the dtype, that of the image, or two numbers; "
        "auto: dtype for unsigned integers, else image",
    ),
]  # fmt: skip
Saturated = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        min=0, max=MOST_SATURATED, metavar="PERCENT", show_default=False, rich_help_panel=_HOW,
        help="Clip so many per cent of the pixels in all, half of them at each end "
        "(default: none; of stretch 0.35)",
    ),
]  # fmt: skip
Axes = Annotated[
    str,
    typer.Option(
        metavar="yx|-2,-1", show_default=False, rich_help_panel=_WHICH,
        help="Axes that share a histogram: yx equalizes each plane on its own (default: all)",
    ),
]  # fmt: skip
ChannelAxis = Annotated[
    str,
    typer.Option(
        metavar="auto|none|NAME", rich_help_panel=_WHICH,
        help="Axis of RGB colors, equalized by their luminance; auto: as the file says",
    ),
]  # fmt: skip
Mask = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it)
    typer.Option(
        metavar="FILE|FOLDER", show_default=False, rich_help_panel=_WHICH,
        help="Only pixels count where this image is not 0; of a folder: the mask by the input's name",
    ),
]  # fmt: skip
LabelsFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--labels", metavar="FILE|FOLDER", show_default=False, rich_help_panel=_WHICH,
        help="Equalize each label of this image (whole numbers) on its own; the background, 0, "
        "stays as it is. Of a folder: the labels by the input's name",
    ),
]  # fmt: skip
Inside = Annotated[
    bool,
    typer.Option(
        "--inside", metavar=" ", rich_help_panel=_WHICH,
        help="Change only the pixels that count; all others stay as they are",
    ),
]  # fmt: skip
Feather = Annotated[
    int,
    typer.Option(
        min=0, max=WIDEST, metavar="PIXELS", rich_help_panel=_WHICH,
        help="With --inside or --labels: let the change fade out over so many pixels at the edge",
    ),
]  # fmt: skip
Smooth = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        min=1, max=MOST_FRAMES, metavar="N", show_default=False, rich_help_panel=_WHICH,
        help="With --axes: average each plane's curve over so many neighbors, so that a movie "
        "does not jump (for viewing, not for measuring)",
    ),
]  # fmt: skip
Ignore = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        metavar="VALUE", show_default=False, rich_help_panel=_WHICH,
        help="Pixels of this intensity do not count (default: what the file calls no data)",
    ),
]  # fmt: skip
RecipeFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        metavar="FILE", show_default=False, rich_help_panel=_HOW,
        help="Take the settings from a recipe, a record, or a manifest with one recipe (JSON)",
    ),
]  # fmt: skip
Together = Annotated[
    bool,
    typer.Option(
        "--together",
        metavar=" ",
        rich_help_panel=_WHICH,
        help="One histogram and one curve for all files, so that the results can be compared",
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", metavar=" ", rich_help_panel=_RUN,
        help="Replace results that are there already; without it the run does not start",
    ),
]  # fmt: skip
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", "-n", metavar=" ", rich_help_panel=_RUN, help="Only tell what would be done"
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        "--jobs", "-j", min=0, metavar="N", rich_help_panel=_RUN,
        help="Files at a time (0: one for each core)",
    ),
]  # fmt: skip
Scheduler = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", show_default=False, rich_help_panel=_RUN,
        help="Run on a dask cluster, say tcp://node1:8786, whose workers see the files under "
        "the same names",
    ),
]  # fmt: skip
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", metavar=" ", rich_help_panel=_RUN, help="No progress bar, and no notes"
    ),
]
