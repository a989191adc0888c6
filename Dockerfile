# Any image with Python 3.11 or newer as `python3` and Debian's account tools will do as the base.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
RUN python3 -m venv /opt/cuofeng
WORKDIR /source
COPY requirements-runtime.lock .
RUN /opt/cuofeng/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
    --require-hashes --requirement requirements-runtime.lock
COPY pyproject.toml README.md ./
COPY solver solver
COPY scheduler scheduler
COPY api api
COPY fixtures fixtures
RUN /opt/cuofeng/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
    --no-deps --no-build-isolation .

FROM ${BASE}
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/cuofeng cuofeng
COPY --from=build /opt/cuofeng /opt/cuofeng
ENV PATH=/opt/cuofeng/bin:${PATH} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/cuofeng
USER 10001
EXPOSE 8000
CMD ["cuofeng", "serve", "--host", "0.0.0.0", "--port", "8000"]
