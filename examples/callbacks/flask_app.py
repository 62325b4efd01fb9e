"""Callbacks in Flask: `flask --app flask_app run`, with RUNFLOW_API_KEY and RUNFLOW_CALLBACK_SECRETS set.

Install: `pip install flask`, and `pip install .` in a checkout of runflow-client.

With several processes, as under gunicorn, pass `deduplicator=callbacks.SQLiteDeduplicator("callbacks.sqlite")`, which they share.
"""

import os

from flask import Flask, request
from work import SECRETS, start_worker, take

from runflow_client import callbacks

app = Flask(__name__)
endpoint = callbacks.Endpoint(take, SECRETS)
start_worker()


def receive() -> tuple[str, int, dict[str, str]]:
    reply = endpoint.receive(request.get_data(), request.headers)
    return reply.text, reply.status, dict(reply.headers)


app.add_url_rule("/runflow/callbacks", view_func=receive, methods=["POST"])

if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8000")))
