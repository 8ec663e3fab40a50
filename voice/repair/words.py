"""What stands around an answer and says nothing of its own, for telling whether a text can be an answer at all.

The answers themselves are in `voice/wordings.yml` and the hospital's vocabulary.
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# No 天, 分, 点, 科 alone: 明天天, 十分分, 骨科科 are no answers.
AROUND = _words("""
我 我要 我想 您 你 请 请问 帮我 给我 麻烦 那个 那 那就 就 要 就要 选 选择 就选 想 看
看看 看一下 挂 挂个 约 个 一个 的 的号 号 专家号 普通号 医生 大夫 主任 教授 专家 的话
吧 呢 啊 呀 了 嗯 呃 额 哦 噢 喂 唉 哎 和 跟 或者 还是 换 换成 换到 改 改成 改到
改为 不是 是 就是 去 到 在 有 有没有 可以 行 好 好的 好吧 对 不对 左右 以后 以前 之后
之前 都 也 再 给 一下 早点 晚点 早一点 晚一点 门诊 时间 日期 找 他 她 它 叫 姓 名字
来
""")
TITLES = _words("医生 大夫 主任 教授 专家 医师")
