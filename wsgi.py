"""Makes `app` for gunicorn; nothing else."""

from ecabinet.app import create_app

app = create_app()
