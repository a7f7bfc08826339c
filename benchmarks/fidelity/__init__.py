"""Is the output still the same recording, and does nothing leak by another door? Cases V1 to V22, for any tool.

Every case makes its own input with PyAV, lets the tool run on it, and reads the output back with PyAV alone.
``python -m benchmarks.fidelity`` prints the table; ``tests/test_fidelity_cases.py`` runs the same cases.
"""
