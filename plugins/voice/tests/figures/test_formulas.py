"""The vectors of the metrics' definitions."""

from __future__ import annotations

import pytest

from polydesk_voice.figures import formulas
from polydesk_voice.figures.formulas import Tally, Variant

# 1000 answered, 860 of them within 20 s; 60 gave up, 20 of them within 20 s and 10 within 5 s.
SAMPLE = Tally(answered=1000, abandoned=60, short=10, within={20: 860}, lost_within={20: 20})


@pytest.mark.parametrize(
    ("variant", "percent"), [("V1", 83.0), ("V2", 86.0), ("V3", 81.1), ("V4", 82.7), ("V5", 82.1), ("V6", 81.9)]
)
def test_service_level_as_icmi_computes_it(variant: Variant, percent: float) -> None:
    level = formulas.service_level(SAMPLE, 20, variant).value
    assert level is not None
    assert round(level * 100, 1) == percent


def test_short_abandons_are_removed_unless_said_otherwise() -> None:
    assert formulas.service_level(SAMPLE, 20) == formulas.service_level(SAMPLE, 20, "V6") == (860, 1050)


def test_abandonment_leaves_short_ones_out_on_both_sides() -> None:
    assert formulas.abandonment(SAMPLE) == (50, 1050)
    assert formulas.abandonment(SAMPLE, raw=True) == (60, 1060)


def test_nothing_divided_by_nothing_is_unknown() -> None:
    nobody = Tally()
    for ratio in (
        formulas.service_level(nobody, 20),
        formulas.abandonment(nobody),
        formulas.speed_of_answer(nobody),
        formulas.handle_time(nobody),
        formulas.occupancy(nobody),
        formulas.transfer_rate(nobody),
        formulas.fcr_repeat(nobody),
        formulas.fcr_agent(nobody),
    ):
        assert ratio.value is None
    assert formulas.median([]) is None
    assert formulas.percentile([], 90) is None


def test_only_short_abandons_leave_nothing_to_divide_by() -> None:
    level = formulas.service_level(Tally(abandoned=2, short=2), 20)
    assert level.denominator == 0
    assert level.value is None


def test_sums_are_divided_not_quotients_averaged() -> None:
    quiet = Tally(answered=1, within={20: 0}, waits=[100.0])
    busy = Tally(answered=99, within={20: 99}, waits=[1.0] * 99)
    both = formulas.total([quiet, busy])
    assert formulas.service_level(both, 20).value == 0.99
    assert formulas.speed_of_answer(both).value == pytest.approx(1.99)
    assert formulas.percentile(both.waits, 90) == 1.0
    assert quiet.waits == [100.0], "what is added up stays as it was"


def test_handling_time_counts_parts_for_agents_and_calls_for_contacts() -> None:
    passed_on = Tally(talk=300, hold=40, after=60, parts=[250.0, 150.0], handled={7}, transferred={7})
    assert formulas.handle_time(passed_on).value == 200
    assert formulas.end_to_end(passed_on).value == 400
    assert [each(passed_on).value for each in (formulas.talk_time, formulas.hold_time, formulas.after_call_work)] == [
        150,
        20,
        30,
    ]
    other_queue = Tally(talk=100, parts=[100.0], handled={7, 8})
    together = formulas.total([passed_on, other_queue])
    assert together.handled == {7, 8}
    assert formulas.transfer_rate(together) == (1, 2)


def test_occupancy_is_of_the_time_there_for_calls() -> None:
    assert formulas.occupancy(Tally(busy=2400, idle=800)).value == 0.75


@pytest.mark.parametrize(
    ("values", "middle", "ninety"),
    [
        ([5.0], 5.0, 5.0),
        ([1.0, 3.0], 2.0, 3.0),
        ([float(n) for n in range(1, 11)], 5.5, 9.0),
        ([9.0, 1.0, 5.0], 5.0, 9.0),
    ],
)
def test_median_and_p90(values: list[float], middle: float, ninety: float) -> None:
    assert formulas.median(values) == middle
    assert formulas.percentile(values, 90) == ninety
