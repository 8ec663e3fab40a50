"""What a question lists or is grouped by: 各科室, 哪个医生, 每天; and what such words do not mean beside others."""

from datetime import timedelta
from typing import TYPE_CHECKING

from insight.understand.draft import BARE, EACH, WHICH
from insight.understand.scan import LIGHT, Token
from insight.understand.valued import hint

if TYPE_CHECKING:
    from insight.understand.reader import Reader

STAGES = ("wait_minutes", "consult_minutes", "payment_minutes", "pharmacy_minutes", "report_minutes")
WEEK = range(1, 8)
POINTED = ("department", "doctor", "clinic_room", "campus", "channel")
ASKING_WHICH = ("rank", "ranking", "top", "bound", "change_rank", "direction", "adjective", "which_more", "place",
                "anomaly", "which_dimension", "bottleneck")  # fmt: skip
LISTED = ("dimension", "which_dimension", "series", "value", "counted", "which_more", "adjective", "metric")
SETTING_APART = ("rank", "ranking", "top", "bound", "limit", "change_rank", "which_more", "compare", "difference", "place",
                 "standing", "chart", "distribution", "share", "run", "anomaly", "why", "follow")  # fmt: skip
"""Words that say something of one thing among others, so that a bare 医生 beside them is what is listed."""
THINGS = ("号", "人", "次", "家")
SEEING = ("看一", "看每", "看个", "接诊一", "接诊每", "问诊一", "给每", "给一", "为一")
GOING_BY = ("按", "按照", "根据", "以", "依")
GONE_BY = ("time", "time_filter", "mean", "median", "maximum", "minimum", "quantile", "daily", "metric")


def read_dimensions(reader: "Reader") -> None:
    """The dimensions, each with how it was named: 各…, 哪个…, or bare."""
    dims: list[tuple[str, str]] = []
    how = BARE
    for place, token in enumerate(reader.tokens):
        kind = token.kind
        if kind in ("each", "which"):
            how = EACH if kind == "each" else WHICH
            following = reader.tokens[place + 1 : place + 3]
            if token.text == "哪位" and not any(t.kind == "dimension" for t in following):
                dims.append(("doctor", WHICH))
            continue
        if kind == "dimension":
            if how == BARE and (
                _names_value(reader, place, token.value)
                or _acts(reader, place, token)
                or _apposed(reader, place, token)
            ):
                continue
            dims.append((token.value, how))
            reader.use(token, f"维度 {token.value}")
            if token.value == "channel":
                hint(reader, token)
        elif token.text == "谁" and _several(reader):
            continue
        elif (
            token.text == "谁"
            and dims
            and place
            and reader.tokens[place - 1].text in ("有", "都有", "是", "都是", "都")
        ):
            reader.use(token, "问的是哪些")  # 高于6%的科室都有谁
        elif kind in ("which_dimension", "series"):
            dims.append((token.value, WHICH if kind == "which_dimension" else EACH))
            reader.use(token, f"维度 {token.value}")
        if kind not in ("both", "counted", *LIGHT):
            how = BARE if kind != "dimension" else how
    if any(_dangles(reader, place, token) for place, token in enumerate(reader.tokens)):
        reader.flags.add("dangling")
    if not dims and any(t.kind == "which" and _asks(reader, place) for place, t in enumerate(reader.tokens)):
        reader.flags.add("which")
    unique: dict[str, str] = {}
    for name, said in dims:
        unique[name] = said if unique.get(name, BARE) == BARE else unique[name]
    through = any(t.kind == "series" and t.value == "weekday" and "到" in t.text for t in reader.tokens)
    if through or len(reader.times.filters.get("weekday", ())) == len(WEEK):
        unique = _weekdays(reader, unique)
    if unique.get("weekday") == EACH and unique.get("date") == WHICH:
        unique = {k: WHICH if k == "weekday" else how for k, how in unique.items() if k != "date"}
    if unique:
        reader.out["dims"] = tuple(unique.items())
    _points(reader)


def _weekdays(reader: "Reader", dims: dict[str, str]) -> dict[str, str]:
    """星期一到星期日每天: the days of the week, where the range is longer than one of them."""
    days = [r.end - r.start for r in reader.times.ranges if r.start and r.end]
    if "date" not in dims or days and max(days) <= timedelta(len(WEEK)):
        return dims
    reader.every_weekday = True
    return {("weekday" if name == "date" else name): how for name, how in dims.items() if name != "weekday"}


