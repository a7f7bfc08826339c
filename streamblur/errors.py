"""Every error a user can meet, as one tree.

    StreamblurError            one sentence: what, which file, what to do next
    ├── InputError             the input is missing, unreadable, damaged, or has no picture
    ├── OutputError            the output cannot be written, or must not be
    ├── SettingsError          a setting is unknown, out of range, or contradicts another
    └── MissingError           something to be installed is not there: a model, a library

Errors of the libraries underneath are turned into one of these once, where the
library is called (``raise InputError(...) from error``); anything else that escapes is a bug.
"""


class StreamblurError(Exception):
    """Base of all errors that are told to the user as one sentence."""


class InputError(StreamblurError):
    """The input is missing, unreadable, damaged, or holds no picture."""


class OutputError(StreamblurError):
    """The output cannot be written, or writing it would destroy something."""


class SettingsError(StreamblurError):
    """A setting is unknown, out of range, or contradicts another."""


class MissingError(StreamblurError):
    """A model or a library that is needed is not installed."""
