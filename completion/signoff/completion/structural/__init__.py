"""Completions without a model: whole constructs from facts, judged by the tools like any other candidate."""
