"""The commands that look at files and change none: measure and plot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer

from napari_histeq.batch import Measure, Output, Plot, Refused, inputs_of, jobs_of, looked_at
from napari_histeq.cli import arguments as args
from napari_histeq.cli.options import with_method_options
from napari_histeq.cli.recipes import settings_of
from napari_histeq.cli.report import Run, refused_in_words
from napari_histeq.cli.tables import write_table

_Theme = Annotated[Literal["light", "dark"], typer.Option(help="Colors of the plot")]


@refused_in_words
@with_method_options
def measure(
    inputs: args.Inputs,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="A .csv or .json file (default: CSV to the terminal)",
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            "-m",
            metavar="METHOD",
            show_default=False,
            help="Measure before and after this method, too",
        ),
    ] = "",
    strength: args.Strength = 1.0,
    out_range: args.OutRange = "auto",
    saturated: args.Saturated = None,
    axes: args.Axes = "",
    channel_axis: args.ChannelAxis = "auto",
    mask: args.Mask = None,
    ignore: args.Ignore = None,
    overwrite: args.Overwrite = False,
    jobs: args.Workers = 0,
    scheduler: args.Scheduler = "",
    quiet: args.Quiet = False,
    **options: Any,
) -> None:
    """Measure image files: levels, entropy, flatness, contrast; a row for each file."""
    settings = settings_of(
        None,
        method or "global",
        options,
        axes=axes,
        channel_axis=channel_axis,
        mask=mask,
        ignored=ignore,
        out_range=out_range,
        strength=strength,
        saturated=saturated,
    )
    if output is not None and output.suffix.lower() not in (".csv", ".json"):
        raise Refused(f"-o {output}: name a .csv or a .json file")
    if output is not None and output.exists() and not overwrite:
        raise Refused(f"{output} is already there: name another file, or add --overwrite")
    work = looked_at(inputs_of(inputs))
    run = Run("measuring", jobs, scheduler, quiet=quiet)
    rows = run.all(Measure(settings, bool(method)), work)
    write_table(rows, output)
    run.end()


@refused_in_words
@with_method_options
def plot(
    inputs: args.Inputs,
    output: args.Out,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            "-m",
            metavar="METHOD",
            show_default=False,
            help="Draw the histogram after this method, too, and its curve",
        ),
    ] = "",
    kind: Annotated[
        Literal["png", "svg", "pdf"], typer.Option("--format", help="In a folder: what to write")
    ] = "png",
    over: Annotated[
        str,
        typer.Option(
            metavar="t|z|AXIS",
            show_default=False,
            help="Instead of the histogram: median and percentiles of each frame (or slice) "
            "along this axis, so that flicker and bleaching are seen",
        ),
    ] = "",
    theme: _Theme = "light",
    bars: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="N", show_default=False, help="Number of bars"),
    ] = None,
    log: Annotated[
        bool, typer.Option("--log", metavar=" ", help="Count on a logarithmic axis")
    ] = False,
    strength: args.Strength = 1.0,
    out_range: args.OutRange = "auto",
    saturated: args.Saturated = None,
    axes: args.Axes = "",
    channel_axis: args.ChannelAxis = "auto",
    mask: args.Mask = None,
    ignore: args.Ignore = None,
    overwrite: args.Overwrite = False,
    dry_run: args.DryRun = False,
    jobs: args.Workers = 0,
    quiet: args.Quiet = False,
    **options: Any,
) -> None:
    """Draw histograms of image files, or how they go from frame to frame, as PNG, SVG or PDF."""
    settings = settings_of(
        None,
        method or "global",
        options,
        axes=axes,
        channel_axis=channel_axis,
        mask=mask,
        ignored=ignore,
        out_range=out_range,
        strength=strength,
        saturated=saturated,
    )
    sources = inputs_of(inputs)
    where = _plots(output, len(sources))
    work = jobs_of(
        sources, where, overwrite=overwrite, ending=f".{kind}", cure=" with -o, or add --overwrite"
    )
    run = Run("drawing", jobs, "", quiet=quiet, dry_run=dry_run)
    look = {"theme": theme, "nbins": bars, "log": log}
    run.all(Plot(settings, bool(method), look, over), work)
    run.end()


def _plots(wanted: Path, inputs: int) -> Output:
    """Where plots go: the endings of pictures tell a file here, not those of images."""
    if wanted.suffix.lower() not in (".png", ".svg", ".pdf"):
        return Output.in_folder(wanted, "in .png, .svg or .pdf")
    if inputs != 1:
        raise Refused(f"-o {wanted} names one file, but there are {inputs} inputs: name a folder")
    return Output(wanted.parent, wanted)
