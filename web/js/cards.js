// One function a card type; the fields are those of docs/architecture.md.
import { el, yuan, clock, day, span } from './dom.js'
import { chart } from './chart.js'

const frame = (title, ...children) => el('section', { class: 'card' }, title ? el('header', {}, title) : null, ...children)
const body = (...children) => el('div', { class: 'body' }, ...children)
const lines = pairs => el('dl', { class: 'lines' }, pairs.filter(([, v]) => v).flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, v)]))
const tile = (say, payload, label, disabled, ...children) =>
  el('button', { class: 'tile', type: 'button', disabled: !!disabled, onclick: () => say(label, payload) }, ...children)
const left = n => n === undefined || n === null ? '' : n > 0 ? `余 ${n}` : '已满'

export const cards = {
  options: (card, say) => frame(card.title, el('div', { class: 'tiles' }, (card.options || []).map(o =>
    tile(say, o.payload, o.title, o.disabled, el('b', {}, o.title), o.subtitle && el('span', {}, o.subtitle), o.note && el('span', { class: 'fee' }, o.note))))),

  slots: (card, say) => frame(card.title, el('div', { class: 'tiles' }, (card.slots || []).map(s =>
    tile(say, s.payload, `${s.doctor} ${clock(s.start)}`, s.remaining === 0,
      el('b', {}, `${clock(s.start)}–${clock(s.end)}`),
      el('span', {}, `${day(s.start)}`),
      el('span', {}, `${s.doctor}${s.doctor_title ? ' ' + s.doctor_title : ''}`),
      el('span', {}, [s.visit_type, s.campus].filter(Boolean).join(' · ')),
      el('span', { class: 'fee' }, `${yuan(s.fee_fen)}　${left(s.remaining)}`))))),

  confirm: (card, say) => frame(card.title, body(lines(card.lines || []), el('div', { class: 'actions' },
    el('button', { class: 'primary', type: 'button', onclick: once(() => say('确认', card.payload || '/affirm')) }, '确认'),
    el('button', { type: 'button', onclick: () => say('取消', card.cancel || '/deny') }, '取消')))),

  payment: card => payment(card, card.title || '待支付',
    el('div', { class: 'due' }, el('div', { class: 'amount' }, yuan(card.amount_fen)),
      card.insurance_fen ? el('p', { class: 'small' }, `其中医保支付 ${yuan(card.insurance_fen)}`) : null,
      card.expires_at ? el('p', { class: 'small' }, `请在 ${clock(card.expires_at)} 前支付，过时自动取消`) : null),
    // With a code the screen is a public one: the payment is made on the patient's own phone, and no page is opened here.
    scannable(card.qr)
      ? el('figure', { class: 'pay-code' }, el('img', { src: card.qr, alt: '付款二维码' }), el('figcaption', {}, '用手机扫一扫付款'))
      : el('div', { class: 'actions' }, el('a', { class: 'linked primary', href: safe(card.url), target: '_blank', rel: 'noopener noreferrer' }, '去支付'))),

  voucher: card => frame('就诊凭证', body(voucher(card))),

  appointments: (card, say) => frame(card.title, body((card.items || []).map(item => el('div', { class: 'item' }, voucher(item),
    el('div', { class: 'actions' },
      item.payload_change && el('button', { type: 'button', onclick: () => say('改约', item.payload_change) }, '改约'),
      item.payload_cancel && el('button', { type: 'button', onclick: () => say('退号', item.payload_cancel) }, '退号')))))),

  reports: (card, say) => frame(card.title, body((card.items || []).map(item =>
    el('button', { class: 'item', type: 'button', onclick: () => say(item.title, item.payload) },
      el('div', { class: 'voucher-head' }, el('b', {}, item.title), el('span', { class: item.abnormal ? 'badge warn' : 'badge' }, item.abnormal ? `${item.abnormal} 项超出范围` : item.status_text)),
      el('span', { class: 'small' }, item.issued ? `${day(item.issued)} ${clock(item.issued)}` : '结果还没有出来'))))),

  report: card => frame(card.title, body(lines([['就诊人', card.patient], ['时间', card.issued && `${day(card.issued)} ${clock(card.issued)}`], ['状态', card.status_text]])),
    el('div', { class: 'scroll' }, el('table', {},
      el('thead', {}, el('tr', {}, el('th', {}, '项目'), el('th', { class: 'number' }, '结果'), el('th', {}, '单位'), el('th', {}, '参考范围'))),
      el('tbody', {}, (card.rows || []).map(r => {
        const [kind, word] = FLAGS[r.flag] || (r.flag ? ['odd', '异常'] : ['', ''])
        return el('tr', { class: kind }, el('td', {}, r.name), el('td', { class: 'number' }, el('b', {}, String(r.value)), word && el('span', { class: 'flag' }, ' ' + word)),
          el('td', {}, r.unit || ''), el('td', {}, r.reference || ''))
      })))),
    card.disclaimer ? body(el('p', { class: 'disclaimer' }, card.disclaimer)) : null),

  bill: card => frame(card.title || '费用', el('table', {}, el('tbody', {}, (card.items || []).map(i => el('tr', {}, el('td', {}, i.name), el('td', { class: 'number' }, yuan(i.amount_fen)))),
    el('tr', {}, el('td', {}, el('b', {}, '合计')), el('td', { class: 'number' }, el('b', {}, yuan(card.total_fen))))))),

  schedule: card => frame(card.title, el('div', { class: 'scroll' }, el('table', {},
    el('thead', {}, el('tr', {}, ...['日期', '医生', '号别', '余号'].map(h => el('th', {}, h)))),
    el('tbody', {}, (card.rows || []).map(r => el('tr', {}, el('td', {}, `${r.day} ${r.part}`),
      el('td', {}, `${r.doctor} ${r.doctor_title || ''}`), el('td', {}, `${r.visit_type} ${yuan(r.fee_fen)}`),
      el('td', {}, r.stopped ? '停诊' : left(r.remaining)))))))),

  triage: (card, say) => frame(card.title, body((card.departments || []).map(d =>
    el('button', { class: 'item', type: 'button', onclick: () => say(d.name, d.payload) }, el('b', {}, d.name), el('span', { class: 'small' }, d.reason))),
    card.disclaimer && el('p', { class: 'disclaimer' }, card.disclaimer))),

  emergency: card => el('section', { class: 'card emergency', role: 'alert' }, el('header', {}, '请马上处理'), body(
    el('p', {}, card.text), el('a', { class: 'call', href: `tel:${card.phone || '120'}` }, `拨打 ${card.phone || '120'}`),
    card.location && el('p', {}, card.location))),

  insight: card => insight(card.answer && typeof card.answer === 'object' ? card.answer : card)
}

