// The page: log-in, then one conversation.
import { el } from './dom.js'
import { Line } from './socket.js'
import { Log } from './log.js'
import { people, post } from './api.js'

const $ = id => document.getElementById(id)
const QUICK = {
  patient: ['我要挂号', '我的预约', '我的报告出来了吗', '缴费', '我哪里不舒服该挂什么科', '停车场在哪', '转人工'],
  staff: ['昨天哪个诊室最快', '昨天门诊量', '上周候诊最长的三个科室', '现在候诊多少人', '我可以问什么']
}
let line = null
const log = new Log($('log'), say)

// ---- log-in

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
  $('demo').replaceChildren(...(await people()).map(p => el('button', {
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
    if (entry.said) log.mine(entry.said)
    else for (const message of entry.messages) log.show(message)
  }
  log.spend()
}

function receive(frame) {
  if (frame.type === 'ready') {
    state('ready')
    if (frame.new) {
      log.clear()
      sessionStorage.removeItem('log')
    } else if (!$('log').childElementCount) restore()
    return
  }
  if (frame.type === 'typing') return log.typing(true)
  log.typing(false)
  if (frame.messages?.length) keep({ messages: frame.messages })
  if (frame.type === 'error') {
    if (frame.code === 'not_authorised') return leave()
    return log.warn(frame.message)
  }
  if (frame.order) log.settle(frame.order.status, frame.order.id)
  log.reply(frame.messages)
}

function say(text, payload) {
  const said = text.trim()
  if (!said || !line) return
  log.spend()
  log.mine(said)
  keep({ said })
  line.say(said, payload ?? null)
}

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
$('fresh').onclick = () => { log.clear(); sessionStorage.removeItem('conversation'); line?.fresh() }
$('leave').onclick = leave
$('elder').onclick = () => {
  const on = document.documentElement.classList.toggle('elder')
  $('elder').setAttribute('aria-pressed', on)
  localStorage.setItem('elder', on ? '1' : '')
  log.bottom()
}
if (localStorage.getItem('elder')) $('elder').click()

const known = sessionStorage.getItem('who')
if (known) start(JSON.parse(known))
else showLogin()
