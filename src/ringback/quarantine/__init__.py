"""Where strangers' files are read: by a program of ours, in a process of its own that has little of everything.

What it keeps out are files that take more than they give, and bugs of parsers. It is no jail: the program can do to
the machine what the node can.
"""

from ringback.quarantine.processes import Limits, Quarantine

__all__ = ["Limits", "Quarantine"]
