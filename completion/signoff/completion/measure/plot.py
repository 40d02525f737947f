"""The figures of a run as a picture: what was shown, and what of it broke the file, with checking off and on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Of a replay: what is drawn, and in which words.
REPLAYED = (("requests", "requests"), ("aborted", "aborted"), ("wasted", "wasted"), ("taken", "taken"))
OFF, ON = "#b0b7c3", "#2f6fde"


def plot(summary: dict[str, Any], path: Path, title: str) -> None:
    """Write the picture (the kind by the file's suffix: .svg, .png, .pdf). Raises OSError and ValueError."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    groups = [name for name in summary if ":" not in name]
    panels = (
        ("shown", "shown, of all holes"),
        ("exact_of_shown", "exact, of what was shown"),
        ("broken", "breaks the file, of what was shown"),
    )
    figure, axes = pyplot.subplots(1, len(panels), figsize=(4.2 * len(panels), 0.7 * len(groups) + 1.6), sharey=True)
    for axis, (key, words) in zip(axes, panels, strict=True):
        for shift, way, colour, label in ((-0.19, "off", OFF, "checking off"), (0.19, "on", ON, "checking on")):
            values = [summary[name][way][key] for name in groups]
            values = [0.0 if value != value else 100 * value for value in values]
            bars = axis.barh([row + shift for row in range(len(groups))], values, 0.36, color=colour, label=label)
            axis.bar_label(bars, fmt="%.0f %%", padding=2, fontsize=8)
        axis.set(title=words, xlim=(0, 112), yticks=range(len(groups)), yticklabels=groups)
        axis.title.set_fontsize(10)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    axes[-1].legend(loc="lower right", frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=11)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def plot_replay(found: dict[str, Any], path: Path, title: str) -> None:
    """Write the picture of a typed replay under two policies. Raises OSError and ValueError."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6.4, 3.2))
    for shift, name, colour in ((-0.19, "plain", OFF), (0.19, "signoff", ON)):
        values = [found[name][key] for key, _ in REPLAYED]
        bars = axis.bar([row + shift for row in range(len(values))], values, 0.36, color=colour, label=name)
        axis.bar_label(bars, padding=2, fontsize=8)
    axis.set_xticks(range(len(REPLAYED)), [words for _, words in REPLAYED])
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
    axis.set_title(
        f"{title}: {found['signoff']['keystrokes']} and {found['plain']['keystrokes']} keystrokes", fontsize=9
    )
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)
