"""How `signoff check` writes what was found: one module a format, each a pure function from findings to text."""
