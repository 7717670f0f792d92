"""Which entries of one feed are about one incident: some feeds have an entry for each update, some repeat entries, and
many give ids and links that mean nothing. Pure; it knows nothing of earlier readings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count, pairwise
from urllib.parse import urlsplit

from bot.domain import ENDED, Phase, digest
from bot.monitor.parsing.feed_xml import Entry
from bot.monitor.parsing.stages import fold, without_stage

LONGEST_ID = 200
SAME_TITLE_WITHIN = timedelta(days=1)
"""Entries of one title that nothing tells apart, or whose id is that title, are of one incident if no further apart."""

_ID_IN_LINK = re.compile(r"/(?:incidents?|issues?|maintenances?)/([A-Za-z0-9_-]{1,64})/?(?:[?#]|$)")
_LINK_OF_ONE = re.compile(
    "/(?:incident|issue|maintenance|notice|event|post|announcement|ticket|outage|alert|case|update|new|item|message"
    r"|notification|report|article|n)s?/(?:[^/]{2,}|\d)$"
)
_NUMBERED = re.compile(r"/[^/]*\d[^/]*$|\?.*\d")


@dataclass(frozen=True, slots=True)
class Post:
    """An entry, with what tells it from others."""

    entry: Entry
    title: str
    """Without its stage."""
    stage: Phase | None
    """That its title names."""
    id: str | None
    link: str | None
    """Folded; ``None`` where it leads to no page of its own."""

    @property
    def name(self) -> str:
        """The title, folded."""
        return fold(self.title)

    @property
    def has_title_as_id(self) -> bool:
        """Its id says no more than its title: Azure makes ids so, and uses them again for later incidents."""
        return self.id is not None and slug(self.id) in (slug(self.entry.title), slug(self.title))


def fold_link(link: str | None) -> str | None:
    """A link without scheme, fragment and closing slash; ``None`` for a bare host, which every incident shares."""
    if not link:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    if not path and not parts.query:
        return None
    return f"{parts.netloc.lower()}{path}{'?' if parts.query else ''}{parts.query}"


def is_link_of_one(link: str) -> bool:
    """Whether a folded link looks as if it led to one incident, whatever the titles of those who give it."""
    return _LINK_OF_ONE.search(link) is not None


def grouped(entries: Iterable[Entry]) -> list[tuple[str, list[Post]]]:
    """The incidents of a feed, each with an id and its entries, oldest first; in the order of the feed."""
    groups = _joined(_without_shared_links([_post(entry) for entry in entries]))
    shared = Counter(value for group in groups for value in {value for post in group for value in (post.id, post.link)})
    taken: set[str] = set()
    found = []
    for group in groups:
        key = next(key for key in _keys(group, shared) if key not in taken)
        taken.add(key)
        found.append((key, group))
    return found


def _post(entry: Entry) -> Post:
    title, stage = without_stage(entry.title)
    return Post(entry, title, stage, entry.id, fold_link(entry.link))


def _without_shared_links(posts: Sequence[Post]) -> list[Post]:
    """A link that entries of several titles give leads to none of them, unless it looks like that of one incident."""
    names = _names_by(posts, lambda post: post.link)
    shared = {
        link
        for link, titles in names.items()
        if link and len(titles) > 1 and not is_link_of_one(link) and (len(names) == 1 or not _NUMBERED.search(link))
    }
    return [replace(post, link=None) if post.link in shared else post for post in posts]


def _names_by(posts: Sequence[Post], key: Callable[[Post], str | None]) -> Mapping[str | None, set[str]]:
    names: defaultdict[str | None, set[str]] = defaultdict(set)
    for post in posts:
        names[key(post)].add(post.name)
    return names


def slug(text: str) -> str:
    """Letters and digits alone: ``disk-is-full`` of ``Disk is full!``."""
    return re.sub(r"\W+", "-", text.casefold()).strip("-")


# --- which belong together ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Groups:
    """Numbers that were found to belong together."""

    parents: list[int] = field(default_factory=list)

    def root(self, number: int) -> int:
        while self.parents[number] != number:
            self.parents[number] = self.parents[self.parents[number]]
            number = self.parents[number]
        return number

    def join(self, numbers: Sequence[int]) -> None:
        for one, other in pairwise(numbers):
            self.parents[max(self.root(one), self.root(other))] = min(self.root(one), self.root(other))


def _joined(posts: Sequence[Post]) -> list[list[Post]]:
    groups = _Groups(list(range(len(posts))))
    for numbers in _by(posts, lambda post: post.link).values():
        groups.join(numbers)
    for numbers in _by(posts, lambda post: post.id).values():
        for same in _by(posts, lambda post: post.name, numbers).values():
            for near in _near(posts, same) if posts[same[0]].has_title_as_id else [same]:
                _join_where_links_agree(groups, posts, near)
    names_of_ids = _names_by(posts, lambda post: post.id)
    unnamed = [number for number, post in enumerate(posts) if post.id is None or len(names_of_ids[post.id]) > 1]
    for numbers in _by(posts, lambda post: (post.name, post.entry.published), unnamed).values():
        _join_where_links_agree(groups, posts, numbers)
    unlinked = [number for number, post in enumerate(posts) if post.link is None]
    for numbers in _by(posts, lambda post: post.name, unlinked).values():
        if any(posts[number].stage for number in numbers):
            for near in _near(posts, numbers):
                groups.join(near)
    for numbers in _by(posts, lambda post: post.name).values():
        for near in _near(posts, numbers):
            for before, number in pairwise(near):
                if _goes_on(posts[before], posts[number]):
                    groups.join((before, number))
    found: dict[int, list[Post]] = {}
    for number, post in enumerate(posts):
        found.setdefault(groups.root(number), []).append(post)
    return [_oldest_first(group) for group in found.values()]


def _by(
    posts: Sequence[Post], key: Callable[[Post], Hashable], numbers: Sequence[int] | None = None
) -> dict[Hashable, list[int]]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number in range(len(posts)) if numbers is None else numbers:
        if (value := key(posts[number])) is not None:
            found[value].append(number)
    return {value: same for value, same in found.items() if len(same) > 1}


def _join_where_links_agree(groups: _Groups, posts: Sequence[Post], numbers: Sequence[int]) -> None:
    links = {posts[number].link for number in numbers} - {None}
    if len(links) <= 1:
        groups.join(numbers)


def _goes_on(before: Post, post: Post) -> bool:
    """Whether the title says that this is the next post on what the other began, under an id and a link of its own."""
    is_later_stage = post.stage not in (None, Phase.INVESTIGATING, Phase.SCHEDULED)
    return is_later_stage and before.stage not in ENDED and before.entry.published < post.entry.published


def _near(posts: Sequence[Post], numbers: Sequence[int]) -> Iterator[list[int]]:
    """Stretches of entries that follow one another closely."""
    ordered = sorted(numbers, key=lambda number: posts[number].entry.published)
    stretch = ordered[:1]
    for before, number in pairwise(ordered):
        if posts[number].entry.published - posts[before].entry.published > SAME_TITLE_WITHIN:
            yield stretch
            stretch = []
        stretch.append(number)
    yield stretch


def _oldest_first(group: list[Post]) -> list[Post]:
    ordered = group if group[0].entry.updated <= group[-1].entry.updated else group[::-1]
    return sorted(ordered, key=lambda post: post.entry.updated)


# --- what they are called -------------------------------------------------------------------------------------------


def _keys(group: Sequence[Post], shared: Mapping[str | None, int]) -> Iterator[str]:
    """Ids for an incident, the best first; of the last ones some is sure to be free. ``shared``: how many incidents
    have an id or a link."""
    oldest = group[0]
    if oldest.entry.link and (found := _ID_IN_LINK.search(oldest.entry.link)):
        yield found[1]
    if oldest.id and shared[oldest.id] == 1 and len({post.id for post in group}) == 1:
        again = f"@{oldest.entry.published:%Y%m%dT%H%M%SZ}" if oldest.has_title_as_id else ""
        yield _short(oldest.id + again)
    if oldest.link and shared[oldest.link] == 1:
        yield _short(oldest.entry.link or oldest.link)
    parts = oldest.title, oldest.entry.published.isoformat() if oldest.entry.dated else ""
    yield digest(*parts)
    for number in count():
        yield digest(*parts, oldest.id or "", oldest.link or "", str(number))


def _short(key: str) -> str:
    return key if len(key) <= LONGEST_ID else digest(key)
