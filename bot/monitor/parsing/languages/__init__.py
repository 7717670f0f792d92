"""What the stages of an incident are called in eight languages."""

from bot.monitor.parsing.languages.dutch import DUTCH
from bot.monitor.parsing.languages.english import ENGLISH
from bot.monitor.parsing.languages.french import FRENCH
from bot.monitor.parsing.languages.german import GERMAN
from bot.monitor.parsing.languages.italian import ITALIAN
from bot.monitor.parsing.languages.japanese import JAPANESE
from bot.monitor.parsing.languages.portuguese import PORTUGUESE
from bot.monitor.parsing.languages.spanish import SPANISH

LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, PORTUGUESE, DUTCH, ITALIAN, JAPANESE)

__all__ = ["LANGUAGES"]
