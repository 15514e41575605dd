"""What a child process may not ask of the kernel: seccomp, with a filter made here.

Refused calls fail with EPERM, so that a library that tries one all the same goes on without it.
Structures: <linux/filter.h>, <linux/seccomp.h>; numbers: <asm/unistd.h> of each processor.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Final

_X86, _ARM = "x86_64", "aarch64"
# <linux/audit.h>: how a call's processor is named to the filter.
_ARCH: Final = {_X86: 0xC000003E, _ARM: 0xC00000B7}
_X32_CALLS: Final = 0x40000000  # of x86_64: the same calls under other numbers
_SECCOMP: Final = {_X86: 317, _ARM: 277}

# name: (x86_64, aarch64), None where a processor has no such call.
_REFUSED: Final[dict[str, tuple[int | None, int | None]]] = {
    # Other machines, and doors to this one. Pairs of sockets within a process stay.
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242),
    # Open files, which travel in messages over the socket to the parent.
    "sendmsg": (46, 211), "sendmmsg": (307, 269), "recvmsg": (47, 212), "recvmmsg": (299, 243),
    # Other programs and processes.
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # Files by other ways than their names, and what Landlock does not cover: whose they are.
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "utime": (132, None),
    "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    # The system itself.
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "unshare": (272, 97), "setns": (308, 268),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "acct": (163, 89),
    "quotactl": (179, 60), "syslog": (103, 116), "vhangup": (153, 58), "ioperm": (173, None),
    "iopl": (172, None), "modify_ldt": (154, None), "personality": (135, 92),
    # Large and young parts of the kernel, in which most of its holes were found.
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
}  # fmt: skip
_CLONE: Final = {_X86: 56, _ARM: 220}
_CLONE3: Final = 435
# Their first argument is a process: only this one.
_ABOUT_A_PROCESS: Final = {_X86: (62, 234, 302), _ARM: (129, 131, 261)}  # kill, tgkill, prlimit64

_CLONE_THREAD: Final = 0x00010000
_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1 << 0
_SPEC_ALLOW: Final = 1 << 2  # or older kernels slow all its arithmetic down, against Spectre

# <linux/bpf_common.h>: load a word; jump if equal, if not less, if a bit is set; return.
_LOAD, _JEQ, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _PROCESSOR, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data, little-endian
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

_Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def refuse_system_calls() -> None:
    """From now on, and for good, in all threads of this process. Raises: OSError."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCH or sys.byteorder != "little":
        raise OSError(f"no list of system calls is known for {sys.platform} on {machine}")
    code = b"".join(struct.pack("=HBBI", *each) for each in _program(machine, os.getpid()))
    libc = ctypes.CDLL(None, use_errno=True)
    program = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("@HP", len(code) // 8, ctypes.addressof(program))
    set_filter = ctypes.c_long(_SECCOMP[machine]), ctypes.c_long(_SET_MODE_FILTER)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    flags = (_ALL_THREADS | _SPEC_ALLOW, _ALL_THREADS)  # the second is younger: Linux 4.17
    if all(libc.syscall(*set_filter, ctypes.c_long(each), described) for each in flags):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _program(machine: str, pid: int) -> list[_Instruction]:
    column = 0 if machine == _X86 else 1
    refused = [numbers[column] for numbers in _REFUSED.values()]
    return [
        (_LOAD, 0, 0, _PROCESSOR),
        (_JEQ, 1, 0, _ARCH[machine]),
        (_RETURN, 0, 0, _KILL),  # calls of another kind of program, which this one is not
        (_LOAD, 0, 0, _NUMBER),
        # Threads only. clone3 hides its flags in memory: without it, libraries take clone.
        *_if_number(_CLONE3, [(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]),
        *_if_number(
            _CLONE[machine],
            [
                (_LOAD, 0, 0, _FIRST_ARGUMENT),
                (_JSET, 0, 1, _CLONE_THREAD),
                (_RETURN, 0, 0, _ALLOW),
                (_RETURN, 0, 0, _ERRNO | errno.EPERM),
            ],
        ),
        *[
            instruction
            for number in _ABOUT_A_PROCESS[machine]
            for instruction in _if_number(
                number,
                [
                    (_LOAD, 0, 0, _FIRST_ARGUMENT),
                    (_JEQ, 2, 0, pid),
                    # prlimit64 knows 0 as this process; to signals it is the whole group.
                    (_JEQ, 1, 0, 0) if number == _ABOUT_A_PROCESS[machine][2] else (_JEQ, 0, 0, 0),
                    (_RETURN, 0, 0, _ERRNO | errno.EPERM),
                    (_RETURN, 0, 0, _ALLOW),
                ],
            )
        ],
        *[
            instruction
            for number in refused
            if number is not None
            for instruction in _if_number(number, [(_RETURN, 0, 0, _ERRNO | errno.EPERM)])
        ],
        *(
            [(_JGE, 0, 1, _X32_CALLS), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
            if machine == _X86
            else []
        ),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _if_number(number: int, then: list[_Instruction]) -> list[_Instruction]:
    return [(_JEQ, 0, len(then), number), *then]
