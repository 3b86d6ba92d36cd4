"""Applications and entities: what an account groups its resources by. Every account has the application `default`."""

from ringback.accounts.provisioning.model import Application, Association, Channel, Entity, Resource, ResourceType
from ringback.accounts.provisioning.service import Provisioning
from ringback.accounts.provisioning.store import add_default_application, applications_of, associate, dissociate

__all__ = [
    "Application",
    "Association",
    "Channel",
    "Entity",
    "Provisioning",
    "Resource",
    "ResourceType",
    "add_default_application",
    "applications_of",
    "associate",
    "dissociate",
]
