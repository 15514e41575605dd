"""What a child that was locked in can still do, and what it cannot."""

import importlib.machinery
import os
import platform
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.errors import ChildCrashed
from guard import landlock, lock_in, missing_locks
from guard.environment import without_secrets
from guard.guarded_child import GuardedChild
from guard.locks import Locks

ROOT = Path(__file__).parents[2]
needs_landlock = pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
needs_filter = pytest.mark.skipif(
    platform.machine() not in {"x86_64", "aarch64"}, reason="no list of system calls"
)
X86 = platform.machine() == "x86_64"


def prisoner(locks: Locks | None, **settings: str) -> GuardedChild:
    return GuardedChild(
        target="tests.guard.prisoner:serve",
        settings=settings,
        what="the prisoner",
        memory_limit_bytes=2**30,
        start_timeout_s=60.0,
        locks=locks,
    )


@pytest.fixture(autouse=True)
def modules_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[GuardedChild]:
    for name in ("given", "own", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("12345")
    one = prisoner(
        Locks(
            readable=(tmp_path / "given",),
            writable=(tmp_path / "own",),
            data_limit_bytes=2**30,
            cpu_s_per_call=60.0,
        )
    )
    await one.start()
    if any(missing.startswith(("files", "system calls")) for missing in one.not_locked):
        await one.stop()
        pytest.skip(f"this machine refuses a lock: {one.not_locked}")
    yield one
    await one.stop()


async def said(child: GuardedChild, what: str, about: object = "") -> str:
    answer = await child.call({"try": what, "with": str(about)}, timeout_s=60)
    return str(answer["said"])


@needs_landlock
async def test_only_the_folders_that_it_was_given_can_be_read_and_written(
    child: GuardedChild, tmp_path: Path
) -> None:
    assert await said(child, "read", tmp_path / "given/file") == "5"
    assert await said(child, "read", tmp_path / "own/file") == "5"
    assert await said(child, "read in a thread", tmp_path / "given/file") == "5"
    # A run that measures coverage lets its processes write into this checkout.
    measured = any(name.startswith("COVERAGE_") for name in os.environ)
    ours = () if measured else (ROOT / "pyproject.toml",)
    for hidden in (tmp_path / "other/file", Path("/etc/hosts"), *ours):
        assert await said(child, "read", hidden) == "PermissionError"
    assert await said(child, "read in a thread", tmp_path / "other/file") == "PermissionError"
    assert await said(child, "read", f"/proc/{os.getpid()}/environ") == "PermissionError"
    assert await said(child, "list", tmp_path / "other") == "PermissionError"
    assert await said(child, "write", tmp_path / "own/new") == "4"
    for place in (tmp_path / "given/file", tmp_path / "other/new", *ours):
        assert await said(child, "write", place) == "PermissionError"


@needs_landlock
async def test_modules_are_found_later_too_when_their_folders_have_changed(
    child: GuardedChild,
) -> None:
    # Python keeps a list of what is in a folder, and makes it anew when the folder has changed, as
    # by a file of coverage. What cannot be listed has no modules any more.
    for changed in (ROOT, ROOT / "guard", ROOT / "tests"):
        os.utime(changed)
    for late in ("ingest.rasterise", "tests.guard.children", "PIL.TiffImagePlugin", "pypdfium2"):
        assert await said(child, "import", late) == late
    for encoding in ("encodings.cp1252", "encodings.shift_jis"):
        assert await said(child, "import", encoding) == encoding
    assert importlib.machinery.PathFinder.find_spec("guard.landlock", [str(ROOT / "guard")])


@needs_filter
async def test_it_starts_threads_and_nothing_else(child: GuardedChild) -> None:
    assert await said(child, "fork") == "PermissionError"
    assert await said(child, "run", "/bin/true") == "PermissionError"
    assert await said(child, "connect", 9) == "PermissionError"
    assert await said(child, "connect in a thread") == "PermissionError"
    assert await said(child, "send a file") == "PermissionError"
    assert await said(child, "change mode", child.pid) == "PermissionError"
    assert await said(child, "end", os.getpid()) == "PermissionError"
    with pytest.raises(ChildCrashed, match="signal SIGKILL"):
        await said(child, "end itself")
    assert await said(child, "end", os.getppid()) == "PermissionError"


@needs_filter
@pytest.mark.skipif(not X86, reason="numbers of x86_64")
async def test_system_calls_are_refused(child: GuardedChild) -> None:
    answers = {
        "101 0 1": "PermissionError",  # ptrace
        "310 1 0 0 0 0 0": "PermissionError",  # process_vm_readv
        "165 0 0 0 0 0": "PermissionError",  # mount
        "272 268435456": "PermissionError",  # unshare(CLONE_NEWUSER)
        "321 0 0 0": "PermissionError",  # bpf
        "425 1 0": "PermissionError",  # io_uring_setup
        "56 17": "PermissionError",  # clone(SIGCHLD), a process
        "435 0 0": "OSError",  # clone3: ENOSYS, for which libraries take clone
        "302 1 4 0 0": "PermissionError",  # prlimit64 of another process
        "302 0 4 0 0": "0",  # and of this one
        f"{0x40000000 + 41} 2 1 0": "PermissionError",  # socket under its x32 number
    }
    assert {call: await said(child, "system call", call) for call in answers} == answers


@needs_filter
async def test_libraries_that_run_programs_may_do_so_until_they_are_loaded() -> None:
    child = prisoner(Locks(starts_programs=True), first="/bin/true")
    try:
        assert await said(child, "run", "/bin/true") == "PermissionError"
    finally:
        await child.stop()


async def test_memory_is_bounded_before_anybody_looks(child: GuardedChild) -> None:
    assert await said(child, "memory", 100) == str(100 * 2**20)
    assert await said(child, "memory", 2000) in {"OSError", "MemoryError"}


async def test_core_seconds_are_bounded_by_the_kernel_too() -> None:
    child = prisoner(Locks(cpu_s_per_call=0.1))
    try:
        with pytest.raises(ChildCrashed, match="signal SIGXCPU"):
            await said(child, "work for ever")
    finally:
        await child.stop()


async def test_the_keys_of_the_parent_are_not_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NATS_CREDS", "/etc/keys/nats.creds")
    monkeypatch.setenv("SOME_PLACE", "https://me:secret@example.org/")
    child = prisoner(Locks())
    try:
        assert await said(child, "environment", "NATS_CREDS") == "nothing"
        assert await said(child, "environment", "SOME_PLACE") == "nothing"
        assert await said(child, "environment", "PYTHONPATH") == str(ROOT)
    finally:
        await child.stop()
    assert without_secrets({"LANG": "C", "OCR_API_KEYS": "a:b", "AWS_SECRET": "x"}) == {"LANG": "C"}


async def test_a_machine_without_these_locks_says_so_once_and_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(lock_in.SWITCH, "off")
    monkeypatch.setattr(missing_locks, "_told", set())
    for _ in range(2):
        child = prisoner(Locks())
        try:
            assert await said(child, "read", ROOT / "pyproject.toml") != "PermissionError"
            assert child.not_locked == ("anything, since OCR_LOCK_IN is off",)
        finally:
            await child.stop()
    assert capsys.readouterr().out.count("OCR_LOCK_IN is off") == 1


def test_each_lock_that_cannot_be_had_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError("not in this container")

    for step in (
        "_must_be_alone", "limit_resources", "_give_up_capabilities", "_only_files_of"
    ):  # fmt: skip
        monkeypatch.setattr(lock_in, step, refused)
    monkeypatch.setattr(lock_in, "refuse_system_calls", refused)
    assert lock_in.lock_in(Locks()) == [
        f"{what}: not in this container"
        for what in ("threads", "resources", "capabilities", "files", "system calls")
    ]
