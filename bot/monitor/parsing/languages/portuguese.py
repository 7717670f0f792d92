"""Portuguese."""

from __future__ import annotations

from bot.domain import Phase
from bot.monitor.parsing.languages.language import Language, any_of, told, words

_OVER = (
    "(?:resolvid|corrigid|solucionad|restabelecid|restaurad|normalizad|encerrad|concluid|finalizad|reparad|recuperad"
    "|sanad|fechad|superad|terminad)[oa]s?"
)
_HAS = "(?:foi|foram|esta|estao|encontra-se|encontram-se|tem|ficou|ficaram|havia)"

PORTUGUESE = Language(
    end=any_of(
        rf"\b{_HAS} (?:\w+ ){{0,3}}?{_OVER}\b",
        rf"^(?:\w+ ){{0,3}}{_OVER}$",
        r"\b(?:resolvemos|corrigimos|solucionamos|restabelecemos|reparamos|normalizamos)\b",
        r"\b(?:voltou|voltaram|retornou|retornaram|regressou|regressaram) (?:ao normal|a normalidade|a funcionar"
        r"|a operar|a estar)\b",
        r"\bde volta ao normal\b",
        r"\b(?:funcionando|operando|a funcionar|a operar|funciona[m]?|opera[m]?) (?:\w+ )?"
        r"(?:normalmente|corretamente|novamente|como esperado|com normalidade)\b",
        r"\b(?:novamente|totalmente|completamente|plenamente) (?:operaciona(?:l|is)|disponive(?:l|is)|funciona(?:l"
        r"|is)|no ar)\b",
        r"\b(?:operaciona(?:l|is)|disponive(?:l|is)|no ar|online) novamente\b",
    ),
    work_end=any_of(
        rf"\b{_HAS} (?:\w+ ){{0,3}}?(?:concluid|finalizad|completad|terminad|encerrad)[oa]s?\b",
        r"^(?:\w+ ){0,3}(?:concluid|finalizad)[oa]s?$",
    ),
    doubt=any_of(
        r"\b(?:nao|nunca|ainda|ate|quando|assim que|logo que|uma vez que|se (?:o|a|os|as|nao)|sera|serao|dev\w*"
        r"|poder\w*"
        r"|pode[m]?|esper\w*|previst\w*|previsao|em breve|trabalh\w*|parcial\w*|em parte|uma parte|parte d[aeo]s?"
        r"|algum\w*|algun\w*|vari[oa]s"
        r"|muit[oa]s|maior parte|maioria|quase|sendo|a ser|tent\w*|antes de|para que|estim\w*|parece\w*|temporariamente"
        r"|gradualmente|aos poucos|achavamos|pensavamos|em processo|apenas|somente|seja|sejam|esteja|ser)\b",
        r"\d ?%|\bpor cento\b",
    ),
    about=told(
        "problema|incidente|falha|erro|instabilidade|interrupcao|lentidao|indisponibilidade",
        "que|com|de|do|da|no|na|onde|em|relacionad\\w*",
    ),
    limit=any_of(
        r"\b(?:mas|porem|contudo|entretanto|embora|exceto|salvo|ainda|continua[m]?|segue[m]?|parcial\w*|em breve"
        r"|reapareceu"
        r"|voltou a (?:ocorrer|falhar))\b",
        r"^ para (?!tod|cada|os (?:clientes|usuarios|utilizadores)(?! (?:d|n|que|com))|os afetados|as? demais)",
    ),
    still=words(
        "(?:estamos|seguimos|continuamos) (?:monitor|acompanh|trabalh|investig)ando",
        "(?:estamos|continuamos) a (?:monitor|monitoriz|trabalh)ar",
        "ainda (?:nao|ha|existe|afeta|persiste|esta|estao|estamos)\\w*",
        "continua[m]? (?:\\w+ )?(?:afetad|fora|com problemas|instave|indisponive|lent|degradad|a falhar|sem)\\w*",
        "persiste\\w*",
        "voltou a (?:ocorrer|falhar|acontecer)",
        "reapareceu",
    ),
    stages=(
        (
            Phase.MONITORING,
            words(
                "monitorando",
                "monitoramos",
                "a monitorizar",
                "a monitorar",
                "monitoramento",
                "acompanhando",
                "(?:correcao|solucao|patch|ajuste) (?:foi|ja foi) (?:implementad|aplicad|implantad)[oa]",
                "(?:implementamos|aplicamos|implantamos) (?:uma|a|o|um) (?:correcao|solucao|patch|ajuste)",
            ),
        ),
        (
            Phase.IDENTIFIED,
            words(
                "(?:foi|foram|esta|ja) (?:\\w+ ){0,2}(?:identificad|encontrad|localizad)[oa]s?",
                "identificamos",
                "encontramos a causa",
            ),
        ),
        (
            Phase.INVESTIGATING,
            words(
                "investigando",
                "investigamos",
                "a investigar",
                "em investigacao",
                "analisando",
                "a analisar",
                "sob investigacao",
            ),
        ),
    ),
    work_stages=(
        (Phase.IN_PROGRESS, words("em andamento", "em curso", "foi iniciad[oa]", "comecou", "teve inicio")),
        (
            Phase.SCHEDULED,
            words(
                "programad[oa]s?",
                "agendad[oa]s?",
                "planejad[oa]s?",
                "planead[oa]s?",
                "previst[oa]s?",
                "sera realizad[oa]",
            ),
        ),
    ),
)
