import pytest

from rawg_sandbox.clock import SandboxClock, moment_iso, parse_moment


def test_a_clock_stands_still_unless_it_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    real = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: real[0])
    standing, ticking = SandboxClock(1_000_000), SandboxClock(1_000_000, ticks=True)
    real[0] += 95
    assert standing.now() == standing.catalogue_moment() == 1_000_000
    assert ticking.now() == 1_000_095
    assert ticking.catalogue_moment() == 1_000_095 // 60 * 60


@pytest.mark.parametrize(
    "text", ["2024-01-02T06:00:00Z", "2024-01-02T06:00:00", "2024-01-02T07:00:00+01:00"]
)
def test_times_are_utc_unless_they_say_otherwise(text: str) -> None:
    assert moment_iso(parse_moment(text)) == "2024-01-02T06:00:00Z"


@pytest.mark.parametrize("text", ["", "tomorrow", "2024-02-30", "1999-01-01"])
def test_what_is_no_time_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time like|knows the years"):
        parse_moment(text)
