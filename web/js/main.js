// The page: log-in, then one conversation.
import { el } from './dom.js'
import { Line } from './socket.js'
import { cards } from './cards.js'

const $ = id => document.getElementById(id)
const QUICK = {
  patient: ['我要挂号', '我的预约', '我的报告出来了吗', '缴费', '我哪里不舒服该挂什么科', '停车场在哪', '转人工'],
  staff: ['昨天哪个诊室最快', '昨天门诊量', '上周候诊最长的三个科室', '现在候诊多少人', '我可以问什么']
}
let line = null
let typing = null

// ---- log-in

async function post(path, body, session) {
  const answer = await fetch(path, {
    method: 'POST', body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...(session ? { Authorization: `Bearer ${session}` } : {}) }
  })
  const data = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(data.error?.message || '现在连不上，请稍后再试。')
  return data
}

function complain(error) {
  $('login-error').textContent = error.message
  $('login-error').hidden = false
}

async function enter(attempt) {
  $('login-error').hidden = true
  try {
    const who = await attempt()
    if (who.bind) return offerBinding(who.session)
    sessionStorage.setItem('who', JSON.stringify(who))
    sessionStorage.removeItem('conversation')
    start(who)
  } catch (error) { complain(error) }
}

function offerBinding(session) {
  $('bind').hidden = false
  $('bind').querySelector('input').focus()
  $('bind').querySelector('form').onsubmit = event => {
    event.preventDefault()
    const form = Object.fromEntries(new FormData(event.target))
    enter(async () => ({ session, ...(await post('/api/bind', form, session)) }))
  }
}

async function showLogin() {
  $('login').hidden = false
  $('chat').hidden = $('fresh').hidden = $('leave').hidden = true
  $('wechat').onsubmit = event => { event.preventDefault(); enter(() => post('/api/login/wechat', { code: event.target.code.value.trim() })) }
  $('staff').onsubmit = event => {
    event.preventDefault()
    enter(() => post('/api/login/staff', Object.fromEntries(new FormData(event.target))))
  }
  const answer = await fetch('/api/demo').then(r => r.ok ? r.json() : {}).catch(() => ({}))
  $('demo').replaceChildren(...(answer.patients || []).map(p => el('button', {
    class: 'person', type: 'button', onclick: () => enter(() => post('/api/login/wechat', { code: p.code }))
  }, el('span', { class: 'avatar' }, p.name[0]), el('span', {}, el('b', {}, p.name), p.about))))
}

// ---- the conversation

function start(who) {
  $('login').hidden = true
  $('chat').hidden = $('fresh').hidden = $('leave').hidden = false
  $('quick').replaceChildren(...QUICK[who.role === 'patient' ? 'patient' : 'staff'].map(text => el('button', { type: 'button', onclick: () => say(text) }, text)))
  if (who.role !== 'patient') $('text').placeholder = '想知道什么'
  state('connecting')
  line = new Line(who.session, { frame: receive, state })
  $('text').focus({ preventScroll: true })
}

function state(now) {
  const who = JSON.parse(sessionStorage.getItem('who') || '{}')
  $('status').textContent = now === 'connecting' ? '正在连接…' : who.name ? `${who.name} · 机器助手` : '智能助手（机器，不是真人）'
}

// What was said is kept for a reload of this tab, and wiped on leaving.
const KEPT = 80
const kept = () => JSON.parse(sessionStorage.getItem('log') || '[]')
const keep = entry => sessionStorage.setItem('log', JSON.stringify([...kept(), entry].slice(-KEPT)))

function restore() {
  for (const entry of kept()) {
    if (entry.said) mine(entry.said)
    else for (const message of entry.messages) show(message)
  }
  spend()
}

