"""What is not answered: other subjects, changes of data, code, and attempts to talk the machine round."""

import re

from insight.understand.draft import Draft
from insight.understand.reader import Reader

OUT_OF_SCOPE = "这个问题不在门诊运营数据的范围内。可以问门诊量、候诊时长、满意度、收入等。"
READ_ONLY = "这里只能查询，不能修改、删除或录入任何数据。"
NOT_CODE = "这里只回答用中文提出的管理问题，不执行代码或查询语句。"

_CODE = re.compile(
    r"\b(?:select|insert|update|delete|drop|alter|truncate|union|create|grant|exec|attach|copy|pragma)\b[\s\S]*\b(?:from|into|table|set|where|select|all|database|view|file|to)\b"
    r"|;\s*--|--\s|/\*|\*/|<script|\bor\s+1\s*=\s*1|'\s*or\s*'|\bxp_|\bsleep\s*\(|\{\{|\$\{|\bimport\s+os\b|__\w+__|\b(?:drop|truncate)\s+\w+",
    re.IGNORECASE,
)
_CHIEF = r"(?:副?院长|院领导|领导|管理员|系统管理员|主任|科主任|书记|财务|超级用户|超级管理员|老板|局长)"
_TALKED_ROUND = re.compile(
    r"忽略(?:以上|之前|前面|上面|所有|你|一切)|无视(?:以上|之前|前面|规则|权限)|(?:你现在|从现在起|假设你|假装你|扮演)(?:是|为)?"
    rf"|我(?:现在|已经?|其实|本来|才|刚刚?|今天)*(?:就)?(?:是|当上?|升(?:任|为|成|到)?|成为?|做|任|兼)了?(?:你们|咱们|这里|本院|医院|新|代理|来|任|的|一名|个){{0,3}}{_CHIEF}"
    rf"|作为(?:一名|一个|本院|医院|你们|咱们|的)*{_CHIEF}|(?:把|拿|将)我当(?:成|作|做|是)?{_CHIEF}|当我是{_CHIEF}|代表(?:{_CHIEF})|替{_CHIEF}(?:看|查|问)"
    rf"|{_CHIEF}(?:已经?|都|亲自|刚|让我)*(?:授权|批准|同意|允许|特批|批了|点头)|(?:有|开通|具备|拥有|给了我?)(?:了)?.{{0,4}}(?:{_CHIEF}|全院|最高|超级).{{0,2}}权限"
    rf"|(?:以|用){_CHIEF}.{{0,4}}(?:身份|权限|名义|账号|口吻)"
    rf"|(?:切换?|换|转|进入?|开启|打开|启用|登录)(?:到|成|为|至|了)?(?:{_CHIEF})的?(?:视角|模式|身份|账号|权限|角色|界面)"
    r"|(?:管理员?|超级(?:用户|管理员)|超管|调试|开发者?|维护|上帝|特权|后台|越权|无限制|(?<![a-z])(?:root|admin|debug|developer|dev|god|sudo))(?:的)?(?:模式|权限|身份|视角|mode)"
    r"|(?<![a-z])(?:sudo|root|superuser)(?![a-z])"
    r"|系统提示|提示词|绕过权限|解除(?:限制|权限)|(?:给我|赋予|提升).{0,4}权限|以(?:院长|管理员|root|超级).{0,6}(?:身份|权限)|我是(?:院长|管理员|领导|超级|主任)"
    r"|ignore (?:all|previous|the)|system prompt|you are now|jailbreak",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"(?:患者|病人)(?:的)?(?:姓名|名字|电话|手机|身份证|住址|地址|病历|名单|信息|隐私|联系)|病历|身份证号|手机号码?|(?:哪些|哪个|哪位)(?:患者|病人)(?![最多少数量更性年类身])|谁来看(?:过|了)?病|(?:患者|病人)(?:编号|ID|id)|P\d{4,}|V\d{8,}"
)
_ADVICE = re.compile(
    r"(?:怎么|怎样|如何|怎么样|咋|有什么办法|有什么建议|该怎么)(?:才能|能|去|来|才可以)?(?:把.{1,12})?"
    r"(?:提高|提升|改善|改进|降低|降下来|缩短|减少|增加|优化|解决|控制|整改|加强|避免|压缩)(?!了|得|的)"
    r"|(?:给|提)(?:点|个|些|几条|我)?(?:建议|意见|对策|方案)|有什么(?:建议|对策|办法)"
)
_SMALL_TALK = re.compile(
    r"(?:吃|喝|玩|穿)(?:点|些|个)?(?:什么|啥)(?!药)|(?:什么|啥)(?:东西)?(?:好吃|好玩|好喝)|(?:推荐|介绍).{0,4}(?:好吃|好玩|餐厅|饭店|景点|歌|书)"
    r"|(?:天气|气温|下雨|下雪|刮风|带伞)(?!天).{0,3}(?:怎么样|如何|好不好|好吗|吗|多少度|不|$)|几级风|球赛|(?:去哪儿?|哪里|哪儿)(?:玩|吃|旅游|逛)"
    r"|(?:讲|说)(?:个|一个|段)(?:笑话|故事|段子)|唱(?:首|个|支)?歌|心情(?:不好|怎么样)|你(?:几岁|多大了|结婚|喜欢|累不累|开心)"
)
"""Talk of food, weather and outings, whatever words of time or asking stand beside it (晚上吃什么好)."""
_CHANGE = re.compile(
    r"把.{0,20}(?:改成|改为|调成|调到|调高|调低|调大|调小|调多|调少|设为|设成|写成|填成|改一改|改到|改低|改高)(?!.*图)"
)
_GONE = re.compile(
    r"(?:取消|撤销|撤掉|作废|消除|抹掉?|清|删|去除|剔除|移)(?:掉|了|一下)?[^，,。]{0,12}(?:记录|投诉单?|就诊单|挂号单|流水|台账)(?![数量率])(?!.{0,4}(?:多少|几|怎么|占))"
    r"|(?:补|添|加|插|录|编|造)(?:录|上|进|入)?[一两三几]?(?:条|笔|个|份)[^，,。]{0,12}(?:记录|投诉|挂号|就诊)"
    r"|(?:记录|数据|投诉|挂号|台账)(?:都|给我|给|全)*(?:清|删|抹)(?:掉|了|除|空|一下)"
    r"|把.{1,20}(?:清|删|抹|藏|涂|弄没|去)(?:掉|了|除|空|起来|一下)(?=$|[吧了，,。！!])(?<=.)"
)
"""Records that are to be taken away or put in."""
_EXCLUDING = re.compile(r"去掉|去除|剔除|排除|扣除|重复")
"""Words that leave something out of an answer rather than out of the records."""
_AHEAD = re.compile(r"预计|预测|预估|估计|将会|会有|下周|下个?月|明天|后天|未来|接下来|下个?星期|下礼拜")


