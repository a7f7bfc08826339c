"""Detectors: one module per way of finding faces on one picture; each has ``build(settings) -> Detector``."""
