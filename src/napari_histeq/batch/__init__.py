"""Many files: each read, worked on and written, with a record of how; without a terminal or a GUI."""

from napari_histeq.batch.command import command_of, settings_of
from napari_histeq.batch.errors import Refused
from napari_histeq.batch.jobs import FileJob, Output, inputs_of, jobs_of, left_out, looked_at
from napari_histeq.batch.joint import together
from napari_histeq.batch.manifest import Records, check_manifest, read_manifest, write_manifest
from napari_histeq.batch.options import match_of, method_of, stored_in
from napari_histeq.batch.running import Result, run_all
from napari_histeq.batch.settings import Settings, check_labels, numbers_of, out_range_of
from napari_histeq.batch.work import Count, Equalize, Measure, Plot, Replay
