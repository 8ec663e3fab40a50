// The kiosk: one visit after the other, by touch and by speech on one socket. Nothing is kept in the browser.
import { el } from './dom.js'
import { Line, unique } from './socket.js'
import { Log } from './log.js'
import { people, post } from './api.js'
import { Microphone, RATE } from './microphone.js'
import { Speaker, mandarin } from './speaker.js'

const $ = id => document.getElementById(id)
const QUICK = ['我要挂号', '我的预约', '查报告', '缴费', '不知道挂什么科', '转人工']
const PLAIN = ['再说一遍', '上一步', '取消']
// A press shorter than this is a tap: then the end is found by the silence after the words.
const TAP_MS = 450
const HERE_MS = 5000
const ALONE_MS = 60_000
const WORDS = { idle: '按住说话，或点一下', listening: '正在听…松开或再点一下', waiting: '请稍候…', off: '现在听不了语音，请用手点' }

let line = null, visit = null, speaker = null
let state = 'idle', hearing = null, pressed = 0, aloud = true
let lastHere = 0, alone = null, countdown = null
const log = new Log($('log'), say)
const microphone = new Microphone({ packet: pcm => line?.send(pcm), level: value => $('talk').style.setProperty('--level', value.toFixed(2)) })

// ---- a visit

async function welcome(problem = '') {
  $('welcome').hidden = false
  $('desk').hidden = $('leave').hidden = $('aloud').hidden = $('still').hidden = true
  $('status').textContent = '智能助手（机器，不是真人）'
  $('problem').textContent = problem
  $('problem').hidden = !problem
  const known = await people()
  $('people').replaceChildren(...known.map(p => el('button', { class: 'person', type: 'button', onclick: () => enter(p) },
    el('span', { class: 'avatar' }, p.name[0]), el('span', {}, el('b', {}, p.name), p.about))))
  if (!known.length && !problem) {
    $('problem').textContent = '这台机器现在不能登录，请到服务台。'
    $('problem').hidden = false
  }
}

async function enter(person) {
  try {
    visit = await post('/api/login/wechat', { code: person.code })
  } catch (error) { return welcome(error.message) }
  if (visit.bind) return welcome('您还没有在本院建档，请到服务台。')
  speaker ||= new Speaker(await mandarin(), heardOut)
  log.clear()
  caption('')
  turn('idle')
  $('welcome').hidden = true
  $('desk').hidden = $('leave').hidden = $('aloud').hidden = false
  connection('connecting')
  line = new Line(visit.session, { frame: receive, sound: pcm => speaker.sound(pcm), state: connection }, { path: '/voice', hello: { kiosk: true }, keep: false })
}

// Everything that could be read by the next person goes.
function reset(text = '') {
  const session = visit?.session
  if (session) post('/api/logout', {}, session).catch(() => {})
  line?.close()
  speaker?.stop()
  microphone.close()
  clearTimeout(alone)
  clearInterval(countdown)
  line = visit = hearing = alone = null
  log.clear()
  caption('')
  $('text').value = ''
  welcome(text)
}

function leave() {
  if (!line?.send({ type: 'leave' })) reset()
}

function connection(now) {
  $('status').textContent = now === 'connecting' ? '正在连接…' : `${visit?.name || ''} · 智能助手（机器，不是真人）`
  clearTimeout(alone)
  alone = now === 'connecting' ? setTimeout(() => reset('连接断开了，屏幕已清空，请重新开始。'), ALONE_MS) : null
  if (now !== 'connecting') return
  if (hearing) caption('连接断开了，请再说一次。', 'wrong')
  hearing = null
  microphone.stop()
  turn('idle')
}

// ---- what comes in

function receive(frame) {
  switch (frame.type) {
    case 'ready':
      connection('ready')
      line.send({ type: 'voice', speak: aloud && speaker.byServer })
      return
    case 'typing': return log.typing(true)
    case 'partial': return caption(frame.text, 'live')
    case 'heard': return heard(frame)
    case 'nothing_heard': return notHeard(frame.text)
    case 'speech': return speaker.begin(frame.sample_rate)
    case 'speech_end': return speaker.end()
    case 'wiped': return reset(frame.text)
    case 'error': return failed(frame)
  }
  log.typing(false)
  if (state === 'waiting') turn('idle')
  if (frame.order) log.settle(frame.order.status, frame.order.id)
  else if (frame.intent === 'cancel_task') log.settle('released')
  else if (frame.messages?.some(m => m.card?.type === 'voucher')) log.settle('booked')
  log.reply(frame.messages)
  if (frame.seconds) return ask(frame.seconds)
  if (aloud && frame.speech && !speaker.byServer && state !== 'listening') speaker.say(frame.speech)
}

