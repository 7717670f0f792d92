"""What a channel should show, and the next single act that brings it there. Pure: values in, values out.

``reconcile`` compares what the channel has been shown with what is true now. After a crash, days of downtime, an edited
update, a vanished or reopened incident or a change of mode the card differs from the incident, and the next act
corrects it.
"""

from bot.cards.alike import next_act
from bot.cards.reconciler import MAX_SINGLE_POSTS, MAX_SINGLE_REPLIES, kept_back, reconcile, resume, too_late
from bot.cards.views import Act, ActReason, NewsView, ReminderView, Reopening, ReplyView, RootView, UpdateView, View

__all__ = [
    "MAX_SINGLE_POSTS",
    "MAX_SINGLE_REPLIES",
    "Act",
    "ActReason",
    "NewsView",
    "ReminderView",
    "Reopening",
    "ReplyView",
    "RootView",
    "UpdateView",
    "View",
    "kept_back",
    "next_act",
    "reconcile",
    "resume",
    "too_late",
]
