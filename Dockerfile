# The page for an office, in a container that may do little:
#
#   docker build -t streamblur .
#   docker run --rm --read-only --tmpfs /tmp:size=8g,mode=1777 --cap-drop ALL --security-opt no-new-privileges \
#       --pids-limit 512 --memory 6g -p 127.0.0.1:8080:8080 -e STREAMBLUR_TOKEN=AT-LEAST-16-CHARACTERS streamblur
#
# It is then at http://127.0.0.1:8080/. For others to reach it, put a proxy with TLS before it and add
# `--name NAME` (the Host that browsers send) to the end of the command. Everything uploaded lies in /tmp, in memory.

FROM python:3.12-slim-bookworm AS build
WORKDIR /build
COPY pyproject.toml setup.py setup.cfg README.md LICENSE THIRD_PARTY.md MANIFEST.in ./
COPY streamblur ./streamblur
RUN python -m venv /opt/streamblur && /opt/streamblur/bin/pip install --no-cache-dir '.[web,heic]'

FROM python:3.12-slim-bookworm
# Debian keeps only the newest fix of a package: a pinned version would soon be gone.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libegl1 libgl1 libgles2 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/streamblur /opt/streamblur
ENV PATH=/opt/streamblur/bin:$PATH \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 65532:65532
WORKDIR /tmp
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/', timeout=4)"]
ENTRYPOINT ["streamblur", "web", "--host", "0.0.0.0", "--port", "8080", "--no-browser"]
