"""Dutch."""

from __future__ import annotations

from bot.domain import Phase
from bot.monitor.parsing.languages.language import GAP, Language, any_of, told, words

_OVER = (
    "(?:opgelost|verholpen|hersteld|gerepareerd|gesloten|afgesloten|afgerond|beeindigd|voorbij"
    "|genormaliseerd|rechtgezet)"
)
_HAS = "(?:is|zijn|was|waren|werd|werden|hebben|heeft|geraakt)"

DUTCH = Language(
    end=any_of(
        rf"\b{_HAS}\b{GAP}\b{_OVER}\b",
        rf"^(?:\w+ ){{0,3}}{_OVER}$",
        r"\b(?:werkt|werken|functioneert|functioneren|draait|draaien) (?:nu |inmiddels |alles )?"
        r"(?:weer|opnieuw|normaal|naar behoren|zoals verwacht|zoals gewoonlijk)\b",
        r"\bweer (?:\w+ )?(?:beschikbaar|bereikbaar|online|operationeel|normaal|toegankelijk|in de lucht|stabiel"
        r"|werkend)\b",
        r"\b(?:terug naar normaal|weer terug naar normaal)\b",
        r"\bvolledig (?:operationeel|hersteld|beschikbaar)\b",
    ),
    work_end=any_of(
        rf"\b{_HAS}\b{GAP}\b(?:voltooid|afgerond|uitgevoerd|klaar|beeindigd)\b", r"^(?:\w+ ){0,3}(?:voltooid|afgerond)$"
    ),
    doubt=any_of(
        r"\b(?:niet|nooit|geen|nog|wordt|worden|zal|zullen|zodra|wanneer|als|indien|totdat|tot|voordat|hop(?:en|elijk)"
        r"|verwacht\w*|naar verwachting|binnenkort|spoedig|gedeeltelijk|deels|grotendeels|bijna|vrijwel|enkele|sommige"
        r"|meeste|meerdere|merendeel|een deel|prober\w*|werken (?:aan|eraan|eraan)|werken we|moet\w*|zou\w*|kan|kunnen"
        r"|lijkt|lijken|waarschijnlijk|vermoedelijk|tijdelijk|geleidelijk|langzaam|alleen|dachten|te zijn|bezig)\b",
        r"\d ?%|\bprocent\b",
    ),
    about=told(
        "storing|probleem|problemen|incident|fout|onderbreking|vertraging",
        "die|dat|waardoor|met|bij|in|waarbij|voor|van|op",
    ),
    limit=any_of(
        r"\b(?:maar|echter|behalve|hoewel|nog|blijft|blijven|gedeeltelijk|alleen|opnieuw opgetreden|teruggekeerd)\b",
        r"^ voor (?!alle|iedere|elke|iedereen|(?:onze |de )?(?:klanten|gebruikers)(?! (?:in|met|die|op))|getroffen"
        r"|de getroffen)",
    ),
    still=words(
        "nog (?:steeds |altijd )?(?:niet|getroffen|verstoord|onbereikbaar|onbeschikbaar|problemen|last)",
        "nog steeds",
        "we (?:monitoren|blijven \\w+ monitoren|houden .{0,30} in de gaten)",
        "blijf(?:t|ven) (?:\\w+ )?(?:getroffen|verstoord|problemen|onbereikbaar|traag)",
        "opnieuw opgetreden",
        "is teruggekeerd",
    ),
    stages=(
        (
            Phase.MONITORING,
            words(
                "monitoren",
                "houden .{0,30} in de gaten",
                "in de gaten",
                "(?:oplossing|fix|patch|update|correctie) is (?:\\w+ ){0,2}"
                "(?:doorgevoerd|uitgerold|toegepast|geimplementeerd|geplaatst)",
            ),
        ),
        (
            Phase.IDENTIFIED,
            any_of(
                rf"\b(?:oorzaak|probleem|storing|fout)\b{GAP}\b(?:gevonden|geidentificeerd|vastgesteld|achterhaald"
                rf"|bekend)\b"
            ),
        ),
        (Phase.INVESTIGATING, words("onderzoeken", "onderzocht", "in onderzoek", "zoeken (?:\\w+ )?uit", "analyseren")),
    ),
    work_stages=(
        (Phase.IN_PROGRESS, words("is begonnen", "zijn begonnen", "is gestart", "wordt uitgevoerd", "in uitvoering")),
        (Phase.SCHEDULED, words("gepland\\w*", "aangekondigd\\w*", "vindt plaats", "voorzien")),
    ),
)
