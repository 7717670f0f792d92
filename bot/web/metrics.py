"""What Prometheus is told: counters and times as they happen, and the store's state whenever it is scraped.

Only the level of subscribed vendors has a vendor for a label, and nothing a channel: there are thousands of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric

from bot.cards import Act
from bot.message import Message
from bot.store import Store
from bot.store.values import DueCard

POLL_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60)
ACT_BUCKETS_S = (0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
AGE_BUCKETS_S = (30, 60, 120, 300, 600, 1800, 3600, 86400)


class Metrics:
    """``polled`` and ``acted`` are the hooks of the poller and of delivery."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._polls = Histogram(
            "lookout_poll_seconds",
            "From the claim of a page to its outcome, by the page's platform.",
            ("kind", "outcome"),
            buckets=POLL_BUCKETS_S,
            registry=self._registry,
        )
        self._acts = Counter(
            "lookout_acts_total",
            "Messages that a platform took: posts, replies, edits.",
            ("platform", "act", "reason"),
            registry=self._registry,
        )
        self._delay = Histogram(
            "lookout_detect_to_act_seconds",
            "From the moment that an incident's card fell due to the message about it.",
            ("platform",),
            buckets=ACT_BUCKETS_S,
            registry=self._registry,
        )

    def polled(self, kind: str, outcome: str, seconds: float) -> None:
        self._polls.labels(kind, outcome).observe(seconds)

    def acted(self, now: datetime, due: DueCard, act: Act, message: Message) -> None:
        if due.card.mode is not None:  # A drill is no news.
            return
        platform = due.card.channel.platform
        self._acts.labels(platform, act.kind.value, act.reason.value).inc()
        if due.since is not None:
            self._delay.labels(platform).observe(max(0.0, (now - due.since).total_seconds()))

    def text(self, store: Store, now: datetime) -> bytes:
        """In Prometheus' own format. Reads the store: not for the event loop."""
        scrape = CollectorRegistry()
        scrape.register(_StoreCollector(store, now))
        return generate_latest(self._registry) + generate_latest(scrape)


class _StoreCollector:
    """The state of the store at one moment, as metrics."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now

    def collect(self) -> Iterable[Metric]:
        totals = self._store.diagnostics.totals(self._now)
        yield _gauge("lookout_pages", "Pages that are read, by whether they can be.", ("state",), totals.pages)
        yield _gauge("lookout_channels", "Channels on record.", ("platform", "health"), totals.channels)
        yield _gauge("lookout_cards_due", "Cards that differ from their incident.", (), {(): totals.cards_due})
        yield _gauge(
            "lookout_uncertain_acts",
            "Messages under way, or sent without an answer, of which nobody knows whether they arrived.",
            (),
            {(): totals.uncertain_acts},
        )
        yield _gauge(
            "lookout_vendor_level",
            "Of each subscribed vendor: 0 operational, 1 maintenance, 2 degraded, 3 partial outage, 4 major outage.",
            ("vendor",),
            totals.levels,
        )
        ages = GaugeHistogramMetricFamily("lookout_page_age_seconds", "Since the last reading of each watched page.")
        ages.add_metric([], *_buckets(totals.ages_s))
        yield ages


def _gauge(name: str, about: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family


def _buckets(ages: Iterable[float]) -> tuple[list[tuple[str, float]], float]:
    ages = list(ages)
    limits = [*map(float, AGE_BUCKETS_S), float("inf")]
    counts = [(_limit(limit), float(sum(age <= limit for age in ages))) for limit in limits]
    return counts, float(sum(ages))


def _limit(limit: float) -> str:
    return "+Inf" if limit == float("inf") else str(limit)
