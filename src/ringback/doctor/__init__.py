"""`ringback doctor`: what on this machine keeps a node from working, and what to do about each.

`gather` collects facts, `checks` judges them without touching anything, `report` shows the findings.
"""

from ringback.doctor.checks import examine
from ringback.doctor.findings import Finding, Status
from ringback.doctor.gather import gather
from ringback.doctor.report import as_json, show

__all__ = ["Finding", "Status", "as_json", "examine", "gather", "show"]
