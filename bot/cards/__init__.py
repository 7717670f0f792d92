"""What a channel should see, and the next single act that brings it there. Pure: values in, values out.

``reconcile`` compares what the channel has been shown with what is true now. A crash, days of downtime, an edited
update, a vanished incident, a reopened one, another mode: in each the card differs from the incident, and the next act
mends it.
"""

from bot.cards.reconciler import FLAT_AT_ONCE, THREAD_AT_ONCE, reconcile, resume, too_late
from bot.cards.views import Act, ActReason, ReplyView, RootView, UpdateView, View

__all__ = [
    "FLAT_AT_ONCE",
    "THREAD_AT_ONCE",
    "Act",
    "ActReason",
    "ReplyView",
    "RootView",
    "UpdateView",
    "View",
    "reconcile",
    "resume",
    "too_late",
]
