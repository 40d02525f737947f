"""Asking PlatformIO how it compiles a project (`pio project metadata`): only in trusted workspaces.

platformio.ini's scripts are run by it. Nothing is asked where the platform is not installed: pio would download it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from signoff.verifiers.mcu.build.guard import NOT_GUARDED, guarded
from signoff.verifiers.mcu.build.platformio import image_of, ini_path
from signoff.verifiers.mcu.build.platformio_ini import Ini, IniError, read_ini
from signoff.verifiers.mcu.build.reading import Reading, Unreadable, chosen
from signoff.verifiers.run import Completed, ToolMissing, run, scratch_folder

SECONDS = 120.0
MEMORY_MB = 4096
MOST_ENVIRONMENTS = 8


async def ask_platformio(
    folder_or_file: str, *, workspace: str = "", names: Sequence[str] = (), timeout: float = SECONDS
) -> Reading:
    """The images of a PlatformIO project, by pio's own words. Only for a trusted workspace: its scripts are run.

    Empty where pio is not on the PATH or the platform is not installed. What pio would write goes into a private folder
    or into memory; `workspace` is the folder that nothing may be written into (default: the project's).
    """
    path = ini_path(folder_or_file)
    pio = shutil.which("pio") or shutil.which("platformio")
    try:
        ini = read_ini(path)
    except (Unreadable, IniError):
        return Reading(files=(path,))
    wanted = [name for name in ini.environments() if _is_installed(ini, name)][:MOST_ENVIRONMENTS]
    if pio is None or not wanted:
        return Reading(files=(path,))
    try:
        done = await _ask(pio, ini, wanted, workspace or ini.folder, timeout)
    except ToolMissing:
        return Reading(files=(path,))
    data = _answer(done.stdout)
    images = (image_of(ini, name, data[name]) for name in wanted if name in data)
    found = tuple(image for image in images if image is not None)
    return chosen(Reading(found, (), (path, *ini.included)), names)


def _is_installed(ini: Ini, name: str) -> bool:
    """Whether an environment's platform lies in PlatformIO's folder, so that asking downloads nothing."""
    core = os.environ.get("PLATFORMIO_CORE_DIR") or os.path.join(os.path.expanduser("~"), ".platformio")
    platform = re.split(r"[@ ]", ini.options(f"env:{name}").get("platform", "").strip())[0].rpartition("/")[2]
    return bool(platform) and os.path.isdir(os.path.join(core, "platforms", platform))


async def _ask(pio: str, ini: Ini, names: Sequence[str], workspace: str, timeout: float) -> Completed:
    chosen_ones = [word for name in names for word in ("-e", name)]
    argv = [pio, "project", "metadata", "--json-output", "-d", ini.folder, *chosen_ones]
    with scratch_folder("pio") as private:
        build, empty = private / "build", private / "guard"
        build.mkdir()
        empty.mkdir()
        environment = {"PLATFORMIO_BUILD_DIR": str(build), "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no"}
        safe = guarded(argv, folder=ini.folder, workspace=workspace, private=empty)
        if safe is not None:
            done = await run(safe, cwd=ini.folder, env=environment, timeout=timeout, memory_limit_mb=MEMORY_MB)
            if done.returncode != NOT_GUARDED:
                return done
        return await run(argv, cwd=ini.folder, env=environment, timeout=timeout, memory_limit_mb=MEMORY_MB)


def _answer(output: bytes) -> Mapping[str, Mapping[str, Any]]:
    """What pio said, by environment: the JSON may stand after lines of its own."""
    text = output.decode("utf-8", errors="replace")
    start = text.find("{")
    try:
        data = json.loads(text[start:]) if start >= 0 else {}
    except (ValueError, RecursionError):
        return {}
    return {name: one for name, one in data.items() if isinstance(one, dict)} if isinstance(data, dict) else {}
