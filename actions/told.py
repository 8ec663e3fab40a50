"""What a conversation was told already: the same news comes as an answer and again on the bus."""

from collections import OrderedDict

KEPT = 2000
_told: "OrderedDict[str, None]" = OrderedDict()


def _key(conversation: str, id: str, status: str) -> str:
    return f"{conversation}:{id}:{status}"


def remember(conversation: str, id: str, status: str) -> None:
    """This state of this booking, payment or change was said in this conversation."""
    if not id:
        return
    _told[_key(conversation, id, status)] = None
    while len(_told) > KEPT:
        _told.popitem(last=False)


def known(conversation: str, id: str, status: str) -> bool:
    """Whether it was said. After a restart nothing is remembered: said twice is better than not at all."""
    return _key(conversation, id, status) in _told
