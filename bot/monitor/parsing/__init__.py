"""Tools that platforms' parsers share: fields of JSON, feeds, texts, times. Pure; no platform is known here."""
