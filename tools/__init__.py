"""Programs that write files of this repository. Not part of what is shipped."""
