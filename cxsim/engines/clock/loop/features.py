"""Which features this loop is compiled with; `replay` sets them before it loads the other modules."""

RICH: bool = True  # flows, transfers, callbacks, chats, work put aside
RULES: bool = True  # also trunks, balking, overflow, reserves, handing back, unusual choices; true where RICH is
POLICY: bool = True  # policies that are classes; RULES is true where it is
