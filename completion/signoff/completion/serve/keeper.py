"""The way vLLM is started so that nothing of it outlives us, however we end.

vLLM's main process starts others, and where it is killed outright they go on and hold the GPU. So beside it, in its
process group, waits a small process at the other end of a pipe: when the pipe's end in our hands closes, which the
system does also where we are killed, it ends the whole group; asked first, so that shared memory is given back. The
main process itself replaces its starter, so its id, its exit status and its streams are vLLM's own.
"""

from __future__ import annotations

from collections.abc import Sequence

SOURCE = """
import os, signal, sys, time
null = os.open(os.devnull, os.O_RDWR)
if os.fork() == 0:
    os.dup2(null, 1)
    os.dup2(null, 2)
    while os.read(0, 4096):
        pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    time.sleep(5)
    os.killpg(0, signal.SIGKILL)
os.dup2(null, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def kept(argv: Sequence[str]) -> tuple[str, ...]:
    """`argv`, whose first word is a Python, watched over; its standard input must be a pipe (as of spawn())."""
    return (argv[0], "-I", "-S", "-c", SOURCE, *argv)
