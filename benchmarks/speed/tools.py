"""The tools that are compared, each in an environment of its own, installed when it is not there yet."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.leak.tool import STREAMBLUR

_HERE = shlex.quote(sys.executable)


@dataclass(frozen=True, slots=True)
class Tool:
    """``template`` is its command with {input} and {output} (and {home}, its environment); ``packages`` what pip
    installs for it; ``preset`` that of the null transcode it is measured against."""

    name: str
    template: str
    packages: tuple[str, ...] = ()
    preset: str = "medium"


_DEFACE = ("deface==1.5.0", "onnxruntime")
# faceghost names its output itself (STEM_blurred.mp4 in the folder where it is started), so a shell helps.
_FACEGHOST = 'sh -c \'cd "${1%/*}" && "$2"/bin/faceghost --vid "$0" && mv -- *_blurred.mp4 "$1"\''
TOOLS = (
    Tool("null, medium", f"{_HERE} -m benchmarks.speed.null {{input}} {{output}}"),
    Tool("null, veryfast", f"{_HERE} -m benchmarks.speed.null {{input}} {{output}} --preset veryfast", (), "veryfast"),
    Tool("streamblur", f"{STREAMBLUR} --crf 23"),
    Tool("streamblur, veryfast", f"{STREAMBLUR} --crf 23 --preset veryfast", (), "veryfast"),
    Tool("streamblur, MediaPipe alone", f"{STREAMBLUR} --crf 23 --detector mediapipe"),
    Tool("deface", "{home}/bin/deface {input} -o {output} -k", _DEFACE),
    Tool("deface -s 640x360", "{home}/bin/deface {input} -o {output} -k -s 640x360", _DEFACE),
    Tool("faceghost", f"{_FACEGHOST} {{input}} {{output}} {{home}}", ("faceghost==0.1.5",)),
)


def installed(tool: Tool, work: Path) -> str:
    """The tool's command, after its packages are installed under ``work``."""
    if not tool.packages:
        return tool.template
    home = work / tool.packages[0].replace("==", "-")
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "-q", *tool.packages], check=True)
        (home / "ready").touch()
    return tool.template.replace("{home}", shlex.quote(str(home)))
