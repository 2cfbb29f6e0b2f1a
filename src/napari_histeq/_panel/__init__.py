"""The parts of the panel: what each row is, how rows are arranged and colored."""
