"""What NATS raises, in our words."""

import pytest
from nats.js.errors import APIError

from broker.failures import in_our_words
from contracts.errors import BrokerUnavailable


@pytest.mark.parametrize("err_code", [10158, 10164])
def test_a_message_that_a_cluster_has_not_agreed_upon_is_neither_stored_nor_refused(
    err_code: int,
) -> None:
    with (
        pytest.raises(BrokerUnavailable, match=r"not agreed yet .*; try again"),
        in_our_words("publishing"),
    ):
        raise APIError(code=409, err_code=err_code, description="in process")


def test_a_purge_that_the_broker_did_not_manage_is_to_be_tried_again() -> None:
    with (
        pytest.raises(BrokerUnavailable, match=r"could not remove .*lmb missing.*; try again"),
        in_our_words("removing a job's results"),
    ):
        raise APIError(code=500, err_code=10051, description="lmb missing")


def test_a_cluster_whose_servers_are_still_coming_is_waited_for() -> None:
    with (
        pytest.raises(BrokerUnavailable, match=r"start those that are away, or lower it"),
        in_our_words("setting up streams"),
    ):
        raise APIError(
            code=400, err_code=10005, description="no suitable peers for placement, peer offline"
        )


def test_what_only_a_mistake_of_ours_can_cause_passes_as_it_is() -> None:
    with pytest.raises(APIError), in_our_words("publishing"):
        raise APIError(code=400, err_code=10025, description="invalid JSON")