const FLAGS = { H: ['high', '↑ 偏高'], HH: ['high', '↑↑ 明显偏高'], L: ['low', '↓ 偏低'], LL: ['low', '↓↓ 明显偏低'], A: ['odd', '异常'], N: ['', ''] }

function payment(card, title, ...children) {
  const made = frame(title, el('div', { class: 'body pay' }, children))
  if (card.order) made.dataset.order = card.order
  return made
}

// A payment that is settled is not asked for any more: what was shown of it gives way to how it ended.
const SETTLED = { paid: '已付款', booked: '已付款', posted: '已付款', full: '没有付款，已结束', released: '没有付款，已结束', expired: '没有付款，已结束', failed: '已结束' }
export function settle(log, status, order = null) {
  const word = SETTLED[status]
  if (!word) return
  for (const card of log.querySelectorAll('.card[data-order]')) {
    if (order && card.dataset.order !== order) continue
    delete card.dataset.order
    card.querySelector('.pay-code, .actions')?.replaceWith(el('p', { class: 'settled', role: 'status' }, word))
  }
}

const scannable = qr => !!qr && qr.startsWith('data:image/svg+xml')

function once(action) {
  let done = false
  return () => { if (!done) { done = true; action() } }
}

function safe(url) {
  try {
    const parsed = new URL(url, location.href)
    return ['http:', 'https:'].includes(parsed.protocol) ? parsed.href : '#'
  } catch { return '#' }
}

function voucher(v) {
  const off = ['cancelled', 'released', 'noshow'].includes(v.status)
  return el('div', {},
    el('div', { class: 'voucher-head' },
      el('div', {}, el('span', { class: off ? 'badge off' : 'badge' }, v.status_text || '已预约'),
        v.code && el('p', { class: 'small' }, '取号码'), v.code && el('p', { class: 'code' }, v.code)),
      scannable(v.qr) ? el('img', { src: v.qr, alt: '取号二维码' }) : null),
    lines([['就诊人', v.patient], ['科室', v.department], ['医生', [v.doctor, v.visit_type].filter(Boolean).join(' · ')],
      ['时间', v.start && span(v.start, v.end)], ['地点', place(v)],
      ['序号', v.number && String(v.number)], ['费用', v.fee_fen !== undefined && v.fee_fen !== null ? yuan(v.fee_fen) : '']]),
    (v.notes || []).length ? el('p', { class: 'small' }, v.notes.join('\n')) : null)
}

// The campus is often part of the room's name already.
function place(v) {
  const where = v.location || v.room || ''
  return v.campus && !where.startsWith(v.campus) ? `${v.campus} ${where}` : where
}

function insight(a) {
  const drawn = a.chart && Object.keys(a.chart).length ? chart(a.chart) : null
  const table = a.table && a.table.rows && a.table.rows.length ? el('div', { class: 'scroll' }, el('table', {},
    el('thead', {}, el('tr', {}, a.table.columns.map(c => el('th', {}, c.title)))),
    el('tbody', {}, a.table.rows.slice(0, 30).map(r => el('tr', {}, (Array.isArray(r) ? r : a.table.columns.map(c => r[c.key])).map(v => el('td', {}, v === null || v === undefined ? '—' : String(v)))))))) : null
  return frame(null, drawn && body(drawn), table, body(
    a.export && a.export.url && el('div', { class: 'actions' }, el('a', { class: 'linked', href: safe(a.export.url), download: '' }, '下载表格（CSV，可用 Excel 打开）')),
    a.definition && el('p', { class: 'small' }, a.definition),
    el('details', { class: 'how' }, el('summary', {}, '怎么算的'),
      lines([['数据截至', a.as_of && span(a.as_of)], ['时间范围', a.interpretation && a.interpretation.time && a.interpretation.time.start && `${day(a.interpretation.time.start)} 至 ${a.interpretation.time.end ? day(new Date(new Date(a.interpretation.time.end) - 1).toISOString()) : '今天'}`]]),
      a.sql && el('pre', {}, a.sql))))
}
