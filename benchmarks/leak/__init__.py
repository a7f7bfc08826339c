"""How many faces can still be seen in what a tool wrote: ``python -m benchmarks.leak``."""
