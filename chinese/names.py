"""Chinese person names and family relations: plausibility, masking, who 我妈 is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chinese.text import fold, normalise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Common single-character surnames (together well over 99 % of the population), and the compound ones in use.
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛"
    "邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝"
    "路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂"
    "全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕"
    "楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈"
    "晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉"
    "冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"
)
COMPOUND_SURNAMES = _words(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 "
    "公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 "
    "拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 南荣 第五 纳兰"
)
# Words of two or three characters that begin with a surname and are no names.
_NO_NAMES = _words(
    "高血压 高血脂 白内障 白血病 黄疸 安全 平安 方便 明天 时间 时候 全部 全科 常规 成人 管理 应该 关节 关节炎 温度 单子 单独 "
    "成都 北京 上海 南京 武汉 广州 党员 明白 明年 明日 满意 满意度 国庆 国庆节 平时 平均 和平 和好 海外 花费 花钱 强烈 支付 "
    "师傅 门诊 门口 路上 车上 连续 全天 云南 海南 江苏 江西 安徽 计算 项目 景区 游客 任何 任意 何时 何必 何况 易感 简单 简称 "
    "于是 由于 从来 向上 向下 向前 左边 左手 左侧 左右 元旦 元宵 时长 时段 包括 包皮 包块 边上 石头 毛病 毛孔 牛奶 牛皮癣 马上 "
    "马桶 龙头 雷同 温和 康复 康复科 常见 严重 莫名 文件 文化 安排 安静 戴眼镜 宁可 宁愿 祝福 古代 席位 冷敷 冷战 相关 相信 "
    "初诊 初次 初一 初二 容易 来了 来看 来院 来电 信息 信用 展示 阴天 阴道 阴道炎 智力 智齿 幸好 富有"
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff〇]+")
# Names of other peoples of China as they are written in Chinese: 阿依古丽·买买提.
_DOTTED = re.compile(r"[\u3400-\u9fff]{1,12}(?:[·•・．.][\u3400-\u9fff]{1,12}){1,4}")
_LATIN = re.compile(r"[A-Za-z][A-Za-z'.\-]{0,30}(?: [A-Za-z][A-Za-z'.\-]{0,30}){1,4}")


def surname_of(name: str) -> str | None:
    """The surname that the name begins with, compound ones first; None where it begins with none."""
    cleaned = _clean(name)
    if len(cleaned) >= 3 and cleaned[:2] in COMPOUND_SURNAMES:
        return cleaned[:2]
    return cleaned[0] if cleaned[:1] in SURNAMES else None


def is_plausible_name(name: str, *, known_surname: bool = True) -> bool:
    """Whether this can be a person's name as on an identity card.

    Chinese names have two to four characters and, where `known_surname`, a surname of the table; dotted names
    (买买提·艾力) and Latin ones of two words and more are allowed. Ordinary words (高血压, 白内障) are not.
    """
    cleaned = _clean(name)
    if not cleaned or cleaned in _NO_NAMES:
        return False
    if _DOTTED.fullmatch(cleaned) or _LATIN.fullmatch(cleaned):
        return True
    if not _HAN.fullmatch(cleaned) or not 2 <= len(cleaned) <= 4:
        return False
    if not known_surname:
        return True
    surname = surname_of(cleaned)
    return surname is not None and 1 <= len(cleaned) - len(surname) <= (2 if len(surname) > 1 else 3)


def mask_name(name: str) -> str:
    """张*明, 张*, 欧阳*明; dotted and Latin names keep their first part's first character."""
    cleaned = _clean(name)
    if not cleaned:
        return ""
    if not _HAN.fullmatch(cleaned):
        return cleaned[0] + "*" * (len(cleaned) - 1)
    if len(cleaned) == 1:
        return "*"
    surname = surname_of(cleaned)
    kept = len(surname) if surname and len(cleaned) > len(surname) else 1
    if len(cleaned) - kept == 1:
        return cleaned[:kept] + "*"
    return cleaned[:kept] + "*" * (len(cleaned) - kept - 1) + cleaned[-1]


