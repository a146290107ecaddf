"""What a server's processes use."""
import os
import pathlib
import re
import subprocess

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
TICK = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields of /proc/PID/stat behind the name, which may have anything in it."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def family(pid):
    """A process and all that descend from it."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(int(stat(entry.name)[1]), []).append(int(entry.name))
            except OSError:
                pass
    all_of_them = [pid]
    for one in all_of_them:
        all_of_them += children.get(one, [])
    return all_of_them


def cpu(pid):
    """Seconds of a process and its descendants, with what those used that have ended."""
    used = 0
    for one in family(pid):
        try:
            used += sum(int(field) for field in stat(one)[11:15])
        except OSError:
            pass
    return used / TICK


def memory(pid):
    """KiB that a process and its descendants have, what they share counted once."""
    used = 0
    for one in family(pid):
        try:
            rollup = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        used += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M).group(1))
    return used
