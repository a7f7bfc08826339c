"""What a job's child is told."""

from __future__ import annotations

from dataclasses import asdict

from streamblur.web.child import Order
from streamblur.web.jobs import Job
from streamblur.web.limits import Limits


def order(job: Job, work: str, limits: Limits) -> Order:
    """What a child is told about this job."""
    bounds = limits.bounds(max(4 * job.bytes, 10**9), int(4 * limits.allowed(job.kind.photo)))
    about: Order = {"input": job.input.name, "output": job.output.name, "names": [job.name, job.saved_as]}
    about |= {"edits": job.edits, "length": limits.length, "settings": asdict(job.settings)}
    return {"work": work, "folder": str(job.folder), "bounds": bounds, **about}
