"""Chinese as patients and managers say it: time, numbers, pinyin, identity documents, names (standard library only)."""
