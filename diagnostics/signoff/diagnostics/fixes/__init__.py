"""Fixes: rules propose edits for a finding, and only those that the tools accept are offered."""
