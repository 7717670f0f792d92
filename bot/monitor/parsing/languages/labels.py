"""Stages as labels: what stands before, behind or in brackets in a title, or at the beginning of a text. Folded."""

from __future__ import annotations

import re

from bot.domain import Phase

_NAMES: tuple[tuple[Phase | None, str], ...] = (
    (
        Phase.INVESTIGATING,
        "investigating|under investigation|detected|open|in untersuchung|untersuchung|wird untersucht"
        "|offen|en cours d'analyse|enquete en cours|investigation en cours|investigando|en investigacion"
        "|em investigacao"
        "|in onderzoek|onderzoek|wordt onderzocht|in analisi|indagine in corso|indagine|調査中|確認中|発生|発生中"
        "|障害発生",
    ),
    (
        Phase.IDENTIFIED,
        "identified|issue|essential|ongoing|identifiziert|ursache gefunden|identifie|identifiee|identificado"
        "|identificada"
        "|geidentificeerd|identificato|identificata|原因特定|特定|特定済み",
    ),
    (
        Phase.MONITORING,
        "monitoring|watching|recovering|mitigated|fix implemented|beobachtung|in beobachtung|wird beobachtet"
        "|uberwachung"
        "|surveillance|sous surveillance|en observation|monitoreando|en observacion|monitorando|em monitoramento"
        "|monitorizacao|wordt gemonitord|monitoraggio|in monitoraggio|監視中|経過観察|経過観察中",
    ),
    (
        Phase.RESOLVED,
        "resolved|operational|operating normally|recovered|restored|closed|ended|fixed|solved|all clear|behoben|gelost"
        "|geloest|erledigt|beendet|geschlossen|resolu|resolue|retabli|retablie|corrige|clos|cloture|resuelto|resuelta"
        "|solucionado|solucionada|cerrado|restablecido|resolvido|resolvida|encerrado|normalizado|opgelost|verholpen"
        "|hersteld|gesloten|risolto|risolta|ripristinato|chiuso|解決|解決済み|解決済|復旧|復旧済み|復旧済|解消|回復"
        "|対応完了|復旧完了",
    ),
    (Phase.POSTMORTEM, "postmortem|post-mortem|post mortem"),
    (
        Phase.SCHEDULED,
        "scheduled|planned|upcoming|notstartedyet|geplant|angekundigt|planifie|planifiee|programme|programmee|prevu"
        "|prevue"
        "|programado|programada|planificado|previsto|agendado|agendada|gepland|aangekondigd|programmato|programmata"
        "|pianificato|予定|計画",
    ),
    (
        Phase.IN_PROGRESS,
        "in progress|underway|in arbeit|in bearbeitung|lauft|begonnen|en cours|en curso|en progreso|em andamento"
        "|em curso|in uitvoering|bezig|in corso|実施中|作業中",
    ),
    (Phase.VERIFYING, "verifying"),
    (
        Phase.COMPLETED,
        "completed|complete|abgeschlossen|termine|terminee|completado|completada|finalizado|concluido|concluida"
        "|voltooid"
        "|afgerond|completato|completata|concluso|terminato|完了|終了",
    ),
    (
        None,
        "update|updated|aktualisierung|aktualisiert|mise a jour|actualizacion|atualizacao|bijwerking|aggiornamento"
        "|follow-up"
        "|続報|更新",
    ),
)
LABELS: dict[str, Phase | None] = {name: phase for phase, names in _NAMES for name in names.split("|")}
"""*Update* is a label that names no stage."""

_TAG_NAMES = (
    "incident outage disruption degradation alert notice important new storung vorfall ausfall neu info "
    "panne perturbation nouveau incidencia averia incidente falha novo nuevo storing nieuw disservizio "
    "guasto nuovo 障害 障害情報 障害報告 お知らせ 重要 新規"
)
TAGS = frozenset(_TAG_NAMES.split())
"""What a title's brackets say of every stage alike: the sort of news."""

AFTER_WORK = re.compile(
    r"\b(?:after|following|since|nach|seit|apres|suite a|depuis|tras|despues de|apos|depois d[ae]|na|sinds|dopo) "
    r"(?:\w+ ){0,4}?(?:maintenance|wartung(?:sarbeit(?:en)?)?|mantenimiento|manutencao|onderhoud|manutenzione)\b"
    r"|\b(?:incident|outage|problems?|issues?|errors?) during (?:\w+ ){0,3}maintenance\b"
    r"|(?:メンテナンス|保守作業)(?:作業)?後"
)
"""What work left behind is no planned work."""

_WORK_WORDS = (
    r"(?:work|works|upgrade|migration|arbeiten|intervention|travaux|trabajos|trabalhos|intervencao|intervencion"
    r"|werkzaamheden|lavori|intervento|interventi)"
)
_PLANNED_WORDS = (
    r"(?:planned|scheduled|geplante?|planifie|programme|prevu|programad|planificad|previst|agendad|planejad|planead"
    r"|gepland|programmat|pianificat)(?:e|es|s|n|[oa]s?|i)?"
)

PLANNED_WORK = re.compile(
    rf"\b{_PLANNED_WORDS} (?:\w+ ){{0,2}}?{_WORK_WORDS}\b|\b{_WORK_WORDS} (?:\w+ )?{_PLANNED_WORDS}\b|計画(?:作業|工事)"
)
"""Of a title: in a text it may be what went wrong."""

MAINTENANCE = re.compile(
    r"\bmaintenance\b(?! (?:mode|page|screen|contract|api)\b)|\bwartung(?:sarbeit(?:en)?|sfenster)?\b"
    r"|\bmantenimiento\b|\bmanutencao\b"
    r"|\bonderhoud(?:swerkzaamheden)?\b"
    r"|\bmanutenzione\b|メンテナンス|保守作業"
)
PLANNED_MAINTENANCE = re.compile(
    r"\b(?:scheduled|planned|upcoming|emergency) maintenance\b|\bgeplante[nrs]? wartung|\bwartungsarbeiten\b"
    r"|\bmaintenance (?:planifiee|programmee|prevue)\b|\bmantenimiento (?:programado|planificado|previsto)\b"
    r"|\bmanutencao (?:programada|planejada|planeada|agendada)\b|\b(?:gepland|aangekondigd) onderhoud\b"
    r"|\bmanutenzione (?:programmata|pianificata|ordinaria)\b|(?:計画|定期|臨時|緊急)メンテナンス"
    r"|メンテナンスを(?:実施|行)"
)
