"""`docr credentials`: keys for a broker's users, and the file that tells the broker of them."""

from collections.abc import Sequence
from pathlib import Path

from broker.user_keys import UserKeys, make_folder
from docr.alone_in import alone_in
from docr.terminal import say


def make_credentials(
    folder: Path, *, tenants: Sequence[str], rotate: Sequence[str], retire: bool
) -> None:
    """Makes what is missing, and leaves what is there. Raises: InvalidOption."""
    folder = folder.expanduser()
    make_folder(folder)
    # Of two at once, each would write a users.json without the keys of the other.
    with alone_in(folder):
        keys = UserKeys(folder)
        made = keys.complete(tenants)
        rotated = keys.rotate(rotate)
        retired = keys.retire() if retire else []
        conf = keys.save()
    if made:
        say(f"made the keys of {', '.join(made)}")
    if rotated:
        say(
            f"gave new keys to {', '.join(rotated)}; the keys before count too, until --retire: "
            "reload the broker, hand out the new seeds, then retire"
        )
    if retire:
        say(f"keys before the newest count no more: {', '.join(retired) or 'there were none'}")
    say(f"{conf} is for the broker to include; after a change: nats-server --signal reload")
