"""Measuring checks and fixes on injected faults: `signoff bench repair`."""
