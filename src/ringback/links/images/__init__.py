"""Link images: logos and backgrounds of the pages that links open (contract §9)."""

from ringback.links.images.service import LinkImages

__all__ = ["LinkImages"]