function heard(frame) {
  microphone.stop()
  hearing = null
  turn('waiting')
  const mended = (frame.corrections || []).flatMap(c => [el('s', {}, c.from), ' → ', el('b', {}, c.to), '　'])
  caption(el('span', {}, '您说：', mended.length ? mended : el('b', {}, frame.text)))
  log.spend()
  log.mine(frame.text)
}

function notHeard(text) {
  microphone.stop()
  hearing = null
  turn('idle')
  caption(text, 'wrong')
}

function failed(frame) {
  log.typing(false)
  if (frame.code === 'not_authorised') return reset('请重新开始。')
  if (frame.seconds) return ask(frame.seconds)
  if (hearing || frame.code === 'voice_unavailable') {
    notHeard(frame.message)
    if (frame.code === 'voice_unavailable') rest()
    return
  }
  turn('idle')
  log.warn(frame.message)
}

// The button rests while nobody listens; touch goes on.
function rest() {
  turn('off')
  setTimeout(() => { if (state === 'off') turn('idle') }, 8000)
}

function heardOut() { line?.send({ type: 'here' }) }

// ---- what goes out

function say(text, payload) {
  const said = text.trim()
  if (!said || !line) return
  hush()
  if (hearing) { microphone.stop(); hearing = null }
  turn('waiting')
  caption('')
  log.spend()
  log.mine(said)
  line.say(said, payload ?? null)
}

function hush() {
  speaker.stop()
  line?.send({ type: 'stop' })
}

async function begin(held = false) {
  hush()
  turn('waiting')
  caption('正在打开麦克风…')
  try {
    await microphone.open()
  } catch (error) {
    turn('idle')
    return caption(error.message, 'wrong')
  }
  const id = unique()
  // The microphone may take longer to open than the finger stays.
  held &&= pressed > 0
  if (!line?.send({ type: 'listen', id, sample_rate: RATE, held })) {
    turn('idle')
    return caption('连接断开了，请稍等。', 'wrong')
  }
  hearing = id
  turn('listening')
  caption('请说话，比如“我要挂骨科”。')
  microphone.start()
}

function finish() {
  if (state !== 'listening') return
  microphone.stop()
  line?.send({ type: 'end' })
  turn('waiting')
}

function turn(now) {
  state = now
  $('talk').dataset.state = now
  $('talk').disabled = now === 'off'
  $('talk-word').textContent = WORDS[now]
}

function caption(content, kind = '') {
  $('caption').className = `caption ${kind}`
  $('caption').replaceChildren(content)
}

// ---- alone

function ask(seconds) {
  let left = Math.round(seconds)
  $('still-left').textContent = left
  $('still').hidden = false
  $('here').focus()
  clearInterval(countdown)
  countdown = setInterval(() => {
    left = Math.max(0, left - 1)
    $('still-left').textContent = left
    // The server wipes; a page that lost its server does it alone.
    if (!left && !line?.ready) reset()
  }, 1000)
}

function here() {
  if (!line || (Date.now() - lastHere < HERE_MS && $('still').hidden)) return
  lastHere = Date.now()
  clearInterval(countdown)
  $('still').hidden = true
  line.send({ type: 'here' })
}

// ---- wiring

$('talk').onpointerdown = event => {
  event.preventDefault()
  $('talk').setPointerCapture?.(event.pointerId)
  if (state === 'listening') { pressed = 0; return finish() }
  if (state === 'off' || !line) return
  pressed = Date.now()
  begin(true)
}
$('talk').onpointerup = $('talk').onpointercancel = () => {
  if (pressed && Date.now() - pressed >= TAP_MS) finish()
  // Let go at once: a tap. The silence after the words ends what is said.
  else if (pressed && state === 'listening') line?.send({ type: 'tap' })
  pressed = 0
}
// The keyboard's press; a finger's was served above.
$('talk').onclick = event => { if (event.detail === 0) state === 'listening' ? finish() : begin() }
$('leave').onclick = leave
$('here').onclick = here
$('aloud').onclick = () => {
  aloud = !aloud
  $('aloud').setAttribute('aria-pressed', aloud)
  $('aloud').textContent = `朗读：${aloud ? '开' : '关'}`
  if (!aloud) hush()
  line?.send({ type: 'voice', speak: aloud && speaker.byServer })
}
$('say').onsubmit = event => {
  event.preventDefault()
  say($('text').value)
  $('text').value = ''
}
$('quick').replaceChildren(
  ...QUICK.map(text => el('button', { type: 'button', onclick: () => say(text) }, text)),
  ...PLAIN.map(text => el('button', { class: 'plain', type: 'button', onclick: () => say(text) }, text)),
  el('button', { class: 'plain', type: 'button', onclick: () => { $('say').hidden = !$('say').hidden; if (!$('say').hidden) $('text').focus() } }, '打字'))
for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchmove']) addEventListener(kind, here, { passive: true })
if (!Microphone.possible) $('talk').hidden = true

welcome()
