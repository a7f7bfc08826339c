"""Ways to join detections into tracks, one module each; see ``ports.Tracker``."""
