"""Ways to make a face unrecoverable, one module each; see ``ports.Obscurer``."""