def by_shape(text: str) -> str | None:
    """A refusal that the text as a whole calls for, before anything else is read."""
    if not text:
        return "请输入一个问题。"
    if _CODE.search(text):
        return NOT_CODE
    if _TALKED_ROUND.search(text):
        return "查询范围由您的登录身份决定，说法改变不了它。" + OUT_OF_SCOPE
    if _CHANGE.search(text) or _GONE.search(text) and not _EXCLUDING.search(text):
        return READ_ONLY
    if _ADVICE.search(text):
        return "这里只给出数据和变化的来源，不给管理建议。可以问“为什么变慢了”“瓶颈在哪个环节”。"
    if _SMALL_TALK.search(text):
        return OUT_OF_SCOPE
    if _PERSONAL.search(text):
        return "这里只有汇总的运营数据，不提供任何患者的个人信息。"
    return None


def by_words(reader: Reader, draft: Draft) -> str | None:
    """A refusal because of what single words mean."""
    if "refuse_write" in reader.flags:
        return READ_ONLY
    if "refuse_topic" in reader.flags:
        words = "、".join(f"「{t.text}」" for t in reader.tokens if t.kind == "refuse_topic")
        return f"{words}不在门诊运营数据里。" + OUT_OF_SCOPE
    return None


def looks_ahead(text: str) -> bool:
    """Whether bare dates of the question are meant ahead (预计周一…)."""
    return bool(_AHEAD.search(text)) and not re.search(r"上周|上个?月|昨天|前天|去年", text)
