"""Makes `app` for gunicorn; nothing else."""

from ecabinet.app import create_served_app

app = create_served_app()
