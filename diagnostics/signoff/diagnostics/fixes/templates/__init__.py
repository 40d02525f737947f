"""Repair templates: small edits at the faulty place. Which of them mends the fault is for the judge to say."""
