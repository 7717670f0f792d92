"""Reads what is typed after ``service``: a name, what it runs on, who looks after it. Pure; knows no store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.catalog import Catalog
from bot.catalog.names import fold
from bot.commands.grammar import ParsedSubscription, parse, unparse
from bot.commands.scan import KEYS, SYNONYMS, UsageError, Value, Word, quote, scan
from bot.domain import Dependency, Filter, Service, Slug, Vendor

MAX_NAME_CHARS = 40
MAX_OWNER_CHARS = 80
MAX_VENDORS = 25
"""Of one service."""
NEED_KEYS = ("component", "group", "region")
NOBODY = frozenset({"", "-", "none", "nobody", "off", "no"})

_OWNER = re.compile(
    r"(?:^|(?<=[\s,;]))(?:--)?owner\s*[:=]\s*"
    r'(?:"(?P<straight>[^"]*)"|“(?P<curly>[^”]*)”|(?P<markup><[^<>]*>)|(?P<plain>[^,;=]*?)(?=\s+[\w-]+[:=]|\s*[,;=]|\s*$))',
    re.IGNORECASE,
)
_REMOVE = re.compile(r"^(?:remove|delete|drop|forget)(?:\s*:\s*|\s+)(?!(?:on|yes|true)$)(?P<name>.+)$", re.IGNORECASE)
_REMOVE_NOTHING = re.compile(r"^(?:remove|delete|drop|forget)(?:\s*:\s*(?:on|yes|true)?)?$", re.IGNORECASE)
_REMOVED = re.compile(r"^(?P<name>.+?)\s+(?:--)?remove(?:\s*[:=]\s*(?:on|yes|true))?$", re.IGNORECASE)
_WISH = re.compile(
    r"(?:please )?(?:(?:define|add|create|make|set up|new)|(?P<removes>remove|delete|drop|forget))"
    r"(?: the| a| an| our| my)?(?: new)? service[:]? (?P<rest>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_BARE = re.compile(
    r"(?:please )?(?:(?:define|add|create|make|set up|new) )?(?:(?:the|a|an|our|my) )?(?P<name>[\w.-]+)(?: service)? = "
    r"(?P<needs>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_RUNS_ON = re.compile(r"\s+(?:(?:which |that )?(?:runs|depends|relies)\s+)?on\s+", re.IGNORECASE)
_QUOTED = re.compile(r"""^["'“”„«](?P<name>[^"“”„«»]+)["'“”»]$""")
_PLAIN = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class TypedService:
    """What was typed of a service."""

    name: str
    needs: str | None = None
    """What stands after the equals sign; ``None``: there is none."""
    owner: str | None = None
    """``None``: not typed; empty: nobody any more."""
    remove: bool = False


def read_service(text: str) -> TypedService:
    """``checkout = stripe, aws region:eu-west-1 owner:@payments``, ``checkout owner:@payments``, ``remove checkout``.

    Raises :class:`UsageError` for a name that cannot be one.
    """
    owner = None
    if found := _OWNER.search(text):
        owner = " ".join(next(value for value in found.groups() if value is not None).split())
        owner = "" if owner.casefold() in NOBODY else owner
        if len(owner) > MAX_OWNER_CHARS:
            raise UsageError(f"Name the owner in at most {MAX_OWNER_CHARS} characters, for example owner:@payments.")
        text = f"{text[: found.start()]} {text[found.end() :]}"
    head, equals, needs = text.strip().partition("=")
    if owner is None and not equals and _REMOVE_NOTHING.match(head):
        return TypedService("", remove=True)
    if not equals and (colon := re.fullmatch(r"([^:]+):(?:\s+(.*))?", head, re.DOTALL)):
        head, equals, needs = colon[1], ":", colon[2] or ""
    head = head.removesuffix(":").strip(" ,;")
    removed = None if equals or owner is not None else _REMOVE.match(head) or _REMOVED.match(head)
    name = _name(removed["name"] if removed else head)
    if equals and "," in name and not _QUOTED.match(head):
        raise UsageError("Define one service at a time, for example service checkout = stripe, aws.")
    return TypedService(name, needs.strip(" ,;") if equals else None, owner, removed is not None)


