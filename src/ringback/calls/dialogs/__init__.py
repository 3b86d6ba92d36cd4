"""A dialog joins exactly two calls: the parent, who called, and the child, who is called.

Its invariant: it ends when one of the two ends, and then both do. (SIP's dialogs are always called `SipDialog`.)
"""
