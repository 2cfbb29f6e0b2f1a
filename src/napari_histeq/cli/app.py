"""The commands. Each checks all that it was given, runs the work, and tells what came of it."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from napari_histeq.batch import (
    Count,
    Equalize,
    Output,
    Records,
    Refused,
    Replay,
    Settings,
    check_manifest,
    inputs_of,
    jobs_of,
    left_out,
    looked_at,
    match_of,
    numbers_of,
    together,
    write_manifest,
)
from napari_histeq.cli import arguments as args
from napari_histeq.cli.flags import Command, Group
from napari_histeq.cli.looks import measure, plot
from napari_histeq.cli.options import with_method_options
from napari_histeq.cli.recipes import settings_of
from napari_histeq.cli.report import Run, refused_in_words
from napari_histeq.cli.tables import write_text
from napari_histeq.core import Standard
from napari_histeq.core.methods import PERCENTILES, SCALE

app = typer.Typer(
    name="napari-histeq",
    cls=Group,
    help="Histogram equalization of image files.\n\n"
    "TIFF, PNG, JPEG, NPY, DICOM, NIfTI, OME-Zarr and HDF5; what is larger than memory is "
    "streamed. A result keeps its input's name, format, axes and units, and a manifest.json "
    "beside the results tells how each was made.",
    epilog="[bold]napari-histeq equalize --help[/bold] tells the methods and their options. "
    "Examples:\n\n"
    "  napari-histeq equalize scans/*.tif -o equalized\n\n"
    "  napari-histeq equalize ct.dcm -o ct-clahe.dcm -m clahe --clip-limit 0.02",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback(invoke_without_command=True)
def _whole(
    tell_version: Annotated[
        bool,
        typer.Option("--version", metavar=" ", help="Tell the version, and end", is_eager=True),
    ] = False,
) -> None:
    if tell_version:
        typer.echo(f"napari-histeq {version('napari-histeq')}")
        raise typer.Exit


@app.command(cls=Command)
@refused_in_words
@with_method_options
def equalize(
    inputs: args.Inputs,
    output: args.Out,
    method: args.MethodName = "global",
    strength: args.Strength = 1.0,
    out_range: args.OutRange = "auto",
    saturated: args.Saturated = None,
    recipe: args.RecipeFile = None,
    axes: args.Axes = "",
    channel_axis: args.ChannelAxis = "auto",
    mask: args.Mask = None,
    ignore: args.Ignore = None,
    labels: args.LabelsFile = None,
    inside: args.Inside = False,
    feather: args.Feather = 0,
    smooth: args.Smooth = None,
    together: args.Together = False,
    overwrite: args.Overwrite = False,
    dry_run: args.DryRun = False,
    jobs: args.Workers = 0,
    scheduler: args.Scheduler = "",
    quiet: args.Quiet = False,
    **options: Any,
) -> None:
    """Equalize image files, each by its own histogram, or all by one."""
    settings = settings_of(
        recipe,
        method,
        options,
        axes=axes,
        channel_axis=channel_axis,
        mask=mask,
        labels=labels,
        ignored=ignore,
        out_range=out_range,
        strength=strength,
        saturated=saturated,
        inside=inside,
        feather=feather,
        smooth=smooth,
    )
    run = Run("equalizing", jobs, scheduler, quiet=quiet, dry_run=dry_run)
    count = Run("counting", jobs, scheduler, quiet=True) if together and not dry_run else None
    _make(run, Equalize(settings), inputs, output, overwrite=overwrite, count=count)


@app.command(cls=Command)
@refused_in_words
def match(
    inputs: args.Inputs,
    output: args.Out,
    reference: Annotated[
        str,
        typer.Option(
            "--reference",
            "-r",
            metavar="REF",
            show_default=False,
            help="An image, or a standard.json that was learned",
        ),
    ],
    landmarks: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="N|P,P,...",
            show_default=False,
            help="Match only at so many quantiles, or at these percentiles; with few (2 to 20) "
            "no noise is amplified (default: everywhere)",
        ),
    ] = None,
    reference_mask: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Only pixels of the reference count where this image is not 0",
        ),
    ] = None,
    each_plane: Annotated[
        bool,
        typer.Option(
            "--each-plane",
            metavar=" ",
            help="With --axes: match each plane to the reference's plane at the same place, of "
            "which there must be as many; without it all planes are matched to the whole reference",
        ),
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
    scheduler: args.Scheduler = "",
    quiet: args.Quiet = False,
) -> None:
    """Give image files the histogram of a reference, or of a standard."""
    if each_plane and not axes:
        raise Refused("--each-plane needs the axes of a plane: add --axes, say --axes yx")
    method = match_of(reference, landmarks, reference_mask, axes if each_plane else None)
    settings = settings_of(
        None, method, {}, axes=axes,
        channel_axis=channel_axis, mask=mask, ignored=ignore,
        out_range=out_range, strength=strength, saturated=saturated,
    )  # fmt: skip
    run = Run("matching", jobs, scheduler, quiet=quiet, dry_run=dry_run)
    _make(run, Equalize(settings), inputs, output, overwrite=overwrite)


@app.command(cls=Command)
@refused_in_words
def learn(
    inputs: args.Inputs,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.json",
            show_default=False,
            help="The standard, for match --reference",
        ),
    ],
    percentiles: Annotated[
        str, typer.Option(metavar="P,P,...", help="Where the landmarks lie, 0 to 100")
    ] = ",".join(f"{p:g}" for p in PERCENTILES),
    scale: Annotated[
        str, typer.Option(metavar="LOW,HIGH", help="Where the landmarks start and end")
    ] = ",".join(f"{end:g}" for end in SCALE),
    units: Annotated[
        str, typer.Option(metavar="UNIT", show_default=False, help="Of the intensities: HU, say")
    ] = "",
    channel_axis: args.ChannelAxis = "auto",
    mask: args.Mask = None,
    ignore: args.Ignore = None,
    overwrite: args.Overwrite = False,
    jobs: args.Workers = 0,
    scheduler: args.Scheduler = "",
    quiet: args.Quiet = False,
) -> None:
    """Learn a standard from image files: the intensity scale that a series has in common."""
    if output.suffix.lower() != ".json":
        raise Refused(f"-o {output}: name a .json file")
    if output.exists() and not overwrite:
        raise Refused(f"{output} is already there: name another file, or add --overwrite")
    numbers = numbers_of("--percentiles", percentiles), numbers_of("--scale", scale)
    settings = Settings(channel_axis=channel_axis, mask=mask, ignored=ignore)
    run = Run("learning", jobs, scheduler, quiet=quiet)
    found = run.all(Count(settings), looked_at(inputs_of(inputs)))
    if not run.failed:  # of fewer images it would be another standard
        write_text(_learned([entry["histogram"] for entry in found], *numbers, units), output)
    run.end()


@app.command(cls=Command)
@refused_in_words
def replay(
    record: Annotated[
        Path,
        typer.Argument(
            metavar="RECORD",
            show_default=False,
            help="A manifest.json; or one record, as JSON or in an OME-Zarr that was saved here",
        ),
    ],
    inputs: args.Inputs,
    output: args.Out,
    same_curve: Annotated[
        bool,
        typer.Option(
            "--same-curve",
            metavar=" ",
            help="Give all files the curve itself that the record holds",
        ),
    ] = False,
    overwrite: args.Overwrite = False,
    dry_run: args.DryRun = False,
    jobs: args.Workers = 0,
    scheduler: args.Scheduler = "",
    quiet: args.Quiet = False,
) -> None:
    """Make results again, to the bit, from the records of how they were made."""
    sources = inputs_of(inputs)
    records = Records(record)
    found = {source.name: records.of(source.name) for source in sources}
    run = Run("replaying", jobs, scheduler, quiet=quiet, dry_run=dry_run)
    work = Replay(found, records.one, same_curve)
    _make(run, work, inputs, output, overwrite=overwrite)


app.command(cls=Command)(measure)
app.command(cls=Command)(plot)


def _learned(
    histograms: list[Any], percentiles: tuple[float, ...], scale: tuple[float, ...], units: str
) -> str:
    """The JSON text of the standard, or a refusal in words."""
    if len(scale) != 2:
        raise Refused(f"--scale has {len(scale)} numbers: give two, such as 0,100")
    try:
        found = Standard.learn(histograms, percentiles, scale=(scale[0], scale[1]), units=units)
    except ValueError as error:
        raise Refused(str(error)) from None
    return found.to_json() + "\n"


def _make(
    run: Run,
    work: Equalize | Replay,
    inputs: list[str],
    output: Path,
    *,
    overwrite: bool,
    count: Run | None = None,
) -> None:
    """Check all outputs, run, and write the manifest; `count` all first, for a curve in common."""
    sources = inputs_of(inputs)
    run.tell_left_out(left_out(inputs))
    where = Output.of(output, len(sources))
    todo = jobs_of(
        sources, where, overwrite=overwrite, resumable=True, cure=" with -o, or add --overwrite"
    )
    check_manifest(where.manifest)
    if count is not None and isinstance(work, Equalize):
        counted = count.all(Count(work.settings), todo)
        if count.failed:  # of fewer files it would be another curve
            count.end()
        work = together(counted, todo, work.settings)
    made = run.all(work, todo)
    if made:
        write_manifest(where.manifest, made, sys.argv[1:])
    run.end()
