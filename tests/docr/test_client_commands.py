"""`docr submit`, `watch`, `result`, `cancel`, `delete`, `jobs` and `nodes` as users run them."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.announcements import Announcements
from broker.connection import Broker
from broker.fleet import Fleet
from contracts.events import JobAccepted, JobFinished, PageDone, PageLost
from contracts.fleet import CurrentPage, NodeHealth, NodeReport
from docr.watching import in_words
from tests.docr.commands import DOCR, docr, environment, start_docr
from tests.docr.terminal import plain, shown_on
from tests.documents import pdf
from tests.running_services import Start
from tests.waiting import wait_until


def on_terminal(*arguments: str, folder: Path, columns: int = 60, **settings: str) -> str:
    """What a command shows on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    environ = environment(folder, TERM="xterm", **settings)
    environ.pop("COLUMNS", None)
    process = subprocess.Popen(
        [str(DOCR), *arguments],
        cwd=folder,
        env=environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = shown_on(ours)
    process.wait(timeout=30)
    return shown.decode()


async def test_documents_are_handed_in_watched_fetched_and_removed(
    tmp_path: Path, start: Start, broker: Broker, broker_url: str
) -> None:
    for command in ("ingest", "node", "aggregator"):
        start(command)

    def ask(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = docr(*arguments, folder=tmp_path, NATS_URL=broker_url)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
        return done

    # Ids on stdout, in the order of the documents, for other commands to take.
    (tmp_path / "in").mkdir()
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / "in" / name).write_bytes(pdf(2))
    ids = ask("submit", "in", "--dpi", "72").stdout.split()
    assert len(ids) == 2
    watched = ask("watch", *ids).stdout.splitlines()
    assert {line.partition(" ")[2] for line in watched} >= {
        "accepted: a.pdf, 2 pages",
        "accepted: b.pdf, 2 pages",
        "ended: success",
    }
    events = [json.loads(line) for line in ask("watch", ids[0], "--json").stdout.splitlines()]
    assert [each["event"] for each in events] == [
        "accepted",
        "page_done",
        "page_done",
        "finished",
    ]

    # To stdout, and to a file.
    result = json.loads(ask("result", ids[0]).stdout)
    said = ask("result", ids[0], "--format", "markdown", "--out", "a.md").stderr
    assert (said, (tmp_path / "a.md").read_text()) == (
        "docr: saved: a.md\n",
        result["combined_markdown"],
    )
    ask("result", ids[0], "--out", "missing/a.md", code=2)
    assert ask("result", ids[0], "--format", "tsv", "--out", "-").stdout.startswith("level\t")
    ask("result", ids[0], "--format", "pdf", "--out", "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")

    # Waiting is as docr run.
    (tmp_path / "in/c.pdf").write_bytes(b"no document")
    waiting = ("--dpi", "72", "--format", "tsv,pdf", "--wait", "--out")
    said = ask("submit", "in/a.pdf", *waiting, "in", code=2).stderr
    assert "would write in/a.pdf, which is a document to be read" in said
    with zipfile.ZipFile(tmp_path / "in/d.zip", "w") as box:
        box.writestr("one.pdf", pdf(1))
    done = ask("submit", "in/*.pdf", "in/d.zip", "nowhere.pdf", *waiting, "o", code=1)
    assert "nowhere.pdf: no such file" in done.stderr
    assert "[4/4]" in done.stderr
    # Why there is no PDF of a ZIP is told once.
    assert (done.stdout + done.stderr).count("submit them one by one") == 1
    assert "partial" not in done.stdout
    assert "o/a.txt" in done.stdout
    assert sorted(each.name for each in (tmp_path / "o").iterdir()) == [
        "a.json",
        "a.md",
        "a.pdf",
        "a.tsv",
        "a.txt",
        "b.json",
        "b.md",
        "b.pdf",
        "b.tsv",
        "b.txt",
        "c.json",
        "d.json",
        "d.md",
        "d.tsv",
        "d.txt",
    ]

    # One document under one id is one job.
    again = ("submit", "in/a.pdf", "--dpi", "72", "--job-id", "mine", "--json")
    assert json.loads(ask(*again).stdout)["known"] is False
    assert json.loads(ask(*again, "--wait").stdout)["status"] == "success"

    # Lists.
    listed = [json.loads(line) for line in ask("jobs", "--json").stdout.splitlines()]
    assert len(listed) == 7
    assert "c.pdf" in ask("jobs", "--state", "failed").stdout
    assert ask("jobs", "--state", "running").stderr == "docr: no jobs in state running\n"
    shown = on_terminal("result", ids[0], "--format", "pdf", folder=tmp_path, NATS_URL=broker_url)
    assert "is no text for a terminal" in " ".join(shown.split())
    table = on_terminal("jobs", folder=tmp_path, NATS_URL=broker_url)
    # Ids are whole, and no line is wider than the terminal.
    assert all(each["job_id"] in table for each in listed)
    assert max(len(line) for line in plain(table).splitlines()) <= 60

    # Removal, and what is refused.
    assert "is deleted" in ask("delete", "mine").stderr
    assert json.loads(ask("delete", ids[1], "--json").stdout) == {
        "job_id": ids[1],
        "deleted": True,
    }
    assert "there is no job mine" in ask("result", "mine", code=1).stderr
    assert "there is nothing to cancel" in ask("cancel", ids[0], code=1).stderr
    mixed = ask("watch", "mine", ids[0], code=1)
    assert "there is no job mine" in mixed.stderr
    assert f"{ids[0]} ended: success" in mixed.stdout


async def test_ctrl_c_leaves_jobs_running_and_says_how_to_go_on(
    tmp_path: Path, start: Start, broker: Broker, broker_url: str
) -> None:
    for command in ("ingest", "node", "aggregator"):
        start(command, OCR_ECHO_DELAY_MS="600000")
    (tmp_path / "a.pdf").write_bytes(pdf(2))
    waiting = start_docr(
        *("submit", "a.pdf", "--wait", "--job-id", "a", "--dpi", "72"),
        folder=tmp_path,
        NATS_URL=broker_url,
    )
    (tmp_path / "watching").mkdir()
    async with Announcements(broker).events() as events:
        while (await events.get()).job_id != "a":
            pass
    watching = start_docr("watch", "a", folder=tmp_path / "watching", NATS_URL=broker_url)
    await wait_until(
        lambda: "accepted" in (tmp_path / "watching/output").read_text(), "a line of progress", 30.0
    )
    for process in (waiting, watching):
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(20) == 130
    for folder in (tmp_path, tmp_path / "watching"):
        said = (folder / "output").read_text()
        assert "docr: stopped watching; the job goes on; watch again with: docr watch a\n" in said
        assert "Traceback" not in said
    done = docr("cancel", "a", "--json", folder=tmp_path, NATS_URL=broker_url)
    assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "cancelled")


