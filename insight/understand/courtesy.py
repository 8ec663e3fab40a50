"""What people say around a question: whom they speak to, for whom they ask, that it is urgent, and that they are told.

Such turns are made of few parts in many orders (老板急着要, 帮我瞅一眼, 辛苦尽快给一下), so that they are built from these
parts here rather than listed in `words.yml`. A turn must be whole: it begins or ends a clause, or stands before a verb
of giving. Nothing in it may be a word that says what is counted.
"""

import re

from insight.understand.lexicon import Term
from insight.understand.scan import Token

_START = r"(?:^|(?<=[，,。；;：:！!？?、 ]))"
_END = r"(?=$|[，,。；;：:！!？?、 ])"
_PARTICLE = r"(?:[吧呗哈啊呀嘛哦呢啦哟了哇喔呦耶哩噻捏咯]|一下)*"
_SURNAME = (
    "[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任"
    "姜范方石姚谭廖邹熊金陆郝孔崔康毛邱秦江史顾侯邵孟段雷钱汤尹黎易常武乔贺赖龚]"
)
_ROLE = (
    rf"(?:[大小老]{_SURNAME}|{_SURNAME}(?:总|院长|局长?|处长?|书记|科长)|老板|领导|院长|副院长|院办|主任|护士长|书记|处长|科长|局长|部长"
    r"|老总|总监|经理|老师|同志|师傅|兄弟|哥们儿?|姐们儿?|大哥|大姐|上级|卫健委|财务|医务处|门办)"
)
"""Whom one speaks to or asks for. A doctor's surname with 主任 is none of them: it may be that doctor (names.py)."""
_TO_ME = r"(?:帮|给|替|为|跟|和)(?:我们?|咱们?|大家|领导|院长|老板|主任)(?:大家)?"
_SAYING = r"(?:晒|亮|摆|查|看|瞅|瞧|瞄|调|拉|报|说|讲|念|算|统计|汇总|汇报|列|理|捋|盘|弄|整|搞|拿|翻|找|搜|问|打听|核实|确认|了解|交代)"
_ONCE = r"(?:一?下(?:子)?|一眼|一声|一遍|一句|一嘴|一番|个数|出来|过来)"
_SOON = (
    r"(?:赶紧|赶快|抓紧(?:时间)?|尽快|尽早|立马|火速|麻溜|(?:马上|立刻|立即)(?!告诉|通知|提醒|叫|喊|发出)|越快越好"
    r"|快(?:点儿?|些)(?=[，,。！! 给帮报说查发把]|$))"
)
_HURRY = (
    r"(?:我|这边|这里|那边|会上|等下|马上|一会儿?|待会儿?)?(?:就)?(?:比较|挺|很|有点儿?|非常|特别)?"
    r"(?:要得)?(?:急着要|急着用|急需|急用|急要|着急|急|等着要|等着用|等着看|要用|用得着|要汇报|要上会)"
)
_MEETING = r"(?:我|我们|领导|院里|院长)?(?:马上|等下|一会儿?|待会儿?|回头)?(?:就)?(?:要|得)?(?:去)?开(?:院|晨|例|周|月)?会(?:要?用|要?汇报|要说|要讲|用得上)?"

