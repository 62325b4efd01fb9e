"""Callbacks in FastAPI: `uvicorn fastapi_app:app`, with RUNFLOW_API_KEY and RUNFLOW_CALLBACK_SECRETS set.

Install: `pip install fastapi uvicorn`, and `pip install .` in a checkout of runflow-client.

The application of `callbacks.asgi` is added as a route, not mounted: a mounted one is redirected to a URL that ends with a slash.
It works the same in Starlette.
"""

import os

import uvicorn
from fastapi import FastAPI
from starlette.routing import Route
from work import SECRETS, start_worker, take

from runflow_client import callbacks

app = FastAPI()
app.routes.append(Route("/runflow/callbacks", callbacks.asgi(take, SECRETS)))
start_worker()

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")), log_level="warning")
