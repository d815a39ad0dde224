"""Which addresses count as the open internet."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.tools.pictures.addresses import is_public

PRIVATE = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16")]
FORMS = (
    lambda v4: ipaddress.IPv6Address((0xFFFF << 32) | v4),
    lambda v4: ipaddress.IPv6Address(v4),
    lambda v4: ipaddress.IPv6Address((0x2002 << 112) | (v4 << 80) | 1),
    lambda v4: ipaddress.IPv6Address((0x64FF9B << 96) | v4),
    lambda v4: ipaddress.IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (v4 ^ 0xFFFFFFFF)),
)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "images.example.org", "127.1", "fe80::1%eth0", "::1%lo", "1.2.3.4.5"])
def test_what_is_no_plain_public_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PRIVATE), st.integers(0, 2**32 - 1), st.sampled_from(range(len(FORMS))))
def test_a_private_ipv4_address_is_refused_in_every_ipv6_form(
    network: ipaddress.IPv4Network, offset: int, form: int
) -> None:
    v4 = int(network[offset % network.num_addresses])
    assert not is_public(str(ipaddress.IPv4Address(v4)))
    assert not is_public(str(FORMS[form](v4)))
