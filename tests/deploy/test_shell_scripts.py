"""Shell scripts of the project, looked at by shellcheck."""

from tests.deploy.tools import DEPLOY, ROOT, run, tool


def test_shellcheck_finds_nothing_in_scripts() -> None:
    # Pieces that deploy.sh puts together are no scripts yet.
    scripts = [
        *(path for path in DEPLOY.rglob("*.sh") if path.read_text().startswith("#!")),
        *(ROOT / "tests").rglob("*.sh"),
        ROOT / "dev",
        ROOT / ".ci" / "run",
    ]
    assert len(scripts) > 10
    done = run(tool("shellcheck"), *scripts)
    assert done.returncode == 0, done.stdout
