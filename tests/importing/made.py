"""Small made files for tests of imports."""

from __future__ import annotations

from pathlib import Path

INTERVALS = """\
Queue;Date;Interval;Offered;Answered;Aband.;AHT;SL 20s
Orders;28/09/2026;08:00-08:30;23;22;1;04:05;79,5%
Orders;28/09/2026;08:30-09:00;40;37;3;04:29;87,4%
Orders;13/10/2026;08:00-08:30;30;30;0;24:10;100,0%
Total Orders;;;93;89;4;;
"""
CONTACTS = """\
Contact ID,Phone Number,Queue,Direction,Start Time,Queued At,Answered At,End Time,Agent,ACW (s)
1,+15550001,Sales,inbound,2026-03-02 08:00:00,2026-03-02 08:00:10,2026-03-02 08:00:30,2026-03-02 08:04:30,Ann Lee,20
2,+15550002,Sales,inbound,2026-03-02 08:01:00,2026-03-02 08:01:05,,2026-03-02 08:02:05,,
3,+15550001,Sales,inbound,2026-03-02 08:02:00,,,2026-03-02 08:02:20,,
4,+15550003,Sales,outbound,2026-03-02 08:03:00,,2026-03-02 08:03:10,2026-03-02 08:05:00,Bob Ray,5
"""
LOCAL = {"timezone": "local"}


def put(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path
