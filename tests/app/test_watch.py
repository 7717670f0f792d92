"""The watch over the event loop and the clock, on a loop and a clock that the test turns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.app.watch import Watch
from tests.fakes import Clock


class Desk:
    def __init__(self) -> None:
        self.clock, self.at, self.steps = Clock(), 0.0, list[float]()
        self.watch = Watch(self.clock, lambda: self.at, lambda step: self.steps.append(step.total_seconds()))

    def after(self, seconds: float, *, lag_s: float = 0, step: timedelta = timedelta()) -> None:
        self.at += seconds
        self.clock.now += timedelta(seconds=seconds) + step
        self.watch.look(lag_s)


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=-3652), timedelta(days=3652)])
def test_a_step_of_the_clock_is_logged_once(step: timedelta) -> None:
    desk = Desk()
    with capture_logs() as logged:
        desk.after(0.05)
        desk.after(0.05, step=step)
        desk.after(0.05)
    assert logged == [{"event": "clock.stepped", "log_level": "warning", "by_s": step.total_seconds()}]
    assert desk.steps == [step.total_seconds()]


def test_a_clock_that_is_slewed_and_a_loop_that_is_late_are_no_steps() -> None:
    desk = Desk()
    for _ in range(100):
        desk.after(0.05, step=timedelta(milliseconds=1))
    desk.after(9, lag_s=8.95)
    assert desk.steps == []


def test_a_held_loop_is_logged_once_a_minute_with_the_worst_of_it() -> None:
    desk = Desk()
    with capture_logs() as logged:
        desk.after(0.05, lag_s=0.05)
        desk.after(1, lag_s=0.2)
        for lag_s in (0.3, 0.9, 0.4):
            desk.after(10, lag_s=lag_s)
        desk.after(40)
    held = [(line["times"], line["longest_s"]) for line in logged if line["event"] == "loop.held"]
    assert held == [(1, 0.2), (3, 0.9)]


def test_the_worst_lag_of_the_last_minutes_is_known_and_then_forgotten() -> None:
    desk = Desk()
    desk.after(1, lag_s=0.7)
    desk.after(1, lag_s=0.2)
    assert desk.watch.max_lag_s == 0.7
    desk.after(299.5)
    assert desk.watch.max_lag_s == 0.2