def service_wish(line: str) -> str | None:
    """A line that defines or removes a service in other words, as it is typed after ``service``: ``add service pay =
    github``; ``None``: it does neither."""
    if (bare := _BARE.fullmatch(line.strip())) and fold(bare["name"]) not in {*KEYS, *SYNONYMS}:
        return f"{bare['name']} = {bare['needs']}"
    found = _WISH.match(line.strip())
    if found is None:
        return None
    rest = found["rest"].strip()
    if found["removes"]:
        return f"remove {rest}"
    rest = rest if "=" in rest else _RUNS_ON.sub(" = ", rest, count=1)
    return rest if "=" in rest else re.sub(r"^([^\s\"“]+?):?\s+", r"\1 = ", rest)


def read_needs(text: str, catalog: Catalog) -> list[ParsedSubscription]:
    """Vendor by vendor: a comma, or a name after a filter, begins the next. What names no vendor belongs to the one
    before. Raises as :func:`bot.commands.grammar.parse`."""
    clauses: list[str] = []
    parsed: list[ParsedSubscription] = []
    for clause in _clauses(text):
        read = parse(clause, catalog, NEED_KEYS)
        near = any(left.near for left in read.unmatched)
        if parsed and not read.vendors and not near and not any("://" in left.text for left in read.unmatched):
            clauses[-1] = f"{clauses[-1]} {clause}"
            parsed[-1] = parse(clauses[-1], catalog, NEED_KEYS)
        else:
            clauses.append(clause)
            parsed.append(read)
    return parsed


def vendor_needs(parsed: ParsedSubscription) -> Iterator[tuple[Vendor, Filter]]:
    """Each vendor of a clause with its filter, which is the last one's: ``stripe aws region:eu-west-1``."""
    for vendor in parsed.vendors:
        yield vendor, parsed.filter if vendor == parsed.vendors[-1] else Filter()


def needs_typed(dependency: Dependency, vendor: Vendor | None) -> str:
    """``aws region:eu-west-1``, as it can be typed."""
    name = vendor.typed if vendor else dependency.vendor
    return f"{name} {unparse(dependency.filter)}".strip()


def service_typed(name: str) -> str:
    """The name as it can be typed after ``service:``."""
    return name if _PLAIN.fullmatch(name) else quote(name)


def definition(service: Service, vendors: Mapping[Slug, Vendor]) -> str:
    """The whole command that defines it so. ``vendors``: by slug."""
    needs = ", ".join(needs_typed(d, vendors.get(d.vendor)) for d in service.dependencies)
    owner = f" owner:{service.owner if _is_one_word(service.owner) else quote(service.owner)}" if service.owner else ""
    return f"service {service_typed(service.name)} = {needs}{owner}"


def _is_one_word(owner: str) -> bool:
    return re.fullmatch(r"[^\s,;=\"“”:]+|<[^<>]*>", owner) is not None


def _name(text: str) -> str:
    quoted = _QUOTED.match(text.strip())
    name = " ".join((quoted["name"] if quoted else text).split())
    if len(name) > MAX_NAME_CHARS:
        raise UsageError(
            f"Name the service in at most {MAX_NAME_CHARS} characters, for example service checkout = stripe."
        )
    if name and (not any(char.isalnum() for char in name) or '"' in name):
        raise UsageError("Name the service in letters or digits, for example service checkout = stripe.")
    return name


def _clauses(text: str) -> Iterator[str]:
    pieces: list[str] = []
    after_value = False
    for part in scan(text):
        if part is None or (after_value and isinstance(part, Word)):
            if pieces:
                yield " ".join(pieces)
            pieces = []
        match part:
            case Word(text=word, quoted=quoted):
                pieces.append(quote(word) if quoted else word)
            case Value(key=key, text=value, negated=negated):
                pieces.append(f"{key}:{'!' if negated else ''}{quote(value)}")
        after_value = isinstance(part, Value)
    if pieces:
        yield " ".join(pieces)
