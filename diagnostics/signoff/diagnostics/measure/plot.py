"""The figures of a run as a picture: a bar a kind of how much was found, proven mended, and mended rightly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from signoff.diagnostics.measure.figures import shown

BARS = (
    ("found", "#d5d9e0"),
    ("proven repair", "#9dbcf0"),
    ("right repair", "#2f6fde"),
)
CONTROL = "#d64545"


def plot(summary: dict[str, Any], path: Path, title: str) -> None:
    """Write the picture (the kind by the file's suffix: .svg, .png, .pdf). Raises OSError and ValueError.

    The deletion control's share is a red mark on each row: what a repair must be better than to mean anything.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    groups = list(shown(summary))
    figure, axis = pyplot.subplots(figsize=(8, 0.34 * len(groups) + 1.4))
    places = range(len(groups))
    for label, colour in BARS:
        axis.barh(places, [100 * _value(summary[name], label) for name in groups], 0.7, color=colour, label=label)
    control = [100 * _number(summary[name]["control"]) for name in groups]
    axis.plot(control, list(places), "|", color=CONTROL, markersize=13, markeredgewidth=2, label="deletion control")
    names = [f"{name} ({summary[name]['faults']})" for name in groups]
    axis.set(yticks=places, yticklabels=names, xlim=(0, 103), xlabel="% of the faults")
    axis.tick_params(labelsize=8)
    axis.margins(y=0.01)
    axis.invert_yaxis()
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=10)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def _value(figures: dict[str, Any], label: str) -> float:
    if label == "found":
        return _number(figures["detected"])
    return _number(figures["offered"]["proven" if label == "proven repair" else "right"])


def _number(value: float | None) -> float:
    return 0.0 if value is None or value != value else value
