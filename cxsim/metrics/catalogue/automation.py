"""AI agents: how many conversations, how they ended, and what they cost."""

from __future__ import annotations

from cxsim.metrics.figure import HIGHER, LOWER, OF_FLOW, OFFERED, Figure, count, money, ratio

# fmt: off
ROWS: tuple[Figure, ...] = (
    count("conversations", "conversations with AI agents", scopes=OF_FLOW,
          formula="contacts that talked to an AI agent, by contact's arrival", above="conversations"),
    ratio("automated_share", "automated share", "share", scopes=OF_FLOW,
          formula="conversations with AI agents that ended as resolved, rightly or not ÷ offered",
          above="conversations_resolved + conversations_false", below=OFFERED),
    ratio("ai_resolution", "resolution of AI agents", "share", scopes=OF_FLOW, better=HIGHER,
          formula="conversations that resolved the issue ÷ conversations with AI agents",
          above="conversations_resolved", below="conversations"),
    ratio("ai_false_resolution", "false resolution of AI agents", "share", scopes=OF_FLOW, better=LOWER,
          formula="conversations that ended as resolved but did not resolve the issue ÷ conversations with AI agents",
          above="conversations_false", below="conversations"),
    ratio("ai_handover", "handed over by AI agents", "share", scopes=OF_FLOW,
          formula="conversations handed over to people ÷ conversations with AI agents",
          above="conversations_handed_over", below="conversations"),
    money("conversation_cost", "cost of AI agents", scopes=OF_FLOW, better=LOWER,
          formula="conversations × the cost of a conversation with that AI agent", above="conversation_cost"),
)