def _clean(name: str) -> str:
    """Simplified script would change a name, so only form is folded."""
    return normalise(name, emoji=True, simplify=False).strip()


@dataclass(frozen=True, slots=True)
class Relation:
    """A person as the speaker is related to them: `code` (mother, child, self …) and where the word stood."""

    code: str
    text: str
    begin: int
    finish: int


RELATIONS: dict[str, str] = {
    "self": "我自己 我本人 本人 自己",
    "mother": "妈妈 母亲 老妈 我妈 俺妈 咱妈 娘亲 我娘 俺娘 妈咪 亲妈",
    "father": "爸爸 父亲 老爸 我爸 俺爸 咱爸 我爹 俺爹 爹地 老爹 亲爸",
    "parent": "父母 爸妈 爹妈 双亲 老人家 家里老人",
    "child": "孩子 小孩 小孩子 娃娃 我娃 俺娃 宝宝 宝贝 小朋友 小宝 大宝 二宝 崽崽 我崽 婴儿 新生儿",
    "son": "儿子 我儿 小子",
    "daughter": "女儿 闺女 姑娘 丫头 我女",
    "spouse": "爱人 配偶 对象 老伴 那口子",
    "husband": "老公 丈夫 先生 孩子他爸 孩子爸 娃他爸",
    "wife": "老婆 妻子 太太 媳妇 夫人 孩子他妈 孩子妈 娃他妈",
    "grandfather": "爷爷 外公 姥爷 祖父 外祖父 阿公",
    "grandmother": "奶奶 外婆 姥姥 祖母 外祖母 阿婆",
    "brother": "哥哥 弟弟 我哥 我弟 大哥 老弟 兄弟",
    "sister": "姐姐 妹妹 我姐 我妹 大姐 老妹 姐妹",
    "grandchild": "孙子 孙女 外孙 外孙女 孙儿",
    "parent_in_law": "岳父 岳母 丈母娘 老丈人 公公 婆婆",
    "uncle": "叔叔 伯伯 舅舅 姑父 姨父 大伯 大爷 我叔 我舅",
    "aunt": "阿姨 姑姑 姨妈 舅妈 婶婶 伯母 我姨 我姑 小姨 大姨",
    "relative": "亲戚 家人 家属 亲属 亲人 家里人 侄子 侄女 外甥 外甥女",
    "friend": "朋友 同事 同学 邻居 室友",
}
_WORDS = {word: code for code, words in RELATIONS.items() for word in words.split()}
_ANY = "(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
# 帮我挂号 is for oneself, 帮我妈 and 给我孩子 are not.
_PATTERN = re.compile(rf"{_ANY}|(?![给帮替]{_ANY})[给帮替]我(?!们|家?{_ANY}|家)")
# 医生, 大夫 and other people's titles: 张先生 and 李阿姨 are forms of address.
_ADDRESS = frozenset({"先生", "太太", "阿姨", "叔叔", "大爷", "大姐", "大哥", "公公", "婆婆", "夫人"})


def find_relations(text: str) -> list[Relation]:
    """The relations that a sentence names, left to right (我妈 → mother, 孩子 → child, 帮我 → self)."""
    folded = fold(text)
    found: list[Relation] = []
    for hit in _PATTERN.finditer(folded):
        word = hit[0]
        before = folded[hit.start() - 1 : hit.start()]
        if word in _ADDRESS and before in SURNAMES:
            continue
        if (
            word in ("给我", "帮我")
            and folded[hit.end() : hit.end() + 1]
            and _PATTERN.match(folded, hit.end() - 1)
        ):
            continue
        code = _WORDS.get(word, "self")
        begin = hit.start() - 1 if before in ("我", "俺", "咱") and code != "self" else hit.start()
        found.append(Relation(code, text[begin : hit.end()], begin, hit.end()))
    return found


def relation_of(text: str) -> str | None:
    """The one person whom a sentence is about; somebody else before oneself, None where none is named."""
    codes = [relation.code for relation in find_relations(text)]
    others = [code for code in codes if code != "self"]
    return next(iter(others or codes), None)
