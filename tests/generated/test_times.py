"""Times become aware datetimes, or stay as they came."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runflow_api.decoding import read_datetime
from runflow_api.encoding import plain_time
from runflow_api.models import Evaluation

MOMENT = datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-07T05:31:56Z",
        "2023-11-07T05:31:56+00:00",
        "2023-11-07T05:31:56.000000Z",
        "2023-11-07T07:31:56+02:00",
        "2023-11-07 05:31:56",
        "2023-11-07T05:31:56",
        "20231107T053156Z",
    ],
)
def test_iso_8601_time_without_zone_is_read_as_utc(text: str) -> None:
    moment = read_datetime(text)
    assert moment == MOMENT
    assert moment.tzinfo is not None


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 07 Nov 2023 05:31:56 GMT",
        "2023-11-07 05:31:56 UTC",
        "2023-11-07T5:31:56Z",
        "2023-11-07 05:31:56 +0000",
        "2023-11-07 07:31:56 +0200",
        "Nov 7 2023 5:31:56 AM",
        "7 November 2023 05:31:56",
    ],
)
def test_other_complete_times_are_read_too(text: str) -> None:
    moment = read_datetime(text)
    assert moment == MOMENT
    assert moment.tzinfo is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "today",
        "Tuesday",
        "05:31",
        "10",
        "Nov 7",
        "November 2023",
        "2023-11",
        "7/11/2023",
        "07/11/23",
        "01-02-03",
        "07 Nov 23",
        "010101",
        "1699335116",
        "1612312359",
        "2023-11-07 05:31:56 EST",
        "2023-11-07 05:31:56 XYZ",
        "2023-13-45T99:99:99Z",
        "99999-01-01T00:00:00Z",
        "2023-11-07T05:31:56+99:99 or so",
        "0000-00-00T00:00:00Z",
        " 9920232023",
        f"0:{'9' * 40}00",
        "2023-11-07T05:31:56Z" + " " * 100,
        "9" * 5000,
        "\x00",
        "\ud800",
    ],
)
def test_incomplete_or_ambiguous_time_is_kept_unchanged(text: str) -> None:
    assert read_datetime(text) is text


@pytest.mark.parametrize("value", [None, 7, 1.5, True, [], ["2023-11-07T05:31:56Z"], {}])
def test_what_is_no_string_stays_as_it_came(value: Any) -> None:
    assert read_datetime(value) is value


def test_the_zone_is_kept_and_written_back() -> None:
    evaluation = Evaluation.from_dict({"created_at": "2023-11-07T07:31:56+02:00", "updated_at": "soon"})
    assert evaluation.created_at is not None
    assert evaluation.created_at.utcoffset() == timedelta(hours=2)
    assert evaluation.to_dict()["created_at"] == "2023-11-07T07:31:56+02:00"
    assert evaluation.to_dict()["updated_at"] == "soon"


def test_the_reading_does_not_depend_on_the_machine_s_zone() -> None:
    program = (
        "from runflow_api.decoding import read_datetime\n"
        "texts = '2023-11-07 05:31:56 EST', '2023-11-07T05:31:56', '7 Nov 2023 05:31'\n"
        "print(*map(read_datetime, texts), sep='|')"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"TZ": zone, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for zone in ("EST5EDT", "UTC")
    }
    assert printed == {"2023-11-07 05:31:56 EST|2023-11-07 05:31:56+00:00|2023-11-07 05:31:00+00:00"}


def test_dateutil_is_loaded_only_for_times_outside_iso_8601() -> None:
    program = (
        "import sys\nfrom runflow_api.decoding import read_datetime\n"
        "read_datetime('2023-11-07T05:31:56Z'), read_datetime(None)\nassert 'dateutil' not in sys.modules\n"
        "read_datetime('7 Nov 2023 05:31')\nassert 'dateutil' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path)}, check=True)


zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=zones))
def test_every_moment_comes_back_from_its_iso_text(moment: datetime) -> None:
    assert read_datetime(moment.isoformat()) == moment


@given(st.text(max_size=80) | st.from_regex(r"\A[0-9TZ:+./ -]{1,40}\Z"))
def test_any_text_is_aware_time_or_kept_unchanged(text: str) -> None:
    value = read_datetime(text)
    assert value is text or value.tzinfo is not None


@given(
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2)), None]))
    | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
)
def test_time_is_written_as_isoformat_writes_it(moment: datetime) -> None:
    assert plain_time(moment) == moment.isoformat()


@pytest.mark.parametrize("value", [None, "soon", 5, True, ["2023"], {"a": 1}])
def test_what_is_no_time_is_written_as_it_is(value: Any) -> None:
    assert plain_time(value) is value
