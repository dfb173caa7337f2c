"""The engines: `story` to read, `clock` for speed; from the same inputs they leave the same ledger."""
