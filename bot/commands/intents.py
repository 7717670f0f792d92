"""The words that ask for a command without naming it: ``stop telling me about``, ``keep us posted on``. Pure.

A text here is folded: lower-case words without accents and punctuation, one space between them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from bot.commands.vocabulary import ASIDE, FILLERS, WHOLE

_TELLING = (
    "tell|telling|notify|notifying|send|sending|post|posting|alert|alerting|ping|pinging|bother|bothering|spam"
    "|spamming|update|updating|inform|informing|watch|watching|follow|following|track|tracking|monitor|monitoring"
    "|subscribing|warn|warning|show|showing|want|hear|hearing|need|care|interested"
)
_WATCHED = "subscribed?|watch|watching|watched|follow|following|followed|track|tracking|monitor|monitoring|monitored"
_WE = (
    r"what|which|who|are (?:we|you)|am i|is (?:this|the) channel|did (?:we|i|someone)|do (?:we|you)"
    r"|does (?:this|the) channel|has (?:anyone|someone)|have we"
)
_OFTEN = (
    "daily|weekly|(?:every|each) (?:day|morning|evening|week|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
    "|once a (?:day|week)"
)
_SUMMARY = "summary|summaries|report|reports|recap|recaps|overview|roundup|round up|briefing|digests?"
_CHANGED = (
    "changed|muted|unmuted|removed|unsubscribed|deleted|added|set|did|turned|ended|put|paused|silenced|snoozed|ignored"
)
_PLAY = "play|run|start|do|send|post|show|make|trigger|simulate|try|fire"
_DRILL = "test|drill|fake|made up|mock|dummy|fire drill"
_NEWS = "updates?|notifications?|alerts?|news|notified"

_I = r"(?:im|i am|were|we are)"
_IT = r"(?:it|this|that)"

_WISHES = (
    ("unack", rf"(?:{_I} (?:not|no longer)|(?:nobody|no one|noone) (?:is )?) ?(?:on|looking into|working on) {_IT}"),
    ("ack", rf"{_I} (?:already |now )?(?:on|looking into|working on|handling|taking) {_IT}"),
    ("ack", rf"(?:ill|i will|we will|let me) (?:take|handle|look into|take care of) {_IT}|i(?:ve)? got {_IT}"),
    ("ack", r"ack|acknowledged?"),
    ("ignore", rf"{_I} (?:not (?:\w+ )?(?:affected|impacted)|unaffected)|we arent (?:affected|impacted)"),
    ("ignore", r"(?:doesnt|does not|wont) (?:affect|concern|impact|hit) (?:us|me)|not our problem"),
    ("help", r"(?:help|commands?|examples?)(?: me)?(?: please)?$|^(?:start|menu)$"),
    ("help", r"how (?:do|does) (?:\w+ ){1,3}work"),
    ("help", r"what can (?:you|i|we) (?:do|ask|type|say)|what do you do|(?:who|what) are you$|hilfe|aide|ayuda"),
    ("help", r"(?:how (?:do|does|can|should) (?:i|we|you|this|it) |how to )(?:.*)"),
    ("audit", rf"who (?:{_CHANGED})|what (?:has |was |got |did )?(?:\w+ )?changed?|(?:audit|change) ?(?:log|trail)"),
    ("test", rf"(?:{_PLAY})(?: me| us)? (?:a |an |the |some )?(?:{_DRILL})(?: .*)?|(?:{_DRILL}) (?:outage|incident)"),
    ("planned", r"(?:planned|upcoming|scheduled|next|coming)(?: \w+){0,2} maintenances?"
                r"|maintenances? (?:is |are )?(?:planned|scheduled|coming|upcoming)"
                r"|what(?:s| is)? (?:planned|scheduled|coming up)"
                r"|(?:any|next|show|list) (?:planned )?maintenances?"),
    ("preview", r"(?:what|how (?:many|much|often|noisy|loud))(?: \w+){0,3} would(?: have)?(?: \w+){0,3}"
                r" (?:got|gotten|get|received?|sent|send|been|be|posted|heard|hear|seen|see)(?: from| about| of)?"),
    ("digest", rf"(?:.* )?(?:{_SUMMARY}) (?:of|for) (?:the |this |last )?"
               r"(?:week|day|month|today|yesterday|night)(?: .*)?"),
    ("digest", rf"(?:.* )?(?:{_OFTEN}) (?:{_SUMMARY})(?: .*)?|(?:.* )?(?:{_SUMMARY}) (?:.* )?(?:{_OFTEN})(?: .*)?"),
    ("digest", r"(?:.* )?digests?(?: .*)?"),
    ("settings", r"quiet (?:hours|times?)"),
    ("mute", r"(?:is|are|what|whats|which|anything|everything) .*muted|muted"),
    ("unmute", r"unmute|unsnooze|unsilence|unpause|resume"),
    ("unmute", r"(?:stop|end|lift|cancel|undo|remove) (?:the |this |that )?(?:mute|muting|snooze|snoozing|silence)"),
    ("unsubscribe", rf"(?:stop|quit|no longer|dont|do not|never|no need to) (?:.* )?(?:{_TELLING})|not interested"),
    ("unsubscribe", r"unsubscribe(?: from)?|unsub|unfollow|unwatch|(?:remove|delete|drop|ditch)|get rid of"),
    ("unsubscribe", r"no more|enough (?:of|about)|(?:turn|switch) off|stop|forget|disable|cancel|kundige"),
    ("mute", r"mute|snooze|silence|pause|hush|quiet|be quiet (?:about|on)|shut up"),
    ("list", r"(?:show|see|get|view)(?: me)?(?: the| our| my)? list"),
    ("list", r"who gets|(?:are|do) (?:we|i) (?:still )?(?:get|getting|receive|receiving) (?:\w+ )*"
             rf"(?:{_NEWS}|incidents?|messages?)"),
    ("list", rf"(?:\w+ )*subscriptions?(?: please)?$|(?:{_WE}) (?:.* )?(?:{_WATCHED})"),
    ("subscribe", r"(?:start|begin|keep) (?:watching|following|tracking|monitoring)"),
    ("subscribe", r"subscribe|sub|add|watch|follow|track|monitor|notify|alert|inform|enable|abonnieren|abonniere"),
    ("subscribe", r"(?:tell|ping|warn|message|update|let) (?:\w+ )?(?:know )?(?:when|whenever|once)"),
    ("subscribe", r"let (?:me|us) know (?:if|about)|keep .*(?:posted|updated|informed|eye)"),
    ("subscribe", rf"(?:want|need|get|send|give|like) .*(?:{_NEWS})"),
    ("subscribe", r"(?:want|need|send|give)(?= (?:\w+ ){0,3}(?:minor|major|critical)s?(?: |$))"),
    ("subscribe", r"^(?:only|just)(?= (?:the )?(?:minor|major|critical)s?(?: \w+){0,2} (?:from|of|for|at) )"),
    ("subscribe", r"only (?:tell|notify|alert|ping|send|post|warn|want)(?= .*(?:minor|major|critical)s?(?: |$))"),
    ("settings", r"(?:set|change|switch|use|make|our|my|the|what|which) (?:.* )?(?:mode|timezone|time zone|tz)"
                 r"|^(?:timezone|time zone|tz)(?= \w)"),
    ("settings", r"(?:show|see|view|get|open|list|what are|whats)(?: me)?(?: the| our| my| this channels)* settings"),
    ("settings", r"(?:put|post|keep|send|show|move|use)(?: \w+){0,4} threads?|(?:no|without) (?:more )?threads"),
    ("dashboard", r"(?:(?:link|url|address|page)s? (?:to|of|for)|open|show|see|give me)(?: me)?"
                  r"(?: the| our| a| an| this channels)?(?: status)? dashboard"
                  r"|dashboard (?:link|url|page)|(?:revoke|end) (?:.* )?dashboards?"),
    ("services", r"(?:show|list|see|view|get|which|what)(?: me)?(?: are| all| the| our| my| of)* services"
                 r"(?: (?:do|have|we|you|are|there|exist|know))*$|services? list"
                 r"|(?:what|which|who)(?: \w+){0,2} (?:depends?|relies|rely|runs?) on|who uses"),
    ("board", r"(?:(?:put up|show|make|create|add|pin|post|open|give me|take down|hide|close|remove) )?"
              r"(?:the |a |an |our )?(?:status )?(?:board|dashboard)$|(?:take|pull|bring) (?:\w+ )?board down"),
    ("alternatives", r"alternatives?(?: to| for| of)?|instead of|replacements? for|competitors? (?:of|to)"),
    ("components", r"(?:components|parts|regions|products) (?:of|does|for|has|in|at)"),
    ("history", r"history|uptime|sla|heatmap|track record|reliable|how often"),
    ("why", r"why (?:did|do|am|was|are|is|were) (?:i|we|this|that|you|it|the channel|it is)"
            r"(?= .*(?:get|got|see|seeing|told|telling|posted|post|posting|here|card|message|this|alert)| ?$)"),
)  # fmt: skip
"""The first that fits decides; the words that a pattern matches are used up."""


_NOW = "any|current|currently|now|open|ongoing|active|new|are there|is there"
_PAST = (
    r"incidents?|happened|lately|recently|recent|postmortems?"
    r"|(?:last|latest|previous|past) (?:\w+ ){0,3}(?:outages?|downtime|issues?|problems?)"
    r"|when (?:was|were|did)|how long (?:was|were|did)|went (?:down|wrong)|que paso|was war|passiert"
    r"|wann (?:war|gab)|letzte[nrs]? (?:ausfalle?|storung(?:en)?|probleme?)"
    r"|quand|derni(?:er|ere)s? (?:pannes?|incidents?|problemes?)"
    r"|cuando (?:fue|hubo)|ultim[ao]s? (?:caidas?|incidentes?|problemas?)"
)
_STATE = "is|are|isnt|arent|down|slow|broken|working|up|ok|okay|ist|est|esta|status|state"
_WHOSE = (
    r"(?:is|was) (?:it|this|that) (?:just |only |really |maybe )?(?:us|them|ours|theirs|our (?:fault|side|end|problem)"
    r"|their (?:fault|side|end|problem)|on (?:us|them|our (?:side|end)|their (?:side|end)))"
    r"|us or them|them or us|are (?:we|our services?|any of our services?) (?:affected|hit|impacted)|what hits us"
    r"|(?:which|what) services? (?:are|is) (?:affected|hit|impacted)"
    r"|(?:does|do) (?:it|this|that|anything) (?:hit|affect|impact) us|(?:which|what) (?:of )?our services? .*"
    r"|(?:how are|are) (?:all )?our services.*|(?:liegts|(?:liegt|ist) (?:es|das|der fehler)) (?:an|bei) uns"
    r"|sind wir (?:auch )?betroffen|betrifft (?:es|das) uns|betrifft uns das"
    r"|cest (?:nous|eux)|(?:est ce que )?(?:nous sommes|sommes ?nous|on est) (?:touches|affectes|concernes)"
    r"|(?:estamos|nos vemos) afectados|somos nosotros|es culpa nuestra"
)
_POLITE = frozenset({
    "please", "pls", "plz", "hey", "hi", "hello", "lookout", "can", "could", "would", "you", "just", "only", "id",
    "like", "i", "we", "wed", "want", "to", "let", "lets",
})  # fmt: skip
_ORDERS = frozenset({
    "tell", "show", "give", "send", "report", "post", "keep", "include", "cover", "hear", "know", "see", "get", "about",
    "everything", "anything", "all",
})  # fmt: skip
"""The first word of what is no question."""
_ASKING = frozenset({"if", "whether", "what", "whats", "why", "how", "when", "who", "which", "is", "are"})
_REFUSAL = (
    r"(?:dont|do not|never|not|no need to|without|unless|only if) (?:\w+ ){0,3}"
    r"(?:stop|unsubscribe|unsub|remove|delete|drop|mute|snooze|silence|unmute|subscribe|add|quit)"
)


@cache
def _words(pattern: str) -> re.Pattern[str]:
    """As whole words. Compiled for the first sentence that is typed: all of them take a hundredth of a second."""
    return re.compile(rf"(?:^|(?<= ))(?:{pattern})(?= |$)")


def wish(said: str) -> tuple[str | None, set[int]]:
    """The command, and which of the words ask for it, by number."""
    for command, pattern in _WISHES:
        if found := _words(pattern).search(said):
            before = len(said[: found.start()].split())
            return command, set(range(before, before + len(found[0].split())))
    return None, set()


def is_wish(said: str, keys: Sequence[str]) -> bool:
    """Whether a request to change something without a known name is one: ``add githb``, ``remove everything``."""
    first = next((key for key in keys if key not in FILLERS), "")
    return bool(set(keys) & WHOLE) or any(
        (found := _words(pattern).search(said)) and (first == found[0].split()[0] or said.startswith(found[0]))
        for command, pattern in _WISHES
        if command in ASIDE
    )


def is_refusal(said: str) -> bool:
    """Whether it asks *not* to change something: ``don't mute github``."""
    return _words(_REFUSAL).search(said) is not None


def asks_whose(said: str) -> bool:
    """Whether it asks if the trouble is a vendor's or one's own: ``is it us?``, ``are we affected``."""
    return _words(_WHOSE).search(said) is not None


def is_told(keys: Sequence[str]) -> bool:
    """Whether it tells what to do, and asks nothing: ``please tell me about github but not actions``."""
    return next((key for key in keys if key not in _POLITE), "") in _ORDERS and not _ASKING & set(keys)


def is_of_the_past(said: str) -> bool:
    return _words(_PAST).search(said) is not None and not _words(_NOW).search(said)


def is_of_now(said: str) -> bool:
    return _words(_STATE).search(said) is not None
