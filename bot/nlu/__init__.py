"""What Signpost understands: the Rasa components and the corpus they learn from."""