def _points(reader: "Reader") -> None:
    """那个科的候诊时间: what was talked about, where nothing asks which; else a misheard 哪个."""
    if any(t.kind in ASKING_WHICH and not t.text.startswith("那个") for t in reader.tokens):
        return
    for place, token in enumerate(reader.tokens):
        whole = token.kind == "which_dimension" and token.text.startswith("那个")
        after = token if whole else next(iter(reader.tokens[place + 1 :]), None)
        if not (whole or token.text == "那个" and after and after.kind == "dimension"):
            continue
        if after and after.value in POINTED:
            reader.out["pronoun"] = after.value
            left = tuple(d for d in reader.out.pop("dims", ()) if d[0] != after.value)
            reader.out |= {"dims": left} if left else {}
            reader.follow = True
            reader.use(token, "上一个回答里的")


def _asks(reader: "Reader", place: int) -> bool:
    """Whether 哪, 哪个 is left without what it asks for: 最慢的是哪."""
    following = [t for t in reader.tokens[place + 1 :] if t.kind not in LIGHT]
    return not following or following[0].kind not in (*LISTED, "weak_visits", "count_people")


def _dangles(reader: "Reader", place: int, token: Token) -> bool:
    """Whether 每…, 各… or 哪… names nothing that can be listed: 每种号 is no 每 and a 号 too many."""
    if token.kind != "each" or token.text in ("各", "所有", "全部"):
        return False
    following = [t for t in reader.tokens[place + 1 :] if t.kind not in LIGHT or t.text in THINGS][:2]
    if token.text in GOING_BY and following and following[0].kind in GONE_BY:
        return False  # 按上个月, 按中位数: what to go by, not what to list by
    if following and following[0].text in THINGS:
        return True
    return not any(t.kind in LISTED for t in following)


def _acts(reader: "Reader", place: int, token: Token) -> bool:
    """医生看一个病人要多久: whoever does something is not what is listed."""
    following = reader.tokens[place + 1 : place + 2]
    return (
        token.value == "doctor"
        and bool(following)
        and (following[0].kind == "weak_visits" or following[0].text.startswith(SEEING))
        and not any(t.kind in ("rank", "ranking", "top", "bound", "change_rank") for t in reader.tokens)
    )


def _apposed(reader: "Reader", place: int, token: Token) -> bool:
    """大夫接诊时长, 医生平均看诊多久: who sees the patients belongs to the name of the metric, unless doctors are ranked."""
    if token.value != "doctor" or any(t.kind in SETTING_APART for t in reader.tokens):
        return False
    before = reader.tokens[place - 1] if place else None
    if before is not None and before.kind in ("dimension", "both"):
        return False
    following = [t for t in reader.tokens[place + 1 :] if t.kind not in (*LIGHT, *GONE_BY[2:-1])]
    return bool(following) and following[0].kind == "metric" and following[0].value == "consult_minutes"


def _several(reader: "Reader") -> bool:
    """Whether two values of a dimension are named: 谁 then stands for them."""
    return any(len(values) > 1 for values in reader.out.get("values", {}).values())


def _names_value(reader: "Reader", place: int, dimension: str) -> bool:
    """医保类型为城乡居民医保, 骨科这个科室: the word only says of what kind the value is."""
    for step in (1, -1):
        at = place + step
        while 0 <= at < len(reader.tokens) and reader.tokens[at].kind in LIGHT:
            at += step
        if 0 <= at < len(reader.tokens):
            near = reader.tokens[at]
            if near.kind == "value" and near.dimension == dimension:
                return True
            if dimension == "stage" and at == place - 1 and near.kind == "metric" and near.value in STAGES:
                return True  # 缴费环节
    return False


def read_share(reader: "Reader") -> None:
    """各科室专家号占比, 自费占比最高的科室: the value's part of each group, rather than the groups' of the value."""
    share = next((at for at, t in enumerate(reader.tokens) if t.kind == "share"), None)
    if share is None or "dims" not in reader.out:
        return
    named = [at for at, t in enumerate(reader.tokens[:share]) if t.kind in ("value", "time_filter")]
    listed = [
        at for at, t in enumerate(reader.tokens) if t.kind in ("dimension", "series", "which_dimension")
    ]
    if not named or not listed or any(named[-1] < at < share for at in listed):
        return
    value = reader.tokens[named[-1]]
    if any(share > at for at in listed) and not any(at < named[-1] for at in listed):
        return
    inside = value.dimension in ("department", "campus") and reader.tokens[listed[0]].value in (
        "doctor",
        "clinic_room",
    )
    if not inside and value.dimension not in {name for name, _ in reader.out["dims"]}:
        reader.out["share_part"] = value.dimension or "time"
