"""Rasa's custom actions: each reads the tracker, asks the library and returns events. No decision is made here."""
