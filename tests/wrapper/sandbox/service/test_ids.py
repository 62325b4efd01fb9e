"""Ids sort by time and depend on the seed."""

from uuid import UUID

UNSEEN = "https://images.example.com/a.png"


def test_ids_are_uuids_of_version_7_that_sort_by_time(call):
    ids = []
    for call.now in range(5):
        ids.append(call.submit(UNSEEN).json["id"])
    assert ids == sorted(ids)
    assert {UUID(i).version for i in ids} == {7}


def test_equal_runs_have_equal_replies_until_the_seed_differs(caller, sharp_uri):
    first, again, other = (caller(**options).ended(sharp_uri) for options in ({}, {}, {"seed": 1}))
    assert first == again
    assert first["id"] != other["id"]