function receive(frame) {
  if (frame.type === 'ready') {
    state('ready')
    if (frame.new) {
      $('log').replaceChildren()
      sessionStorage.removeItem('log')
    } else if (!$('log').childElementCount) restore()
    return
  }
  if (frame.type === 'typing') return showTyping(true)
  showTyping(false)
  if (frame.messages?.length) keep({ messages: frame.messages })
  if (frame.type === 'error') {
    if (frame.code === 'not_authorised') return leave()
    return add(el('div', { class: 'bubble warn' }, frame.message))
  }
  const before = $('log').lastElementChild
  for (const message of frame.messages || []) show(message)
  reveal(before ? before.nextElementSibling : $('log').firstElementChild)
}

function show(message) {
  const made = message.card && cards[message.card.type] ? cards[message.card.type](message.card, say) : null
  const links = (message.buttons || []).filter(b => /^https?:/.test(b.url || '') && message.card?.url !== b.url)
  const taps = (message.buttons || []).filter(b => !b.url)
  add(
    message.text ? el('div', { class: 'bubble' }, message.text) : null, made,
    links.length ? el('div', { class: 'buttons' }, links.map(b => el('a', { class: 'linked', href: b.url, target: '_blank', rel: 'noopener noreferrer' }, b.title))) : null,
    taps.length && !(made && message.card.type === 'confirm') ? el('div', { class: 'buttons' }, taps.map(b => el('button', { type: 'button', onclick: () => say(b.title, b.payload) }, b.title))) : null)
}

function add(...children) {
  const kept = children.filter(Boolean)
  if (!kept.length) return
  $('log').append(el('div', { class: 'row' }, el('img', { class: 'bot-face', src: 'icon.svg', alt: '助手' }), el('div', { class: 'stack' }, kept)))
  bottom()
}

function showTyping(on) {
  typing?.remove()
  typing = null
  if (!on) return
  typing = el('div', { class: 'row' }, el('img', { class: 'bot-face', src: 'icon.svg', alt: '' }), el('div', { class: 'bubble typing', 'aria-label': '正在输入' }, el('i'), el('i'), el('i')))
  $('log').append(typing)
  bottom()
}

function say(text, payload) {
  const said = text.trim()
  if (!said || !line) return
  spend()
  mine(said)
  keep({ said })
  line.say(said, payload ?? null)
}

// Buttons of earlier turns are spent: a second tap would answer a question that is no longer open.
function spend() {
  for (const old of $('log').querySelectorAll('.buttons button, .actions button')) old.disabled = true
}

function mine(text) {
  $('log').append(el('div', { class: 'row me' }, el('div', { class: 'bubble' }, text)))
  bottom()
}

// A long answer is read from its beginning: what the person said last stays at the top.
function reveal(first) {
  const log = $('log')
  const from = first?.previousElementSibling?.classList.contains('me') ? first.previousElementSibling : first
  if (from && log.scrollHeight - from.offsetTop > log.clientHeight) log.scrollTop = from.offsetTop - log.offsetTop - 8
}

function bottom() { $('log').scrollTop = $('log').scrollHeight }

function leave() {
  const who = JSON.parse(sessionStorage.getItem('who') || '{}')
  if (who.session) post('/api/logout', {}, who.session).catch(() => {})
  sessionStorage.clear()
  line?.close()
  location.reload()
}

// ---- wiring

$('say').onsubmit = event => {
  event.preventDefault()
  say($('text').value)
  $('text').value = ''
  $('text').style.height = 'auto'
}
$('text').onkeydown = event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); $('say').requestSubmit() }
}
$('text').oninput = () => { $('text').style.height = 'auto'; $('text').style.height = $('text').scrollHeight + 'px' }
$('fresh').onclick = () => { $('log').replaceChildren(); sessionStorage.removeItem('conversation'); line?.fresh() }
$('leave').onclick = leave
$('elder').onclick = () => {
  const on = document.documentElement.classList.toggle('elder')
  $('elder').setAttribute('aria-pressed', on)
  localStorage.setItem('elder', on ? '1' : '')
  bottom()
}
if (localStorage.getItem('elder')) $('elder').click()

const known = sessionStorage.getItem('who')
if (known) start(JSON.parse(known))
else showLogin()
