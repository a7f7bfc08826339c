"""Where frames come from: one module per kind of source, found by its file name."""
