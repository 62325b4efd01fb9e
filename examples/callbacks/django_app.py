"""Callbacks in Django, in one file: `python django_app.py`, with RUNFLOW_API_KEY and RUNFLOW_CALLBACK_SECRETS set.

Install: `pip install django`, and `pip install .` in a checkout of runflow-client.

In a project of yours: the view, and its line in `urlpatterns`. The view is exempt from the CSRF check, because the signature
proves who sends.
"""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from work import SECRETS, start_worker, take

from runflow_client import callbacks

endpoint = callbacks.Endpoint(take, SECRETS)


def receive(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse(status=405)
    reply = endpoint.receive(request.body, request.headers)
    return HttpResponse(reply.text, status=reply.status, headers=dict(reply.headers), content_type="text/plain")


urlpatterns = [path("runflow/callbacks", csrf_exempt(receive))]

if __name__ == "__main__":
    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1", "localhost"], SECRET_KEY="only for this example"
    )
    start_worker()
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", os.environ.get("PORT", "8000")])
