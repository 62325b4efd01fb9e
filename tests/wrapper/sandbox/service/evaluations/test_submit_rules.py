"""The rules of a submit that the contract's schemas do not state."""

import pytest

GOOD = {"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("https://hooks.example.com/runflow", True),
        ("HTTPS://hooks.example.com", True),
        ("http://127.0.0.1:8080/hook", True),
        ("http://localhost/hook", True),
        ("http://[::1]:8080/hook", True),
        ("http://hooks.example.com/runflow", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://192.0.2.1/", False),
        ("ftp://127.0.0.1/", False),
        ("https://", False),
        ("https://[::1/", False),
        ("https://hooks.example.com:port/", False),
        ("", False),
    ],
)
def test_callback_url_is_https_or_on_this_machine(call, sharp_uri, url, accepted):
    reply = call.submit(sharp_uri, callback_url=url)
    assert reply.status == (202 if accepted else 422)
    assert accepted or reply.locs == [["body", "callback_url"]]


def test_reference_image_without_url_is_422(call):
    reply = call("POST", "/v1/evaluations", {**GOOD, "reference_images": [{"kind": "identity"}]})
    assert reply.locs == [["body", "reference_images", 0, "url"]]
