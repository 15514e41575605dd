"""Objects that are stored as they come."""

import io

import pytest

from broker.connection import Broker
from broker.object_upload import file_pieces, upload
from contracts.errors import BrokerUnavailable


async def test_a_broker_without_streams_is_told_in_words_and_not_by_the_clearing_up(
    empty_broker: Broker,
) -> None:
    with pytest.raises(BrokerUnavailable, match=r"no stream yet .* docr setup"):
        await upload(
            empty_broker,
            bucket="ocr-uploads",
            name="a",
            content=file_pieces(io.BytesIO(b"x" * 100)),
        )
