"""German."""

from __future__ import annotations

from bot.domain import Phase
from bot.monitor.parsing.languages.language import GAP, Language, any_of, told, words

_OVER = (
    "(?:behoben|gelost|geloest|beseitigt|wiederhergestellt|wieder hergestellt|beendet|geschlossen|repariert|bereinigt"
    "|entstort|erledigt|ausgeraumt|normalisiert|vorbei|uberstanden)"
)
_HAS = "(?:wurden?|ist|sind|war|waren|konnten?|haben|hat|gilt|gelten)"

GERMAN = Language(
    end=any_of(
        rf"\b{_HAS}\b{GAP}\b{_OVER}\b",
        rf"^(?:\w+ ){{0,3}}(?:{_OVER}|entwarnung)$",
        r"\bwieder (?:\w+ )?(?:verfugbar|erreichbar|online|normal|funktionsfahig|storungsfrei|einsatzbereit|stabil"
        r"|nutzbar"
        r"|in betrieb|am netz|wie gewohnt|reibungslos|fehlerfrei|einwandfrei)\b",
        r"\b(?:funktionier(?:t|en)|lauft|laufen|arbeite(?:t|n)) (?:nun |jetzt |alle |alles )?"
        r"(?:wieder|normal|storungsfrei|einwandfrei|wie gewohnt|fehlerfrei)\b",
        r"\b(?:zuruck (?:im|zum) normalbetrieb|normalbetrieb (?:ist )?wiederhergestellt"
        r"|zum normalbetrieb zuruckgekehrt)\b",
        r"\bschlie(?:ss|ß)en (?:wir )?(?:diesen|den) vorfall\b",
    ),
    work_end=any_of(
        rf"\b{_HAS}\b{GAP}\b(?:abgeschlossen|fertiggestellt|durchgefuhrt|beendet|fertig)\b",
        r"^(?:\w+ ){0,3}abgeschlossen$",
    ),
    doubt=any_of(
        r"\b(?:nicht|nie|kein\w*|noch|bald|bis|sobald|wenn|falls|wird|werden|soll\w*|hoff\w*|erwart\w*|rechnen"
        r"|voraussichtlich|teilweise|teils|uberwiegend|gro(?:ss|ß)tenteils|weitgehend|fast|nahezu|einige[nrs]?"
        r"|manche[nrs]?"
        r"|viele[nr]?|mehrere[nr]?|(?:die |der |den )?meisten|arbeiten (?:daran|an|mit)|versuch\w*|moglichst"
        r"|schnellstmoglich\w*|in kurze|dabei|vermutlich|scheint|scheinbar|wohl|vorubergehend|kurzzeitig|nur|mu(?:ss|ß)"
        r"|mussen|kann|konnen|konnte(?:n)? (?:noch )?nicht|geglaubt|dachten|zum teil|ein teil|teil der|teile der"
        r"|schrittweise|langsam|demnachst"
        r"|vorlaufig)\b",
        r"\d ?%|\bprozent\b",
    ),
    about=told(
        "storung|problem|fehler|ausfall|vorfall|einschrankung|beeintrachtigung|verzogerung",
        "der|die|das|den|bei|mit|welche[rs]?|wodurch|durch|in|im|am|beim|fur|von",
    ),
    limit=any_of(
        r"\b(?:aber|jedoch|allerdings|au(?:ss|ß)er|bis auf|noch|weiterhin (?:betroffen|gestort|probleme|beeintrachtigt"
        r"|eingeschrankt)|teilweise|nur|wieder aufgetreten|zuruckgekehrt|erneut|sein (?:wird|sollte))\b",
        r"^ fur (?!alle|samtliche|jede|betroffene|die (?:betroffenen|ubrigen|kunden|nutzer|meisten)|kunden$|nutzer$)",
    ),
    still=words(
        "noch (?:immer )?(?:nicht|gestort|betroffen|beeintrachtigt|eingeschrankt|probleme)",
        "weiterhin (?:betroffen|gestort|probleme|beeintrachtigt|eingeschrankt|nicht)",
        "immer noch",
        "erneut (?:aufgetreten|gestort)",
        "wieder aufgetreten",
        "wir (?:beobachten|uberwachen|untersuchen)",
        "arbeiten (?:weiter\\w*|noch|derzeit|aktuell) (?:an|daran)",
    ),
    stages=(
        (
            Phase.MONITORING,
            words(
                "beobachten",
                "uberwachen",
                "(?:fix|losung|korrektur|update|patch|workaround) (?:wurde|ist) (?:\\w+ ){0,2}"
                "(?:eingespielt|ausgerollt|implementiert|umgesetzt|installiert|verteilt)",
                "entscharft",
            ),
        ),
        (
            Phase.IDENTIFIED,
            any_of(
                rf"\b(?:ursache|fehler|problem|storung)\b{GAP}\b(?:gefunden|identifiziert|ermittelt|erkannt"
                rf"|lokalisiert)\b"
            ),
        ),
        (
            Phase.INVESTIGATING,
            words("untersuchen", "untersucht", "untersuchung", "analysieren", "wird gepruft", "prufen"),
        ),
    ),
    work_stages=(
        (Phase.IN_PROGRESS, words("hat begonnen", "haben begonnen", "wird durchgefuhrt", "lauft derzeit", "in arbeit")),
        (
            Phase.SCHEDULED,
            words("geplant\\w*", "angekundigt\\w*", "planma(?:ss|ß)ig\\w*", "findet (?:am|statt)", "vorgesehen"),
        ),
    ),
)
