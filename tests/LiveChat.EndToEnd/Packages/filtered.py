"""filtered.py UNIT COMMAND...: runs a command under the SystemCallFilter= of a unit, as systemd does: what is not in it
answers EPERM. x86-64, with the kernel's headers."""

import ctypes
import os
import re
import struct
import subprocess
import sys

HEADER = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
SET_NO_NEW_PRIVS, SET_SECCOMP, MODE_FILTER = 38, 22, 2
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, EPERM = 0x7FFF0000, 0x00050001


def group(name):
    """The system calls of a group, and of those in it."""
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True, check=True).stdout
    names = [line.strip() for line in said.split("\n")[1:] if line.strip() and not line.strip().startswith("#")]
    return {call for one in names for call in (group(one) if one.startswith("@") else [one])}


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


unit = open(sys.argv[1], encoding="utf-8").read()
allowed = group("@default")
for line in re.findall(r"(?m)^SystemCallFilter=(.*)$", unit):
    calls = {call for one in line.lstrip("~").split() for call in group(one)}
    allowed = allowed - calls if line.startswith("~") else allowed | calls

numbers = dict(re.findall(r"#define __NR_(\w+) (\d+)", open(HEADER, encoding="ascii").read()))
steps = [(LOAD, 0, 0, 0)]
for number in sorted(int(numbers[call]) for call in allowed if call in numbers):
    steps += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
steps.append((RETURN, 0, 0, EPERM))
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = Program(len(steps), ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
assert libc.prctl(SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execvp(sys.argv[2], sys.argv[2:])
