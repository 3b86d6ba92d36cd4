"""Values that must not be seen in full: their `str`, `repr` and log form are short and safe.

To use the real value one has to ask for it by name (`reveal`), so a leak is visible where it is written.
"""

import hmac
import ipaddress


class Secret:
    """A password, a key: anything that opens something. Compared in constant time."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)


class Token(Secret):
    """Proof of an identity, signed by this installation."""

    __slots__ = ()


class IpAddress:
    """An address of a person's network; shown without its last part (IPv4: 8 bits, IPv6: 80 bits)."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The address itself."""
        return self._text

    def __repr__(self) -> str:
        try:
            address = ipaddress.ip_address(self._text)
        except ValueError:
            return "?"
        prefix = 24 if address.version == 4 else 48
        return str(ipaddress.ip_network((address, prefix), strict=False))
