"""French."""

from __future__ import annotations

from bot.domain import Phase
from bot.monitor.parsing.languages.language import Language, any_of, told, words

_OVER = (
    "(?:resolu|corrige|retabli|repare|regle|clos|cloture|termine|ferme|restaure|solutionne|resorbe|revenu a la normale"
    "|revenus? a la normale|rentre dans l'ordre)e?s?"
)
_HAS = "(?:est|sont|a|ont|avons|etait|etaient|fut|viennent d'etre|vient d'etre)"

FRENCH = Language(
    end=any_of(
        rf"\b{_HAS} (?:\w+ ){{0,4}}?{_OVER}\b",
        rf"^(?:[\w']+ ){{0,3}}{_OVER}$",
        r"^(?:le )?retour a la normale$",
        r"\b(?:de retour|revenue?s?|retour(?: complet)?) a la normale\b",
        r"\b(?:fonctionne|fonctionnent|marche|marchent) (?:\w+ )?(?:de nouveau|a nouveau|normalement|correctement)\b",
        r"\b(?:de|a) nouveau (?:\w+ )?(?:disponible|operationnel|accessible|fonctionnel|en ligne|joignable"
        r"|stable)(?:le)?s?\b",
        r"\b(?:pleinement|entierement|totalement) (?:operationnel|fonctionnel|disponible|retabli)(?:le)?e?s?\b",
    ),
    work_end=any_of(rf"\b{_HAS} (?:\w+ ){{0,4}}?(?:termine|acheve|complete|fini)e?s?\b", r"^(?:\w+ ){0,3}terminee?s?$"),
    doubt=any_of(
        r"\b(?:ne|pas|non|jamais|encore|devrai\w*|doi\w+|ser(?:a|ont|ait|aient)|prevu\w*|attend\w*|esper\w*|d'ici"
        r"|des que"
        r"|une fois|lorsqu\w*|quand|si|jusqu\w*|avant|partiel\w*|en partie|une partie|certain\w*|quelques|plusieurs"
        r"|la plupart"
        r"|majorite|majoritairement|presque|etre|travaillons|travaille\w*|afin|bientot|semble\w*|en cours"
        r"|temporairement"
        r"|momentanement|progressivement|pensions|croyions|peu a peu|tentons|essayons|pourrai\w*|peut|peuvent|seulement"
        r"|estim\w*|s'assurer)\b",
        r"\bn'|\d ?%|\bpour cent\b",
    ),
    about=told(
        "probleme|incident|panne|perturbation|erreur|interruption|ralentissement|dysfonctionnement",
        "qui|que|ou|affectant|touchant|empechant|impactant|concernant|de|du|des|d|sur|avec|lie\\w*|rencontre\\w*",
    ),
    limit=any_of(
        r"\b(?:mais|cependant|toutefois|neanmoins|sauf|hormis|excepte|toujours|encore|reste\w*|partiel\w*"
        r"|est (?:prevu|attendu)"
        r"|est revenu|reapparu|d'ici|bientot)\b",
        r"^ pour (?!tou|l'ensemble|chaque|les (?:clients|utilisateurs)(?! (?:en|de|du|sur|qui|d'))|les? autres?)",
    ),
    still=words(
        "toujours (?:pas|affecte|impacte|en panne|indisponible|perturbe|degrade)\\w*",
        "encore (?:affecte|impacte|indisponible|perturbe|degrade)\\w*",
        "reste(?:nt)? (?:affecte|impacte|indisponible|perturbe|degrade)\\w*",
        "(?:est|sont) reapparue?s?",
        "(?:est|sont) de retour(?! a la normale)",
        "continu\\w+ (?:a|de) (?:rencontrer|subir|affecter|constater|surveiller|travailler)",
        "nous surveillons",
        "(?:travaillons|travaillent) (?:toujours|encore|activement)",
    ),
    stages=(
        (
            Phase.MONITORING,
            words(
                "surveill\\w+",
                "(?:correctif|solution|patch|correction) (?:a|est|vient) (?:\\w+ ){0,3}"
                "(?:deploye|applique|mis en place|mise en place|mis en oeuvre|implemente|installe)e?",
                "nous observons",
            ),
        ),
        (
            Phase.IDENTIFIED,
            words(
                "(?:a|avons|est|ete) (?:\\w+ ){0,2}(?:identifie|trouve|localise)e?s?",
                "cause (?:\\w+ ){0,3}(?:identifiee|trouvee|connue)",
            ),
        ),
        (
            Phase.INVESTIGATING,
            words(
                "enquet\\w+",
                "investigu\\w+",
                "investigations? (?:est |sont )?en cours",
                "analysons",
                "en cours d'analyse",
                "examinons",
                "recherchons",
            ),
        ),
    ),
    work_stages=(
        (Phase.IN_PROGRESS, words("a (?:commence|debute)", "ont (?:commence|debute)", "est en cours", "sont en cours")),
        (Phase.SCHEDULED, words("planifie\\w*", "programme\\w*", "prevue?s?", "aura lieu", "auront lieu")),
    ),
)
