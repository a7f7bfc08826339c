"""Imports what a child will need, once, in the process that children are forked from: then they start at once."""

import contextlib

import mediapipe.tasks.python.vision.face_detector  # noqa: F401

import streamblur.compose
import streamblur.detectors.auto
import streamblur.engine
import streamblur.obscurers.blur
import streamblur.obscurers.pixelate
import streamblur.obscurers.solid
import streamblur.review
import streamblur.sinks.file
import streamblur.sinks.image
import streamblur.sources.file
import streamblur.sources.image
import streamblur.trackers._sights
import streamblur.trackers.motion
import streamblur.web.child
import streamblur.web.edits
import streamblur.web.recording
import streamblur.web.reporting
import streamblur.web.reviewing
import streamblur.web.studio  # noqa: F401

with contextlib.suppress(ImportError):
    import pillow_heif  # noqa: F401
