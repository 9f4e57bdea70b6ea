# coachstudy, for a team server (docker-compose.yml). One image for web, worker, beat and migrate.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    COACHSTUDY_DATA=/data \
    COACHSTUDY_STATIC=/app/staticfiles

WORKDIR /app

# Before the code, so that a change of code does not install everything again.
COPY requirements/base.txt requirements/base.txt
RUN python -m pip install --require-hashes --requirement requirements/base.txt

COPY . .

# An account without rights; an empty named volume takes over the owner of /data/media.
RUN groupadd --system --gid 10001 coachstudy \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --shell /usr/sbin/nologin coachstudy \
    && mkdir -p /data/media \
    && chown -R coachstudy:coachstudy /data

# Static files belong to the image. The two variables let the settings be read; nothing is kept.
RUN COACHSTUDY_DATABASE_URL=postgres://nobody@nowhere/none \
    COACHSTUDY_SECRET_KEY="$(python -c 'import secrets; print(secrets.token_hex(32))')" \
    python manage.py collectstatic --no-input

USER coachstudy
EXPOSE 8000
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--workers", "2", "--blocking-threads", "4", "coachstudy.wsgi:application"]
