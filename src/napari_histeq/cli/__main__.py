"""``python -m napari_histeq.cli``: where the folder of scripts is on no path."""

from napari_histeq.cli import main

main()
