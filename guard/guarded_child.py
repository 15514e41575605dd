"""The parent's side: a child that is started when needed and ended when it misbehaves."""

import asyncio
import contextlib
import os
import signal
from typing import Any, Final

import structlog

from contracts import errors
from contracts.errors import (
    ChildCrashed,
    ChildOutOfMemory,
    ChildRaised,
    ChildTimedOut,
    OcrError,
)
from guard import frames, missing_locks
from guard.byte_code import compile_modules
from guard.child_process import ChildProcess
from guard.environment import of_locked_child
from guard.last_words import LastWords
from guard.locks import Locks
from guard.memory_limit import MemoryLimit
from guard.shared_blobs import SHARED_BYTES, SharedBlobs, without_blobs
from guard.spawning import Spawned, spawn

log = structlog.get_logger(__name__)

# What a child that has closed its socket has to end by itself, and to be asked how.
_LAST_MOMENT_S: Final = 1.0
# What was taken over does not fill the memory of its parent, by whichever way it answers.
_MOST_ANSWER_BYTES: Final = SHARED_BYTES


class GuardedChild:
    """One child process that answers one call at a time.

    `target` is `package.module:factory` (see guard.child), `what` names the child in messages
    ("the OCR engine"), `memory_limit_bytes` bounds its resident memory. `locks`: what it may still
    do once it has started; None: all that its parent may. They hold from the next start on.
    `spare`: a process that waits to become this child, for its first start.
    """

    def __init__(
        self,
        *,
        target: str,
        settings: dict[str, Any],
        what: str,
        memory_limit_bytes: int,
        start_timeout_s: float,
        locks: Locks | None = None,
        spare: Spawned | None = None,
    ) -> None:
        self._target = target
        self._settings = settings
        self._what = what
        self._start_timeout_s = start_timeout_s
        self.locks = locks
        self._spare = spare
        self._becoming: Spawned | None = None
        self._process: ChildProcess | None = None
        self._memory = MemoryLimit(memory_limit_bytes)
        self._blobs: SharedBlobs | None = None
        self._last_words = LastWords(what)
        self._starting = asyncio.Lock()  # whoever comes second finds the child ready
        self.not_locked: tuple[str, ...] = ()  # what the last one could not lock, and why

    @property
    def pid(self) -> int | None:
        """None when there is no child at the moment."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def resident_bytes(self) -> int:
        """The child's resident memory now; 0 when there is no child, or no /proc."""
        return self._memory.resident_bytes()

    @property
    def peak_bytes(self) -> int:
        """The most resident memory that any child of this one has had, as far as is known: of one
        that ended by itself, nothing is."""
        return self._memory.peak_bytes

    async def start(self) -> None:
        """Starts the child, if there is none, and waits until it is ready for calls.

        Raises: what the factory raised; ChildCrashed, ChildTimedOut, ChildOutOfMemory.
        """
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                await self._start()

    async def _start(self) -> None:
        await self._end()
        self._process = process = await self._new_process()
        self._memory.begin(process.pid)
        self._last_words.listen(process.complaints)
        locks = None if self.locks is None else self.locks.to_wire()
        first = {"settings": self._settings, "locks": locks}
        try:
            started = await self._exchange(first, self._start_timeout_s, doing="starting")
            self.not_locked = tuple(started["not_locked"])
            missing_locks.tell(self.not_locked)
            await compile_modules(started["uncompiled"])
        except BaseException:
            await self.stop()
            raise

    async def call(self, request: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """The child's answer. A child that fails to give one in time is ended.

        Raises: what the child raised, as the OcrError that it was, or ChildRaised; ChildCrashed,
        ChildTimedOut, ChildOutOfMemory.
        """
        await self.start()
        return await self._exchange(request, timeout_s, doing="working")

    async def stop(self) -> None:
        """Ends the child, if there is one, and one that is about to start."""
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.end()
        self._becoming = None  # whoever starts it sees to it
        await self._end()

    async def _new_process(self) -> ChildProcess:
        try:
            self._becoming = spawned = self._spare_or_new()
            process = await ChildProcess.of(spawned)
        except OSError as wrong:
            raise ChildCrashed(
                f"{self._what} cannot be started ({wrong.strerror or wrong}); see that memory, "
                "processes and open files are not used up (ulimit -a), then try again"
            ) from wrong
        becoming, self._becoming = self._becoming, None
        self._blobs = spawned.blobs
        if becoming is None:
            self._process = process
            await self._end()
            raise ChildCrashed(f"{self._what} was stopped while starting")
        return process

    def _spare_or_new(self) -> Spawned:
        spare, self._spare = self._spare, None
        if spare is not None:
            if not spare.has_ended:
                return spare
            spare.end()
        environment = os.environ if self.locks is None else of_locked_child(os.environ)
        return spawn(self._target, environment=environment)

    async def _end(self) -> None:
        process, self._process = self._process, None
        blobs, self._blobs = self._blobs, None
        if blobs is not None:
            blobs.close()
        if process is None:
            return
        if process.returncode is None:
            self._memory.note_peak()
        process.kill()
        self._memory.end()
        await process.wait()
        await self._last_words.at_end()
        await process.close()

    async def _exchange(
        self, request: dict[str, Any], timeout_s: float, *, doing: str
    ) -> dict[str, Any]:
        process, blobs = self._process, self._blobs
        if process is None:
            raise RuntimeError("the child is not running")
        done = False
        try:
            with self._memory.at_work():
                async with asyncio.timeout(timeout_s):
                    await _send(process.requests, request if blobs is None else blobs.lay(request))
                    header = await process.answers.readexactly(frames.HEADER_BYTES)
                    length = self._checked(frames.body_length(header))
                    body = await process.answers.readexactly(length)
            done = True
        except TimeoutError:
            raise ChildTimedOut(
                f"{self._what} took more than {timeout_s:g} s while {doing} and was stopped"
            ) from None
        except (asyncio.IncompleteReadError, OSError):
            raise await self._obituary(process, doing) from None
        finally:
            if not done:  # a cancelled call included: its answer would be taken for the next one's
                await self.stop()
        try:
            answer = frames.unpack(body)
            answer = without_blobs(answer) if blobs is None else blobs.take(answer)
            if blobs is not None and blobs is self._blobs:
                blobs.let_go()
        except ValueError:  # it was taken over, or its memory was spoilt
            await self.stop()
            raise ChildCrashed(f"{self._what} gave an answer that cannot be read") from None
        if "error" in answer:
            raise self._as_error(answer)
        return answer

    def _checked(self, answer_bytes: int) -> int:
        if answer_bytes > _MOST_ANSWER_BYTES:
            raise ChildCrashed(
                f"{self._what} wanted to answer with {answer_bytes // 2**20} MB and was stopped"
            )
        return answer_bytes

    async def _obituary(self, process: ChildProcess, doing: str) -> OcrError:
        if self._memory.exceeded:
            return ChildOutOfMemory(
                f"{self._what} needed more than {self._memory.limit_bytes // 2**20} MB of memory "
                f"while {doing} and was stopped; lower the dpi, or raise MAX_RAM_GB"
            )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_MOMENT_S):
                await process.wait()
        process.kill()  # if it lives on, it will never answer
        code = await process.wait()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        last_words = await self._last_words.at_end()
        log.debug("a child ended", what=self._what, how=how, last_words=last_words)
        return ChildCrashed(f"{self._what} ended with {how} while {doing}")

    def _as_error(self, answer: dict[str, Any]) -> OcrError:
        kind = getattr(errors, str(answer["error"]), None)
        message = str(answer.get("message", ""))
        if isinstance(kind, type) and issubclass(kind, OcrError):
            return kind(message)
        return ChildRaised(f"{self._what} failed: {message}")


async def _send(requests: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Raises: OSError where the child has closed its end, or died, whichever loop says it."""
    try:
        requests.writelines(frames.pack(message))
        await requests.drain()
    except RuntimeError as closed:
        raise BrokenPipeError(str(closed)) from closed
