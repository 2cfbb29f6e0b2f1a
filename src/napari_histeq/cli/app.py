"""The commands. Each checks all that it was given, runs the work, and tells what came of it."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer

from napari_histeq.cli import arguments as args
from napari_histeq.cli.errors import Refused
from napari_histeq.cli.jobs import Job, Output, inputs_of, jobs_of
from napari_histeq.cli.manifest import Records, check_manifest, write_manifest
from napari_histeq.cli.options import method_of, with_method_options
from napari_histeq.cli.recipes import settings_of_file
from napari_histeq.cli.report import Run, refused_in_words
from napari_histeq.cli.settings import Settings, out_range_of
from napari_histeq.cli.tables import write_table
from napari_histeq.cli.work import Equalize, Measure, Plot, Replay

app = typer.Typer(
    name="napari-histeq",
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

_Theme = Annotated[Literal["light", "dark"], typer.Option(help="Colors of the plot")]


@app.callback(invoke_without_command=True)
def _whole(
    tell_version: Annotated[
        bool, typer.Option("--version", help="Tell the version, and end", is_eager=True)
    ] = False,
) -> None:
    if tell_version:
        typer.echo(f"napari-histeq {version('napari-histeq')}")
        raise typer.Exit


@app.command()
@refused_in_words
@with_method_options
def equalize(
    inputs: args.Inputs,
    output: args.Out,
    method: args.MethodName = "global",
    strength: args.Strength = 1.0,
    out_range: args.OutRange = "auto",
    recipe: args.RecipeFile = None,
    axes: args.Axes = "",
    channel_axis: args.ChannelAxis = "auto",
    mask: args.Mask = None,
    ignore: args.Ignore = None,
    overwrite: args.Overwrite = False,
    dry_run: args.DryRun = False,
    jobs: args.Workers = 0,
    scheduler: args.Scheduler = "",
    quiet: args.Quiet = False,
    **options: Any,
) -> None:
    """Equalize image files, each by its own histogram."""
    settings = _settings(
        recipe,
        method,
        options,
        axes=axes,
        channel_axis=channel_axis,
        mask=mask,
        ignored=ignore,
        out_range=out_range_of(out_range),
        strength=strength,
    )
    run = Run("equalizing", jobs, scheduler, quiet=quiet, dry_run=dry_run)
    _make(run, Equalize(settings), inputs, output, overwrite=overwrite)


@app.command()
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
        typer.Option("--same-curve", help="Give all files the curve itself that the record holds"),
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


@app.command()
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
    settings = _settings(
        None,
        method or "global",
        options,
        axes=axes,
        channel_axis=channel_axis,
        mask=mask,
        ignored=ignore,
        out_range=out_range_of(out_range),
        strength=strength,
    )
    if output is not None and output.suffix.lower() not in (".csv", ".json"):
        raise Refused(f"-o {output}: name a .csv or a .json file")
    if output is not None and output.exists() and not overwrite:
        raise Refused(f"{output} is already there: name another file, or add --overwrite")
    work = [Job(source) for source in inputs_of(inputs)]
    run = Run("measuring", jobs, scheduler, quiet=quiet)
    rows = run.all(Measure(settings, bool(method)), work)
    write_table(rows, output)
    run.end()


@app.command()
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
    theme: _Theme = "light",
    bars: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="N", show_default=False, help="Number of bars"),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Count on a logarithmic axis")] = False,
    strength: args.Strength = 1.0,
    out_range: args.OutRange = "auto",
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
    """Draw histograms of image files as PNG, SVG or PDF."""
    settings = _settings(
        None,
        method or "global",
        options,
        axes=axes,
        channel_axis=channel_axis,
        mask=mask,
        ignored=ignore,
        out_range=out_range_of(out_range),
        strength=strength,
    )
    sources = inputs_of(inputs)
    where = _plots(output, len(sources))
    work = jobs_of(sources, where, overwrite=overwrite, ending=f".{kind}")
    run = Run("drawing", jobs, "", quiet=quiet, dry_run=dry_run)
    look = {"theme": theme, "nbins": bars, "log": log}
    run.all(Plot(settings, bool(method), look), work)
    run.end()


def _plots(wanted: Path, inputs: int) -> Output:
    """Where plots go: the endings of pictures tell a file here, not those of images."""
    if wanted.suffix.lower() not in (".png", ".svg", ".pdf"):
        return Output(wanted)
    if inputs != 1:
        raise Refused(f"-o {wanted} names one file, but there are {inputs} inputs: name a folder")
    return Output(wanted.parent, wanted)


def _settings(recipe: Path | None, method: str, options: dict[str, Any], **how: Any) -> Settings:
    if recipe is None:
        return Settings(method_of(method, options), **how)
    given = [name for name, value in options.items() if value is not None]
    if given or method != "global":
        raise Refused("--recipe tells the method and its options already: leave out --method")
    return settings_of_file(recipe, Settings(method_of(method, {}), **how))


def _make(
    run: Run, work: Equalize | Replay, inputs: list[str], output: Path, *, overwrite: bool
) -> None:
    """Check all outputs, run, and write the manifest."""
    sources = inputs_of(inputs)
    where = Output.of(output, len(sources))
    todo = jobs_of(sources, where, overwrite=overwrite, resumable=True)
    check_manifest(where.manifest)
    made = run.all(work, todo)
    if made:
        write_manifest(where.manifest, made, sys.argv[1:])
    run.end()
