"""The settings of what is shown, and when."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.settings import setting


@dataclass(frozen=True, slots=True)
class DiagnosticsSettings:
    """What is shown, and when."""

    max_per_file: int = setting(
        100, "Findings shown in one file at most; one line says how many more there are.", minimum=1, maximum=10000
    )
    quick_pause: int = setting(
        200, "Pause in typing, in milliseconds, after which the quick checks (Verilator) run.", minimum=0, maximum=60000
    )
    deep_idle: float = setting(
        5.0, "Seconds without a change after which the deep checks (Yosys) run; 0: only on save.", minimum=0.0
    )
    model_fixes: bool = setting(
        True,
        "Offer to have the model mend a finding that nothing else mends, and let it add its words to explanations. It "
        "is asked only when that is chosen; what it writes as a fix is proven like every other before it is applied.",
    )
    trajectories: bool = setting(
        False,
        "Keep what is tried on faults on this machine, and nowhere else, for `signoff export`: the source, what the "
        "tools said, each attempt and its verdict, without secrets and paths. Only your own settings can switch it on.",
    )
