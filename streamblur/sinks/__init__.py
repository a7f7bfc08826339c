"""Where covered frames go: one module per kind of sink, found by its file name."""
