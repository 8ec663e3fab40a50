"""Words with numbers and days in them that are no times."""

from __future__ import annotations

from datetime import datetime

import pytest

from chinese.time import parse

FRIDAY = datetime(2026, 11, 20, 10, 0)


@pytest.mark.parametrize(
    "text",
    [
        "等一下",
        "二维码",
        "三甲医院",
        "第二个",
        "120",
        "拨打120",
        "有一点疼",
        "一点也不疼",
        "快一点",
        "血糖11.2",
        "满意度低于4.5的科室",
        "六味地黄丸",
        "十二指肠",
        "三叉神经痛十分严重",
        "血压120/80",
        "体温39度2",
        "心率80次",
        "3.5cm",
        "挂3号诊室",
        "叫到20号",
        "初一学生",
        "周围神经",
        "后天性心脏病",
        "五官科",
        "我35岁",
        "13800138000",
        "110101199003071233",
        "幺三八零零一三八零零零",
        "010-8888-1234",
        "国庆70周年",
        "25号楼",
        "这月亮真圆",
        "前几天",
        "几天前",
        "一日三次",
        "三十八度五",
        "《明日之后》",
        "8月大的宝宝",
    ],
)
def test_no_time(text: str) -> None:
    assert parse(text, FRIDAY) == []
