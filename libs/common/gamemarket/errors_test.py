from __future__ import annotations

import itertools

import pytest

from gamemarket import errors
from gamemarket.errors import ExitCode, GameMarketError, exit_code_of, worst_exit_code


def test_every_error_is_public_and_stands_in_the_tree() -> None:
    classes = {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, GameMarketError)
    }
    assert set(classes) <= set(errors.__all__)
    assert all(name in (errors.__doc__ or "") for name in classes)


def test_all_names_exist() -> None:
    assert [name for name in errors.__all__ if not hasattr(errors, name)] == []


def test_the_first_code_of_the_precedence_wins_whatever_the_order() -> None:
    order = [77, 64, 70, 74, 69, 65, 75, 0]
    for worse, better in itertools.combinations(map(ExitCode, order), 2):
        assert worst_exit_code([worse, better]) == worst_exit_code([better, worse]) == worse


def test_a_run_over_nothing_is_done() -> None:
    assert worst_exit_code([]) is ExitCode.DONE


def test_every_exit_code_has_its_place_in_the_precedence() -> None:
    assert {worst_exit_code([code]) for code in ExitCode} == set(ExitCode)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("x"), 64),
        (errors.MissingObjectError("raw/x"), 74),
        (errors.InterruptedRunError(ExitCode.TERMINATED), 143),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError(), 70),
    ],
)
def test_errors_have_their_exit_codes(error: BaseException, code: int) -> None:
    assert exit_code_of(error) == code
