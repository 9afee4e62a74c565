# judge: import datetime; judged = datetime.datetime.now()
"""The date on the invoice."""

from datetime import datetime


def due_date(issued: datetime) -> str:
    due = issued.$0
    return f"{due:%d %B %Y}"