async def test_nodes_are_listed_in_any_width(
    tmp_path: Path, broker: Broker, broker_url: str
) -> None:
    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        return docr("nodes", *arguments, folder=tmp_path, NATS_URL=broker_url)

    assert ask().stderr == "docr: no nodes; start one with 'docr node'\n"
    now = datetime.now(UTC)
    page = CurrentPage(job_id="019c0ffee0123456789abcdef0123456", page_number=3, since=now)
    await Fleet(broker).report(
        NodeReport(
            name="node-\x1b[31m",
            instance="1",
            host="127.0.0.1",
            port=0,
            version="1",
            engine="echo",
            engines=2,
            languages=("en",),
            health=NodeHealth(
                status="healthy",
                worker_name="node",
                cpu_percent=1,
                memory_percent=1,
                memory_mb=300,
                uptime_seconds=1,
                total_requests=1,
            ),
            current_pages=(page,),
            pages=12,
            sent_at=now,
        ).model_copy(update={"name": "node-a"})
    )

    async def is_listed() -> bool:
        return (await Fleet(broker).status()).total_workers == 1

    await wait_until(is_listed, "the heartbeat to be stored")
    assert json.loads(ask("--json").stdout)["name"] == "node-a"
    assert "1 of 1 healthy" in ask().stdout
    for columns in (60, 80, 200):
        shown = plain(on_terminal("nodes", folder=tmp_path, columns=columns, NATS_URL=broker_url))
        assert "node-a" in shown
        assert "healthy" in shown
        assert max(len(line) for line in shown.splitlines()) <= columns


def test_wrong_usage_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(pdf(1))
    for arguments, words in (
        (("submit", "a.pdf", "--out", "o"), "add --wait"),
        (("submit", "a.pdf", "b.pdf", "--job-id", "x"), "--job-id is for one document"),
        (("submit", "a.pdf", "--dpi", "1"), "dpi 1 is out of range"),
        (("submit", "nowhere"), "no such file"),
        (("jobs", "--url", "ftp://x"), "is no address of the system"),
        (("watch", "a.b"), "job id 'a.b' cannot be used"),
    ):
        done = docr(*arguments, folder=tmp_path, NATS_URL="nats://127.0.0.1:9")
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
        assert "Traceback" not in done.stderr
    done = docr("nodes", "--url", "http://127.0.0.1:9", folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "no gateway answers at http://127.0.0.1:9" in done.stderr


def test_the_help_groups_commands_and_the_shell_completes_them(tmp_path: Path) -> None:
    shown = docr("--help", folder=tmp_path, COLUMNS="100").stdout
    panels = ("The main job", "Client of a running system", "Services", "Dead pages")
    places = [shown.index(panel) for panel in panels]
    assert places == sorted(places)
    completed = docr(
        folder=tmp_path, _DOCR_COMPLETE="complete_bash", COMP_WORDS="docr sub", COMP_CWORD="1"
    )
    assert completed.stdout.split() == ["submit"]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (JobAccepted(job_id="j", total_pages=1, filename="a\nb"), "j accepted: a\\nb, 1 page"),
        (
            PageDone(job_id="j", page_number=2, done=1, total=3, worker="n-1"),
            "j page 2 read, 1 of 3, by n-1",
        ),
        (
            PageLost(job_id="j", page_number=2, done=1, total=3, error="why\x1b"),
            "j page 2 failed, 1 of 3: why\\x1b",
        ),
        (JobFinished(job_id="j", status="cancelled"), "j ended: cancelled"),
    ],
)
def test_an_event_is_one_line_without_what_a_terminal_acts_upon(event: PageDone, line: str) -> None:
    assert in_words(event) == line
