"""Italian."""

from __future__ import annotations

from bot.domain import Phase
from bot.monitor.parsing.languages.language import Language, any_of, told, words

_OVER = (
    "(?:risolt|corrett|ripristinat|riparat|chius|conclus|terminat|sistemat|rientrat|superat"
    "|normalizzat|ristabilit)[oaie]"
)
_HAS = "(?:e|sono|stat[oaie]|abbiamo|ha|hanno|risulta|risultano|era|erano)"

ITALIAN = Language(
    end=any_of(
        rf"\b{_HAS} (?:\w+ ){{0,3}}?{_OVER}\b",
        rf"^(?:\w+ ){{0,3}}{_OVER}$",
        r"\btornat[oaie] (?:\w+ )?(?:alla normalita|operativ[oaie]|a funzionare|disponibil[ei]|online|normal[ei]"
        r"|in funzione"
        r"|raggiungibil[ei]|stabil[ei]|in linea)\b",
        r"\bfunziona(?:no)? (?:\w+ )?(?:di nuovo|nuovamente|regolarmente|correttamente|normalmente)\b",
        r"\b(?:di nuovo|nuovamente|pienamente|completamente) (?:operativ[oaie]|disponibil[ei]|funzionant[ei]|online)\b",
    ),
    work_end=any_of(
        rf"\b{_HAS} (?:\w+ ){{0,3}}?(?:completat|terminat|conclus|ultimat)[oaie]\b",
        r"^(?:\w+ ){0,3}(?:completat|terminat|conclus)[oaie]$",
    ),
    doubt=any_of(
        r"\b(?:non|mai|ancora|fino a|finche|quando|appena|una volta(?! per)|se|sara|saranno|dovrebb\w*|dovr\w*|deve"
        r"|devono"
        r"|potrebb\w*|puo|possono|sper\w*|previst\w*|prevediamo|aspett\w*|presto|a breve|parzial\w*|in parte"
        r"|una parte|parte de[il]\w*|alcun[ie]"
        r"|divers[ie]|molt[ie]|maggior parte|maggioranza|quasi|essere|venga|viene|vengono|in corso|lavor\w*|cerc\w*"
        r"|tent\w*"
        r"|prima di|stim\w*|sembra\w*|temporaneamente|gradualmente|solo|soltanto|pensavamo|credevamo|in fase"
        r"|affinche)\b",
        r"\d ?%|\bper cento\b",
    ),
    about=told(
        "problema|incidente|disservizio|guasto|errore|malfunzionamento|interruzione|rallentamento",
        "che|con|di|del|della|in|nel|relativ\\w*|per|riguardante|al|alla",
    ),
    limit=any_of(
        r"\b(?:ma|pero|tuttavia|anche se|tranne|salvo|eccetto|ancora|continua(?:no)?|resta(?:no)?|rimane|rimangono"
        r"|parzial\w*"
        r"|a breve|ricomparso|ripresentato)\b",
        r"^ per (?!tutt|ogni|(?:gli|i) (?:utenti|clienti)(?! (?:in|di|con|che|d))|i clienti interessati"
        r"|gli utenti interessati)",
    ),
    still=words(
        "(?:stiamo|continuiamo a) (?:monitor|lavor)(?:ando|are)",
        "ancora (?:non|interessat|colpit|in corso|problemi|indisponibil|lent|offline)\\w*",
        "continua(?:no)? (?:a|ad) (?:riscontrare|avere|verificarsi|essere)",
        "(?:resta|restano|rimane|rimangono) (?:interessat|indisponibil|degradat|offline)\\w*",
        "si e ripresentat[oa]",
        "(?:e|sono) ricompars[oaie]",
        "persist[eo]\\w*",
    ),
    stages=(
        (
            Phase.MONITORING,
            words(
                "monitorando",
                "monitoriamo",
                "monitoraggio",
                "tenendo sotto controllo",
                "(?:correzione|soluzione|patch|fix) (?:e|sono) (?:stat[oaie] )?(?:implementat|applicat|rilasciat"
                "|distribuit)[oaie]",
                "(?:implementato|applicato|rilasciato) (?:una|la|un|il) (?:correzione|soluzione|patch|fix)",
            ),
        ),
        (
            Phase.IDENTIFIED,
            words("(?:e|stat[oaie]|abbiamo|ha) (?:\\w+ ){0,2}(?:identificat|individuat|trovat)[oaie]"),
        ),
        (
            Phase.INVESTIGATING,
            words(
                "indagando",
                "stiamo (?:\\w+ )?(?:analizzando|verificando|esaminando)",
                "indagini",
                "in fase di analisi",
                "investigando",
            ),
        ),
    ),
    work_stages=(
        (Phase.IN_PROGRESS, words("in corso", "e iniziat[oa]", "sono iniziat[ie]", "in esecuzione")),
        (
            Phase.SCHEDULED,
            words("programmat[oaie]", "pianificat[oaie]", "previst[oaie]", "si terra", "verra eseguit[oa]"),
        ),
    ),
)
