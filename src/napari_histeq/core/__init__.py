"""Arrays in, arrays out; usable without napari."""
