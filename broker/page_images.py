"""Page images that are too large for a message: bucket PAGE_IMAGES."""

import contextlib

from broker.connection import Broker
from broker.object_reading import ObjectMissing
from broker.objects import ObjectBucket
from contracts import topology
from contracts.errors import BrokerUnavailable


class PageImages(ObjectBucket):
    """The bucket, and, for reading, the one where the release before laid them."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker, name=topology.PAGE_IMAGES)
        self._before = ObjectBucket(broker, name=topology.UPLOADS)

    async def read_all(self, name: str) -> bytes:
        """The image. Raises: ObjectMissing, BrokerUnavailable."""
        try:
            return await super().read_all(name)
        except ObjectMissing:
            # A node with a role of its own may not look there, and shall not wait for it.
            with contextlib.suppress(BrokerUnavailable):
                return await self._before.read_all(name)
            raise
