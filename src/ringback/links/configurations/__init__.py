"""Link configurations: what the page of a link looks like, and what can be done there (contract §8)."""

from ringback.links.configurations.service import LinkConfigurations

__all__ = ["LinkConfigurations"]
