"""Sample data."""

from napari_histeq.samples.samples import fading_stack, moon, nuclei, radiograph, xray, xray16

__all__ = ["fading_stack", "moon", "nuclei", "radiograph", "xray", "xray16"]