TURNS = tuple(
    re.compile(pattern)
    for pattern in (
        # 你好, 不好意思, 辛苦了, 那什么: at the beginning or the end
        rf"{_START}(?:hi|hello|hey|嗨|嘿|哈喽|哈啰|您?好的?|好(?:吧|嘞|滴|了)|行(?:吧)?|可以|收到|ok|okay|在线等|等(?:你|您)?回复|速回|我?(?:忘|忘记|记不清|记不得|想不起来|没记住|不记得)了?|早上好|上午好|中午好|下午好|晚上好|早啊?|大家好"
        rf"|不好意思|打扰(?:一下|了|您)*|抱歉|麻烦(?:你|您)?了|请教(?:一?下)?|哎呀?|唉|诶|欸|咦|噢|哟|嗯+好?|呃+|内个|那个|那什么|话说回来|对了|是这样的?"
        rf"|问个事儿?|我想想|让我想想|怎么说呢|我说|跟你说|你说|是说){_PARTICLE}{_END}",
        # 哎对了昨天…: run into what follows
        rf"{_START}(?:哎呀?|诶|欸|唉|嗯+|呃+|额|噢|哦|咦)*(?:对了|话说|那什么|内个|那个啥|那啥|就是说?|我想问)(?:啊|呀|哈)?",
        rf"{_START}(?:哎呀?|诶|欸|唉|咦|嘿|嗨|喂|噢)+",
        # 多少来着我忘了
        rf"(?:来着)?(?:我)?(?:又)?(?:忘|忘记|记不清|记不得|想不起来|没记住|不记得)了?{_PARTICLE}{_END}",
        r"的(?:数字?|数据|数值)(?=报|拉|调|查|给|发|说|列|念|看|[，,：:])",
        rf"(?:多谢|谢谢?|感谢|辛苦|拜托|有劳|劳烦|烦请|麻烦)(?:你|您|各位|大家)?(?:了|啦|啊|哈|一下|帮忙|帮|给)*{_END}",
        rf"{_START}(?:拜托|辛苦|有劳|劳烦|烦请|麻烦|请)(?:你|您)?(?:了|啦|一下)?(?:帮忙|帮|给)?(?:{_SOON})?(?:{_TO_ME})?(?:{_SAYING}{_ONCE})?",
        # 老板急着要, 院长让我查一下, 书记问
        rf"{_START}(?:我们|咱们?|你们|是|就是)?(?:{_ROLE})(?:那边|那儿|他们|们)?(?:刚|刚才|现在|正)?(?:{_SOON}|急着|催着|着急|等着|正)*"
        rf"(?:(?:让|叫|要求|安排|交代|吩咐)(?:我们?|你)?(?:们)?(?:来|去)?(?:{_SAYING}{_ONCE}?)?|要求|要看|想看|想要|想知道|想了解|想问|要问|在问|问起|问到|问(?:我|你|了|的)?|催(?:我|着)?要?|等着?(?:看|用|要)?|要)(?:一?下|一眼|个)?(?:的(?:是)?)?",
        # 小张, 老板: called
        rf"{_START}(?:{_ROLE})(?:您|你)?(?:好)?(?=[，,！!：: ])",
        # 赶紧的, 急用, 开会要用
        rf"(?:{_SOON})(?:的)?(?:给我|给|帮我|发我)?(?:{_SAYING}{_ONCE})?",
        rf"{_START}快(?:给我|给|帮我|帮)(?:{_SAYING}{_ONCE})?",
        rf"{_START}(?:{_HURRY}){_PARTICLE}{_END}",
        rf"{_START}(?:{_MEETING}){_PARTICLE}{_END}",
        # 帮我瞅一眼, 报一下, 说一声, 调出来
        rf"(?:(?:能不能|可不可以|能否|可否|可以|能)(?:{_TO_ME}))?(?:{_SOON})?(?:{_TO_ME})?(?:再|先|就|都|来)?{_SAYING}{_ONCE}(?:{_TO_ME}?(?:{_SAYING}{_ONCE}?)?)?(?![的得])",
        rf"(?:{_TO_ME}){_SAYING}(?:{_SAYING})?",
        rf"{_START}(?:直接|就|快|先|再|来)?报(?!告|到|警|销|名|表|账|道)(?:给我|我)?(?:个|一个)?",
        rf"(?:随便|顺便|顺手|随手|简单|大概)(?:点儿?)?(?:{_TO_ME})?{_SAYING}(?:{_SAYING})?{_ONCE}?",
        # 一句话告诉我, 给个准数就行, 不用解释
        r"(?:用)?一句话(?:告诉我|说|回答|讲|概括|总结)?|长话短说|不用(?:解释|多说|展开|画图)|别(?:废话|啰嗦|绕弯子)|有一说一|老实说|说白了|说实话",
        r"(?:要|给|来|报)(?:我)?(?:个|一个)(?:准确的|准|具体的|具体|大概的?|大致的?|总)?(?:数字?|数据|数值|结果|答案)(?:就行|就好|就可以|即可)?(?:了|吧)?",
        rf"(?:数字|数据|结果|总数|数)?(?:就行|就好|就可以|就成|即可|足矣)(?:了|吧|啦)*{_END}",
        # 是个什么数, 是多少数, 有没有个数
        rf"(?:大概|大致|到底|究竟)?(?:是|有|能有|算|达到)?(?:个|一个)?(?:什么|啥|多少|怎样的?|多大的?)(?:个)?(?:数字?|数据|数值|概念|光景|数额|体量|规模|水平|样子|程度|情形)(?:来着|了|啊|呀|呢)?{_END}",
        # 我这边, 我们这里
        r"(?:我|我们|咱们?|你们|你)(?:这边|这里|这儿|这头|那边|那里|那儿)|这边(?!的)",
        # 门诊运营数据方面:
        rf"{_START}(?:门诊)?(?:运营|经营|业务)(?:数据|情况|方面)?(?:里|中|上)?(?=[：:，, ])",
        # 取中位数, 按平均值算
        r"取(?:个|一下)?(?=中位|平均|均值|最[大小长短高低久快慢]|[pP]\d|\d+\s*%?分位|[一二三四五六七八九]成|中值|四分|[一二三四五六七八九]十分位)",
        rf"(?<=[\u4e00-\u9fff])来?(?:算|计算|统计)(?:的话|下来|起来|的)?(?:{_END}|(?=有多少|是多少|多少|大概|一共|总共))",
        # 有异常没, 高了没有呢: a question of yes or no by its end
        r"(?<=[\u4e00-\u9fff])(?:了)?没(?:有)?(?:呢|啊|呀|哦|嘞)?(?=[\s？?。！!，,]*$)",
    )
)

GREETING_OF_A_TIME = re.compile(
    rf"{_START}(?:早上|上午|中午|下午|晚上)好(?!多|几|些|像|久|长|忙|转){_PARTICLE}"
)


def read_courtesies(text: str) -> list[Token]:
    """Tokens of kind `filler` for every such turn, so that the cheapest cover of the question may take them."""
    lower = text.lower()
    return [
        Token(hit.start(), hit.end(), text[hit.start() : hit.end()], (Term("filler", None, hit.group()),))
        for pattern in TURNS
        for hit in pattern.finditer(lower)
        if hit.end() > hit.start()
    ]


def greetings(text: str) -> list[tuple[int, int]]:
    """Spans of 早上好 and the like, which are no times."""
    return [hit.span() for hit in GREETING_OF_A_TIME.finditer(text)]
