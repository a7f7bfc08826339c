"""Damaged recordings by the thousand: none may crash a run, hang it, or leave half a recording under its final name.

``cd tests && python -m fuzz --seconds 600`` looks for minutes; ``test_fuzz.py`` for seconds, always at the same files.
"""
