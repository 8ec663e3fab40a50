"""The payment page that a person sees on the phone. Plain HTML without scripts from elsewhere."""

from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

from common import clock

_STYLE = """
:root{--brand:#07a35a;--ink:#1d2129;--soft:#86909c;--line:#eef0f3}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:linear-gradient(180deg,#e8f7ef 0,#f6f7f9 320px);color:var(--ink);
font:16px/1.6 -apple-system,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{max-width:430px;margin:0 auto;padding:28px 20px 40px}
.tag{display:inline-block;padding:2px 10px;border-radius:99px;background:#fff3d6;color:#9a6700;font-size:13px}
.card{margin-top:16px;padding:28px 22px;border-radius:18px;background:#fff;box-shadow:0 8px 30px rgba(29,33,41,.07)}
.amount{margin:6px 0 2px;text-align:center;font-size:44px;font-weight:600;letter-spacing:-1px}
.amount small{font-size:24px;margin-right:4px}
.center{text-align:center}.soft{color:var(--soft);font-size:14px}
dl{margin:22px 0 0;padding-top:8px;border-top:1px solid var(--line)}
dl div{display:flex;justify-content:space-between;gap:16px;padding:8px 0}
dt{color:var(--soft);white-space:nowrap}dd{margin:0;text-align:right;word-break:break-all}
button,.button{display:block;width:100%;margin-top:14px;padding:14px;border:0;border-radius:12px;font:inherit;
font-size:17px;text-align:center;text-decoration:none;cursor:pointer}
.pay{background:var(--brand);color:#fff;font-weight:600}.pay:disabled{background:#c9cdd4}
.quiet{background:#f2f3f5;color:#4e5969}
.mark{width:64px;height:64px;margin:0 auto 10px;border-radius:50%;display:grid;place-items:center;font-size:34px;color:#fff}
"""
_SCRIPT = """
const box=document.getElementById('left'),button=document.getElementById('pay');
if(box){const speed=+box.dataset.speed,end=performance.now()+box.dataset.seconds*1000/speed;
const tick=()=>{const s=Math.max(0,Math.ceil((end-performance.now())*speed/1000));
box.textContent=s?String(Math.floor(s/60)).padStart(2,'0')+':'+String(s%60).padStart(2,'0'):'已超时';
if(!s&&button)button.disabled=true;else setTimeout(tick,Math.min(500,500/speed+50));};tick();}
document.querySelectorAll('form').forEach(f=>f.addEventListener('submit',()=>{if(button)button.disabled=true;}));
"""


def waiting(order: dict[str, Any]) -> str:
    """The page with 确认支付 and the countdown, which runs by the clinic's clock."""
    left = (datetime.fromisoformat(order["expires_at"]) - clock.now()).total_seconds()
    action = f"/pay/{quote(order['order_no'], safe='')}"
    return _page(
        "确认支付",
        f"""<div class="card"><div class="center soft">{escape(order["subject"])}</div>
{_amount(order)}
<div class="center soft">剩余支付时间 <b id="left" data-seconds="{max(0, int(left))}" data-speed="{clock.clock().speed}">--:--</b></div>
{_details(order)}</div>
<form method="post" action="{action}"><button class="pay" id="pay">确认支付</button></form>
<form method="post" action="{action}/cancel"><button class="quiet">取消</button></form>""",
    )


def outcome(order: dict[str, Any]) -> str:
    """The page of an order that is paid, refunded or closed."""
    texts = {
        "PAID": ("#07a35a", "✓", "支付成功，请返回", "您可以关闭本页，回到刚才的对话。"),
        "CLOSED": ("#c9cdd4", "!", "订单已关闭", "未扣款。如仍需办理，请返回重新发起。"),
        "REFUNDED": ("#3c7eff", "↩", "已退款", "款项已原路退回。"),
        "PARTLY_REFUNDED": ("#3c7eff", "↩", "已部分退款", "部分款项已原路退回。"),
    }
    colour, mark, title, note = texts[order["status"]]
    return _page(
        title,
        f"""<div class="card"><div class="mark" style="background:{colour}">{mark}</div>
<h1 class="center" style="font-size:22px;margin:0">{title}</h1><div class="center soft">{note}</div>
{_amount(order)}{_details(order)}</div>""",
    )


def cancelled(order: dict[str, Any]) -> str:
    """The person tapped 取消: nothing is paid, the order waits until its time runs out."""
    return _page(
        "已取消支付",
        f"""<div class="card"><div class="mark" style="background:#c9cdd4">×</div>
<h1 class="center" style="font-size:22px;margin:0">已取消支付，请返回</h1>
<div class="center soft">未扣款。超时前仍可继续支付。</div>{_amount(order)}</div>
<a class="button quiet" href="/pay/{quote(order["order_no"], safe="")}">继续支付</a>""",
    )


def missing(message: str) -> str:
    return _page(
        "无法支付", f'<div class="card center"><h1 style="font-size:20px">{escape(message)}</h1></div>'
    )


def _amount(order: dict[str, Any]) -> str:
    return f'<div class="amount"><small>¥</small>{order["amount_fen"] / 100:.2f}</div>'


def _details(order: dict[str, Any]) -> str:
    rows = [("收款方", "门诊通示范医院"), ("订单号", order["order_no"])]
    if order["transaction_no"]:
        rows += [("交易单号", order["transaction_no"]), ("支付时间", order["paid_at"][:19].replace("T", " "))]
    if order["refunded_fen"]:
        rows.append(("已退款", f"¥{order['refunded_fen'] / 100:.2f}"))
    return "<dl>" + "".join(f"<div><dt>{k}</dt><dd>{escape(v)}</dd></div>" for k, v in rows) + "</dl>"


def _page(title: str, body: str) -> str:
    return f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title} · 模拟收银台</title>
<style>{_STYLE}</style></head><body><main><span class="tag">模拟收银台 · 不会真实扣款</span>
{body}</main><script>{_SCRIPT}</script></body></html>"""
