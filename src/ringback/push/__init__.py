"""How sleeping devices are woken when they are called: so far, the push configurations of an account."""

from ringback.push.certificates import Certificates
from ringback.push.model import PushConfiguration
from ringback.push.service import PushConfigurations

__all__ = ["Certificates", "PushConfiguration", "PushConfigurations"]
