"""Spanish."""

from __future__ import annotations

from bot.domain import Phase
from bot.monitor.parsing.languages.language import Language, any_of, told, words

_OVER = (
    "(?:resuelt|solucionad|corregid|restablecid|restaurad|reparad|cerrad|finalizad|concluid|recuperad|normalizad"
    "|subsanad|solventad|arreglad|superad|terminad)[oa]s?"
)
_HAS = "(?:ha|han|hemos|fue|fueron|esta|estan|quedo|quedaron|queda|quedan|encuentran?)"

SPANISH = Language(
    end=any_of(
        rf"\b{_HAS} (?:\w+ ){{0,3}}?{_OVER}\b",
        rf"^(?:\w+ ){{0,3}}{_OVER}$",
        r"\bse (?:resolvio|soluciono|restablecio|corrigio|normalizo|recupero|reparo|cerro)\b",
        r"\b(?:resolvimos|solucionamos|corregimos|restablecimos|reparamos)\b",
        r"\b(?:ha|han|hemos)? ?(?:vuelto|regresado|volvio|volvieron|regreso|regresaron) a la normalidad\b",
        r"\bfunciona[n]? (?:\w+ )?(?:de nuevo|nuevamente|con normalidad|correctamente|normalmente|otra vez)\b",
        r"\b(?:vuelven?|ha vuelto|han vuelto|volvio|volvieron) a (?:funcionar|estar|operar)\b",
        r"\b(?:operativ[oa]s?|disponibles?|en linea|accesibles?) (?:de nuevo|nuevamente|otra vez|al 100)",
        r"\b(?:de nuevo|nuevamente|totalmente|completamente|plenamente) (?:operativ[oa]s?|disponibles?"
        r"|funcional(?:es)?)\b",
        r"\bopera[n]? (?:con normalidad|normalmente)\b",
    ),
    work_end=any_of(
        rf"\b{_HAS} (?:\w+ ){{0,3}}?(?:completad|finalizad|concluid|terminad)[oa]s?\b",
        r"\b(?:finalizo|concluyo|termino)\b",
        r"^(?:\w+ ){0,3}(?:completad|finalizad)[oa]s?$",
    ),
    doubt=any_of(
        r"\b(?:no|nunca|aun|todavia|hasta|cuando|una vez(?! mas)|si|sera|seran|deber\w*|debe\w*|podri\w*|pued\w*"
        r"|esper\w*"
        r"|prev\w*|pronto|trabaj\w*|parcial\w*|en parte|una parte|parte de|algun\w*|vari[oa]s|much[oa]s|mayoria"
        r"|mayor parte|casi|siendo"
        r"|intent\w*|en breve|antes de|para que|tan pronto|estim\w*|parece\w*|temporalmente|gradualmente|poco a poco"
        r"|creiamos|pensabamos|en proceso|solo|solamente|sea|sean|este resuelt[oa])\b",
        r"\d ?%|\bpor ciento\b",
    ),
    about=told(
        "problema|incidente|incidencia|fallo|error|averia|interrupcion|degradacion",
        "que|con|de|del|donde|en|relacionad\\w*|por",
    ),
    limit=any_of(
        r"\b(?:pero|sin embargo|aunque|excepto|salvo|sigue[n]?|siguen|continua[n]?|todavia|aun|parcial\w*|ha vuelto a"
        r"|reaparecio|pronto|en breve)\b",
        r"^ para (?!tod|cada|l[oa]s (?:clientes|usuarios)(?! (?:de|en|que|con))|l[oa]s afectad)",
    ),
    still=words(
        "(?:estamos|seguimos|continuamos) (?:monitore|monitoriz|supervis|trabaj|investig)ando",
        "(?:sigue|siguen|continua|continuan) (?:\\w+ )?"
        "(?:afectad|caid|degradad|sin|fallando|con problemas|experimentando|inestable|lent|teniendo|presentando)\\w*",
        "aun (?:no|hay|persiste)",
        "todavia (?:no|hay)",
        "persiste\\w*",
        "(?:ha|han) (?:vuelto a (?:aparecer|ocurrir|fallar|producirse)|reaparecido)",
    ),
    stages=(
        (
            Phase.MONITORING,
            words(
                "monitore\\w+",
                "monitoriz\\w+",
                "supervis\\w+",
                "vigilando",
                "(?:se ha|se han|hemos|ha sido|fue) (?:\\w+ )?(?:implementado|aplicado|desplegado)s? (?:\\w+ ){0,2}"
                "(?:solucion|correccion|parche|arreglo)",
                "(?:solucion|correccion|parche) (?:ha sido|fue) (?:implementad|aplicad|desplegad)[oa]",
            ),
        ),
        (
            Phase.IDENTIFIED,
            words(
                "(?:ha|han|hemos|fue|sido|se) (?:\\w+ ){0,2}(?:identificad|encontrad|localizad)[oa]s?",
                "identificamos",
                "se identifico",
            ),
        ),
        (
            Phase.INVESTIGATING,
            words("investigando", "investigamos", "en investigacion", "analizando", "investigacion en curso"),
        ),
    ),
    work_stages=(
        (Phase.IN_PROGRESS, words("en curso", "en progreso", "ha comenzado", "ha iniciado", "comenzo")),
        (
            Phase.SCHEDULED,
            words("programad[oa]s?", "planificad[oa]s?", "previst[oa]s?", "se realizara", "tendra lugar"),
        ),
    ),
)
