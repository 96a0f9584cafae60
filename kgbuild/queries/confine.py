"""A process that can reach no other machine: what a query names is not fetched, whatever a parser makes of it."""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
import sys

_ARCHITECTURES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # AUDIT_ARCH_*, number of socket(2)
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF: load a word, jump if equal, return
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES  # SECCOMP_RET_*
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2  # of prctl(2)


def no_network() -> bool:
    """Refuse this thread and all that it starts every socket but those within this machine (``AF_UNIX``).

    By a filter of system calls (seccomp(2)) that nothing takes away again. False where there is none: then only what
    is checked before a query runs stands between it and the network.
    """
    known = _ARCHITECTURES.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return False
    architecture, number = known
    steps = [  # (operation, steps to skip if equal, if not, operand); the words are those of struct seccomp_data
        (_LOAD, 0, 0, 4), (_EQUAL, 0, 4, architecture), (_LOAD, 0, 0, 0), (_EQUAL, 0, 2, number),
        (_LOAD, 0, 0, 16), (_EQUAL, 0, 1, socket.AF_UNIX), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE),
    ]  # fmt: skip
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if libc.prctl(_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero):
        return False
    return not libc.prctl(_SECCOMP, ctypes.c_ulong(_FILTER), program, zero, zero)
