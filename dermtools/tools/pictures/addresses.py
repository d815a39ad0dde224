"""Which network addresses may be reached: public ones only, however they are written."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")

# Public by Python's reckoning, but no place for pictures.
_REFUSED = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's metadata and agent service
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocol assignments; Oracle's metadata service is in it
    ipaddress.IPv4Network("192.88.99.0/24"),  # 6to4 relays
)


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet: not private, loopback, link-local, multicast, reserved, metadata.

    An IPv6 address that carries an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64) must be public in both forms.

    Args:
        address: as `socket.getaddrinfo` writes it, a scope id included. What is no address is not public.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return all(_plainly_public(form) for form in (parsed, *_embedded(parsed)))


def _plainly_public(address: IPAddress) -> bool:
    if address in _NAT64:
        return True  # a translator's address: what it carries decides
    if address.is_multicast or address.is_reserved or address.is_link_local:
        return False
    return address.is_global and not any(address in network for network in _REFUSED)


def _embedded(address: IPAddress) -> Iterator[ipaddress.IPv4Address]:
    """IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _IPV4_COMPATIBLE or address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
