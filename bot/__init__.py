"""Signpost: the library and the runtime around Rasa."""
